import { isElsewhere } from '../core/elsewhere.ts';
import { refusalAt } from '../core/ending.ts';
import { isRefusal, ThrottledError } from '../core/errors.ts';
import type { Strategy } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import { faultIn, isRejection } from '../decisions/classify.ts';
import { isExcused } from '../decisions/lost-connections.ts';
import { Throttle, type ThrottleRule } from '../decisions/throttle.ts';

/** Refuses here, in proportion, what the server would reject: a rejection costs it nearly as much as an answer. */
export function throttle(rule: ThrottleRule, runtime: Runtime): Strategy {
  return (next) =>
    async function throttle(request, context) {
      const { state, origin, log } = context;
      const throttle = Throttle.of(state);
      const rejection = throttle.rejection(rule, performance.now());
      if (rejection > 0 && runtime.random() < rejection) {
        throttle.record(false, performance.now(), rule);
        throw new ThrottledError(rejection, refusalAt(origin, log));
      }
      try {
        const response = await next(request, context);
        const accepted = isElsewhere(response) || !isRejection(response.status);
        throttle.record(accepted, performance.now(), rule);
        return response;
      } catch (error) {
        const failed = !isRefusal(error) && faultIn({ error }, context) === 'failure';
        const counts = failed && !isExcused(error, state, performance.now());
        if (counts) throttle.record(false, performance.now(), rule);
        throw error;
      }
    };
}
