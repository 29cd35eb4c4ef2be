import { watchBody } from '../core/body-watch.ts';
import { TimeoutError } from '../core/errors.ts';
import type { Strategy } from '../core/pipeline.ts';

/** Bounds the silence while the body is read: a server that stops in the middle of an answer holds nobody for ever. */
export function bodyTimeout(silence: number): Strategy {
  return (next) =>
    async function bodyTimeout(request, context) {
      const { origin, attempt: attempts } = context;
      const stop = context.stop.child(true);
      try {
        const response = await next(request, { ...context, stop });
        watchBody(response, silence, () => {
          const error = new TimeoutError('body', silence, { origin, attempts });
          stop.abort(error);
          return error;
        });
        return response;
      } catch (error) {
        stop.release();
        throw error;
      }
    };
}
