import type { Send } from './pipeline.ts';

/** A way to send one attempt, under the eyes of whoever observes its call. */
export function observed(send: Send): Send {
  return function observed(request, context) {
    const { observer } = context;
    return observer ? observer.attempt(send, request, context) : send(request, context);
  };
}
