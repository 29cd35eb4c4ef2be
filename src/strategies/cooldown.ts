import { isElsewhere } from '../core/elsewhere.ts';
import { refusalAt } from '../core/ending.ts';
import { CooldownError } from '../core/errors.ts';
import type { Strategy } from '../core/pipeline.ts';
import { callEvent, type Runtime } from '../core/runtime.ts';
import { sleep } from '../core/stop.ts';
import { isRejection } from '../decisions/classify.ts';
import { Cooldown } from '../decisions/cooldown.ts';
import type { RetryRule } from '../decisions/retry-decision.ts';
import { askedBy } from '../decisions/wait.ts';

type RetryAfterRule = Exclude<RetryRule['retryAfter'], false>;

/** A server that says "tomorrow" by mistake must not cost an origin for longer than this, in milliseconds, or `max`. */
const longestHold = 3_600_000;

/**
 * What one call was told, all calls to the origin heed: they wait, if there is time, or are refused at once. Without it
 * each of many callers sends a request of its own to be told the same.
 */
export function cooldown(rule: RetryAfterRule, runtime: Runtime): Strategy {
  return (next) =>
    async function cooldown(request, context) {
      const { state, stop, deadline, origin, log } = context;
      const cooldown = Cooldown.of(state);
      const { random, events } = runtime;
      for (let now = performance.now(); cooldown.remaining(now) > 0; now = performance.now()) {
        const remaining = cooldown.remaining(now);
        const wait = cooldown.wait(now, random);
        if (remaining > rule.max || now + Math.ceil(wait) >= deadline) {
          throw new CooldownError(Math.ceil(remaining), refusalAt(origin, log));
        }
        if (events.heard('call.held')) {
          events.emit('call.held', { ...callEvent(runtime, context, request), delay: wait });
        }
        await sleep(wait, stop).finally(() => log.note('held', now, origin));
      }
      const response = await next(request, context);
      if (isRejection(response.status) && !isElsewhere(response)) {
        const asked = askedBy({ response }, rule, Date.now());
        const most = Math.max(longestHold, rule.max);
        if (asked !== undefined) cooldown.hold(Math.min(asked, most), performance.now());
      }
      return response;
    };
}
