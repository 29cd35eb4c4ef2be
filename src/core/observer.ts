import type { CallObserver, Context } from './context.ts';
import type { Outgoing } from './outgoing.ts';
import type { Send } from './pipeline.ts';

/** Begins to observe a call; nothing, where that fails. */
export type Observe = (request: Outgoing, context: Context) => CallObserver | undefined;

/** A way to send one attempt, under the eyes of whoever observes its call. */
export function observed(send: Send): Send {
  return function observed(request, context) {
    const { observer } = context;
    return observer ? observer.attempt(send, request, context) : send(request, context);
  };
}
