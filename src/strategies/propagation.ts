import type { Strategy } from '../core/pipeline.ts';
import { headersOf, type PropagationRule } from '../decisions/propagation.ts';

/**
 * Tells the service that is asked how long its answer is waited for, and which try this is. The innermost of all, so that
 * each attempt says what is left when it leaves, of its own time too.
 */
export function propagation(rule: PropagationRule): Strategy {
  return (next) =>
    function propagation(request, context) {
      const { ambient, attempt, deadline } = context;
      const told = {
        timeLeft: deadline - performance.now(),
        attempt: (ambient?.attempt ?? 1) + attempt - 1,
        doNotRetry: ambient?.doNotRetry ?? false,
      };
      const marks = { ...request.marks, ...headersOf(rule, told) };
      return next({ ...request, marks }, context);
    };
}
