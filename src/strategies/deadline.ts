import type { Strategy } from '../core/pipeline.ts';
import { timed } from '../core/timed.ts';

/** Time for the whole call: queueing, backoff and every attempt, to the headers of the final response. */
export function deadline(total: number): Strategy {
  return (next) =>
    function deadline(request, context) {
      return timed('total', total, next, request, context);
    };
}
