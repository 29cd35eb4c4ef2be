import { OptionsError } from './core/errors.ts';
import type { EventName, Listener } from './core/events.ts';
import type { Attempt } from './functions/attempt.ts';
import { callBy } from './functions/call.ts';
import { describePolicy } from './functions/describe.ts';
import { functions, latestOf, named } from './functions/known.ts';
import { checkCall, type RetryCall, type RetryPolicy } from './functions/options.ts';
import { planOf } from './functions/plan.ts';
import { healthOf, type OriginHealth } from './health.ts';
import { type CircuitHandle, circuitHandle } from './origins.ts';

/** Calls functions as a client sends requests. */
export interface Retry {
  /**
   * Calls a function until it succeeds, or until another attempt is not worth making: by the backoff, the budget, the
   * circuit breaker and the deadline that requests have. Gives what the function gave; a failure is the function's own last
   * error, unless a timeout or an open circuit ended the call.
   *
   * @throws OptionsError
   */
  <T>(
    fn: (attempt: Attempt) => T | PromiseLike<T>,
    policy?: RetryPolicy,
    call?: RetryCall,
  ): Promise<T>;
  /** Hears of every decision that is taken for any function, as `on` of a client does. Returns what ends the listening. */
  on<Name extends EventName>(event: Name, listener: Listener<Name>): () => void;
  /** What is known now of all that policies name. */
  health(): Readonly<Record<string, OriginHealth>>;
  /** The circuit of what policies of a name call, by the rule that was last used for it. */
  circuit(name: string): CircuitHandle;
  /** What a policy does, and how it stands now, in words. For people: its wording may change. */
  describe(policy: RetryPolicy): string;
}

async function call<T>(
  fn: (attempt: Attempt) => T | PromiseLike<T>,
  policy?: RetryPolicy,
  given?: RetryCall,
): Promise<T> {
  if (typeof fn !== 'function') throw new OptionsError('retry: expected a function to call');
  const own = given === undefined ? {} : checkCall(given);
  return (await callBy(planOf(policy), fn.name, fn, own)) as T;
}

/** The same retries for any function: `await retry(({ signal }) => load(id, signal), policy)`. */
export const retry: Retry = Object.assign(call, {
  on: functions.events.on.bind(functions.events) as Retry['on'],
  health: () => {
    const known = [...named.values()].map((state) => [
      state.origin,
      healthOf(state, latestOf(state)),
    ]);
    return Object.fromEntries(known) as Record<string, OriginHealth>;
  },
  circuit: (name: string) => {
    const rule = () => latestOf(named.peek(name)).circuitBreaker;
    return circuitHandle(name, named, rule, functions);
  },
  describe: (policy: RetryPolicy) => describePolicy(planOf(policy)),
});
