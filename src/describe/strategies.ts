import { counted, exactly, grouped, listed, percent } from '../core/words.ts';
import type { HedgeRule } from '../decisions/hedging.ts';
import type { PropagationRule } from '../decisions/propagation.ts';
import type { BudgetRule } from '../decisions/retry-budget.ts';
import type { ConcurrencyRule } from '../decisions/slots.ts';
import type { ThrottleRule } from '../decisions/throttle.ts';
import type { Policy } from '../policy.ts';
import { circuitParts } from './circuit.ts';
import type { Part } from './part.ts';
import { retryParts } from './retry.ts';

/** What a policy does to a call, outermost first, in the order of `plan.ts`. */
export function partsOf(policy: Policy, places: string | false): Part[] {
  const { timeout, concurrency, retryBudget, hedge, throttle, retry } = policy;
  const retryAfter = retry === false ? false : retry.retryAfter;
  const part = (name: string, option: string, words: string | false): Part => ({
    name,
    options: [option],
    words,
  });
  const lasting = (length: number | false, what: string) =>
    length === false ? false : `${exactly(length)} ${what}`;
  return [
    part('fallback', 'fallback', fallbackWords(policy.fallback)),
    part('deadline', 'timeout.total', lasting(timeout.total, 'for the whole call')),
    part('concurrency', 'concurrency', concurrency && concurrencyWords(concurrency)),
    ...retryParts(retry),
    part('retry budget', 'retryBudget', retryBudget && budgetWords(retryBudget)),
    part('idempotency key', 'idempotencyKey', keyWords(policy.idempotencyKey)),
    part('hedge', 'hedge', hedge && hedgeWords(hedge)),
    part('endpoints', 'endpoints', places),
    part(
      'cooldown',
      'retry.retryAfter.scope',
      retryAfter !== false && retryAfter.scope === 'origin' && cooldownWords(retryAfter.max),
    ),
    part('throttle', 'throttle', throttle && throttleWords(throttle)),
    ...circuitParts(policy.circuitBreaker),
    part('attempt timeout', 'timeout.attempt', lasting(timeout.attempt, 'for one attempt')),
    part(
      'body timeout',
      'timeout.body',
      lasting(timeout.body, 'of silence at most while the body is read'),
    ),
    part('propagation', 'propagation', policy.propagation && propagationWords(policy.propagation)),
  ];
}

function fallbackWords(fallback: Policy['fallback']): string | false {
  if (!fallback) return false;
  if (typeof fallback === 'function') return 'a function is asked for a substitute';
  return `a Response of status ${fallback.status} for what no retry cured`;
}

function concurrencyWords({ max, queue, hold, adaptive }: ConcurrencyRule): string {
  const slots = adaptive
    ? `${grouped(adaptive.min)} to ${counted(max, 'call')} at once, as many as it finds best, ${grouped(adaptive.initial)} to begin with`
    : `${counted(max, 'call')} at once`;
  const until = hold === 'body' ? 'the body was read' : 'the headers are there';
  return `${slots}; ${grouped(queue)} more may wait; a slot is held until ${until}`;
}

function budgetWords({ capacity, deposit, trickle }: BudgetRule): string {
  const tokens = counted(capacity, 'token');
  return `${tokens}, one for each retry or second copy; ${grouped(deposit)} back for a good answer, ${grouped(trickle)} each second`;
}

function keyWords(key: Policy['idempotencyKey']): string | false {
  if (!key) return false;
  const kind = typeof key === 'function' ? 'one that a function makes' : 'a UUID';
  return `${kind}, for each request that has none and may not be sent twice without`;
}

function hedgeWords({ delay, percentile, maxExtraLoad, minimumSamples }: HedgeRule): string {
  const when =
    delay === undefined
      ? `the time that ${percent(percentile)} of the answers take, once ${grouped(minimumSamples)} are known`
      : exactly(delay);
  return `a second copy after ${when}; ${percent(maxExtraLoad)} more requests at the most`;
}

function cooldownWords(max: number): string {
  return `all calls heed a pause that one was asked for, up to ${exactly(max)}`;
}

function propagationWords(rule: PropagationRule): string {
  const { deadline, attempt, doNotRetry, margin } = rule;
  const form = typeof deadline === 'object' ? deadline.header : deadline;
  const told = [
    form !== false && `what is left of the time, less ${exactly(margin)} (${form})`,
    attempt !== false && `which try it is (${attempt})`,
  ].filter((part) => part !== false);
  const tells = told.length === 0 ? 'tells nothing' : `tells ${listed(told)}`;
  return doNotRetry === false ? tells : `${tells}; heeds ${doNotRetry}`;
}

function throttleWords({ k, window, maxRejection }: ThrottleRule): string {
  const ratio = `${counted(k, 'request')} for each that was accepted in ${exactly(window)}`;
  return `refuses here what goes beyond ${ratio}, ${percent(maxRejection)} at the most`;
}
