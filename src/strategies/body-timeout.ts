import { watchBody } from '../core/body-watch.ts';
import { TimeoutError } from '../core/errors.ts';
import { record } from '../core/explain.ts';
import type { Strategy } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import { boundSilence } from '../core/silence.ts';
import { tellExpired } from '../core/timed.ts';

/** Bounds the silence while the body is read: a server that stops in the middle of an answer holds nobody for ever. */
export function bodyTimeout(silence: number, runtime: Runtime): Strategy {
  const bound = { kind: 'body', milliseconds: silence, runtime } as const;
  return (next) =>
    async function bodyTimeout(request, context) {
      const { origin, log } = context;
      const stop = context.stop.child(true);
      const expire = () => {
        const error = new TimeoutError('body', silence, { origin, attempts: log.attempts.length });
        record(error, log);
        stop.abort(error);
        tellExpired(bound, origin, log);
        return error;
      };
      try {
        const response = await next(request, { ...context, stop });
        watchBody(response, { around: (read) => boundSilence(read, silence, expire) });
        return response;
      } catch (error) {
        stop.release();
        throw error;
      }
    };
}
