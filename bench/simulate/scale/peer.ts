import type { CircuitRule } from '../../../src/decisions/trip.ts';
import { type Circuit, Circuits } from '../engine/circuits.ts';
import type { Ending } from '../engine/outcomes.ts';
import type { Budget } from './budgets.ts';
import type { Call, Client, Policy, Report } from './client.ts';
import type { Wait } from './waits.ts';

/** A peer's defaults as data. All times in milliseconds. */
export interface PeerRule {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly retries: number;
  readonly wait?: Wait;
  /** Whether an attempt that timed out is retried, as one is that was refused or answered 503. */
  readonly retriesTimeouts: boolean;
  /** The wait, where the server asked for one; without it, that is not looked at. */
  readonly asked?: (retryAfter: number, backoff: number) => number;
  readonly budget?: () => Budget;
  readonly breaker?: CircuitRule;
}

/**
 * What an attempt may take: the default of ours, ky's, Polly's and opossum's, and of undici's for a connection. Who has no
 * such timeout is given this one, since without any a lost attempt would never end.
 */
const attemptTimeout = 10_000;

/** When a caller gives up: the default of ours and of Polly's handler for the whole call, and what the others are given. */
export const patience = 30_000;

/** A fleet that does as a peer does. */
export function peer(rule: PeerRule): Policy {
  const { name, version, source } = rule;
  const client = (random: () => number) => new PeerClient(rule, random);
  return { name, version, source, attemptTimeout, totalTimeout: patience, client };
}

class PeerClient implements Client {
  readonly #rule: PeerRule;
  readonly #random: () => number;
  readonly #budget: Budget | undefined;
  readonly #circuit: Circuit | undefined;

  constructor(rule: PeerRule, random: () => number) {
    this.#rule = rule;
    this.#random = random;
    this.#budget = rule.budget?.();
    this.#circuit = rule.breaker && new Circuits(random).make();
  }

  begin(now: number): void {
    this.#budget?.called(now);
  }

  admit(): Report | undefined {
    const { breaker } = this.#rule;
    if (!breaker || !this.#circuit) return nothing;
    const report = this.#circuit.admit(breaker, attemptTimeout);
    if (!report) return undefined;
    return ({ kind, outcome }) =>
      report(kind === 'answered' ? 'success' : 'failure', outcome, false);
  }

  decide(call: Call, ending: Ending, now: number): number | undefined {
    const { retries, wait, retriesTimeouts, asked } = this.#rule;
    const budget = this.#budget;
    const succeeded = ending.kind === 'answered';
    const timedOut = ending.kind === 'timed out';
    if (call.paid !== 'no')
      budget?.ended(succeeded, call.paid === 'for good' ? 'timeout' : 'other');
    if (succeeded) return void budget?.succeeded();
    budget?.failed(timedOut);
    if (call.attempts > retries || (timedOut && !retriesTimeouts)) {
      call.paid = 'no';
      return undefined;
    }
    const backoff = wait?.(call.attempts - 1, call, this.#random) ?? 0;
    const delay =
      asked && ending.retryAfter !== undefined ? asked(ending.retryAfter, backoff) : backoff;
    if (now + delay >= call.start + patience || (budget && !budget.take(now))) return undefined;
    call.paid = timedOut ? 'for good' : 'repaid';
    return delay;
  }
}

function nothing(): void {}
