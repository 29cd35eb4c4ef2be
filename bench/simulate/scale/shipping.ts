import { TimeoutError } from '../../../src/core/errors.ts';
import type { OriginState } from '../../../src/core/per-origin.ts';
import { faultOf } from '../../../src/decisions/classify.ts';
import { type BudgetRule, RetryBudget } from '../../../src/decisions/retry-budget.ts';
import { nextAttempt, reasonToStand } from '../../../src/decisions/retry-decision.ts';
import type { CircuitRule } from '../../../src/decisions/trip.ts';
import { boundsOf } from '../../../src/decisions/wait.ts';
import { defaults } from '../../../src/policy.ts';
import { type Circuit, Circuits } from '../engine/circuits.ts';
import type { Ending } from '../engine/outcomes.ts';
import type { Call, Client, Policy, Report } from './client.ts';

const { retry, timeout } = defaults;
const origin = 'http://service.test';

/** What all attempts to the service have in common: a GET whose outcome nobody but the table judges. */
const plain = {
  methodAllowed: true,
  hasIdempotencyKey: () => false,
  replayable: () => true,
  statuses: undefined,
  verdict: undefined,
};

/** The library with its defaults: every decision is made by the code that ships. */
export const shipping = shippingWith('resilient-fetch', {});

/** The same with other numbers in its budget or in its circuit breaker. */
export function shippingWith(
  name: string,
  other: { readonly budget?: Partial<BudgetRule>; readonly breaker?: Partial<CircuitRule> },
): Policy {
  const budget = { ...defaults.retryBudget, ...other.budget };
  const breaker = { ...defaults.circuitBreaker, ...other.breaker };
  return {
    name,
    version: 'this one',
    source: 'src/policy.ts, `defaults`',
    attemptTimeout: timeout.attempt,
    totalTimeout: timeout.total,
    client: (random) => new ShippingClient(random, budget, breaker),
  };
}

class ShippingClient implements Client {
  readonly #random: () => number;
  readonly #budget: BudgetRule;
  readonly #breaker: CircuitRule;
  readonly #circuit: Circuit;
  readonly #state: OriginState = { origin, inFlight: 0 };

  constructor(random: () => number, budget: BudgetRule, breaker: CircuitRule) {
    this.#random = random;
    this.#budget = budget;
    this.#breaker = breaker;
    this.#circuit = new Circuits(random).make();
  }

  begin(): void {}

  admit(call: Call): Report | undefined {
    const report = this.#circuit.admit(this.#breaker, timeout.attempt);
    if (!report) {
      if (call.paid !== 'no') RetryBudget.of(this.#state).giveBack();
      return undefined;
    }
    return ({ outcome }, now) => {
      // of a retry that only the end of the call cut short, nobody knows what would have become
      const isCut = outcome.error && call.attempts > 1 && now >= call.start + timeout.total;
      report(isCut ? 'ignored' : faultOf(outcome), outcome, false);
    };
  }

  decide(call: Call, { outcome }: Ending, now: number): number | undefined {
    if (reasonToStand({ ...plain, outcome })) {
      if (call.paid === 'repaid') RetryBudget.of(this.#state).giveBack();
      RetryBudget.peek(this.#state)?.deposit(this.#budget, now);
      return undefined;
    }
    const bounds = boundsOf(
      retry,
      {
        outcome,
        info: { origin, method: 'GET', attempt: call.attempts },
        previous: call.previous,
        timeLeft: call.start + timeout.total - now,
        circuit: this.#circuit,
        route: undefined,
        choice: undefined,
      },
      now,
      now,
      this.#random,
    );
    const next = nextAttempt(bounds);
    if (next.stop !== undefined) return undefined;
    if (!RetryBudget.of(this.#state).take(this.#budget, now)) return undefined;
    call.previous = bounds.backoff;
    call.paid = outcome.error instanceof TimeoutError ? 'for good' : 'repaid';
    // a timer knows whole milliseconds only
    return Math.ceil(next.delay);
  }
}
