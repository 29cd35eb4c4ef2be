import type { Answer } from '../core/answer.ts';
import type { Strategy } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import { timed } from '../core/timed.ts';

/** Time for the whole call: queueing, backoff and every attempt, to the headers of the final response. */
export function deadline<Given extends Answer = Response>(
  total: number,
  runtime: Runtime,
): Strategy<Given> {
  const bound = { kind: 'total', milliseconds: total, runtime } as const;
  return (next) =>
    function deadline(request, context) {
      return timed(bound, next, request, context);
    };
}
