import { counted, grouped, percent, roughly } from '../core/words.ts';
import type { OriginHealth } from '../health.ts';
import type { Policy } from '../policy.ts';

/** How it stands with an origin now. */
export function stateWords(health: OriginHealth, policy: Policy): string {
  const { inFlight, retryBudget, concurrency, cooldown, throttle, hedge } = health;
  const rounded = (tokens: number) => grouped(Number(tokens.toFixed(1)));
  return [
    policy.circuitBreaker && circuitWords(health),
    `${counted(inFlight, 'call')} under way`,
    policy.retryBudget &&
      retryBudget !== null &&
      `${rounded(retryBudget)} of ${counted(policy.retryBudget.capacity, 'retry token')}`,
    concurrency &&
      `${grouped(concurrency.inUse)} of ${counted(concurrency.limit, 'slot')} taken, ${counted(concurrency.queued, 'call')} waiting`,
    hedge?.delay && `second copies after ${roughly(hedge.delay)}`,
    cooldown > 0 && `a pause for ${roughly(cooldown)} more`,
    throttle && `${percent(Number(throttle.toFixed(2)))} refused here`,
  ]
    .filter((words) => typeof words === 'string')
    .join(' · ');
}

function circuitWords({ circuit, retryAfter, attempts, failures, slow }: OriginHealth): string {
  const wait = retryAfter ? `, a probe in ${roughly(retryAfter)}` : '';
  const late = slow > 0 ? `, ${grouped(slow)} were slow` : '';
  return `circuit ${circuit}${wait}, ${grouped(failures)} of ${counted(attempts, 'attempt')} failed${late}`;
}
