import type { Answer } from '../core/answer.ts';
import type { Strategy } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import { timed } from '../core/timed.ts';

/** Time for one attempt, to its headers: slowness is a failure too, and this makes it one that can be retried. */
export function attemptTimeout<Given extends Answer = Response>(
  attempt: number,
  runtime: Runtime,
): Strategy<Given> {
  const bound = { kind: 'attempt', milliseconds: attempt, runtime } as const;
  return (next) =>
    function attemptTimeout(request, context) {
      return timed(bound, next, request, context);
    };
}
