import type { Strategy } from '../core/pipeline.ts';
import { timed } from '../core/timed.ts';

/** Time for one attempt, to its headers: slowness is a failure too, and this makes it one that can be retried. */
export function attemptTimeout(attempt: number): Strategy {
  return (next) =>
    function attemptTimeout(request, context) {
      return timed('attempt', attempt, next, request, context);
    };
}
