import { type Backoff, backoffDelay, defaultBackoff } from '../../../src/decisions/backoff.ts';
import {
  type BudgetRule,
  defaultBudget,
  RetryBudget,
} from '../../../src/decisions/retry-budget.ts';
import type { CircuitRule } from '../../../src/decisions/trip.ts';
import { Circuits } from '../engine/circuits.ts';
import { answered, timedOut } from '../engine/outcomes.ts';
import type { Simulation } from '../engine/simulation.ts';

/** What each client of a fleet does about a failed attempt. */
export interface RetryPolicy {
  readonly retries: number;
  /** Without one, a retry is sent at once. */
  readonly backoff?: Backoff;
  /** Without one, all retries are made. */
  readonly budget?: BudgetRule;
  /** What brings tokens back: a success, as we do it, or every call, as Finagle, Linkerd and the SRE book do. */
  readonly fundedBy?: 'successes' | 'calls';
  /** Whether a retry that succeeds has its token back, as we do it where the failure before it was no timeout. */
  readonly repays?: boolean;
  /** When a retry takes its token. */
  readonly takes?: 'before the wait' | 'after the wait';
  readonly breaker?: CircuitRule;
  /** Retries only while failed attempts have been no more than this share of all calls so far: Brooker's retry breaker. */
  readonly mostFailures?: number;
}

/** What the library does by default, its circuit breaker aside. */
export const shipped: RetryPolicy = {
  retries: 3,
  backoff: defaultBackoff,
  budget: defaultBudget,
  repays: true,
};

/** The way of one attempt to the server and back. Only the first end that it reports counts. */
export type Attempt = (number: number, done: (succeeded: boolean) => void) => void;

/** How long a probe may take before the next one need not wait for it: the default `timeout.attempt`. */
const lease = 10_000;

/** What came of a call. */
export type Ended = (succeeded: boolean, attempts: number) => void;

/**
 * So many clients that share a load, with the shipping functions for the wait and the budget: each call is made by one
 * of them, drawn by lot.
 */
export function fleet(
  simulation: Simulation,
  clients: number,
  policy: RetryPolicy,
  attempt: Attempt,
): (ended: Ended) => void {
  const { retries, backoff, budget: rule, fundedBy = 'successes', repays, breaker } = policy;
  const { mostFailures = Number.POSITIVE_INFINITY } = policy;
  const late = policy.takes === 'after the wait';
  const { random } = simulation;
  const circuits = new Circuits(random);
  const all = Array.from({ length: clients }, () => ({
    budget: new RetryBudget(),
    circuit: breaker && circuits.make(),
    calls: 0,
    failures: 0,
  }));

  return (ended) => {
    const client = all[Math.floor(random() * clients)];
    if (!client) return;
    const { budget, circuit } = client;
    const mayRetry = () =>
      client.failures <= mostFailures * client.calls &&
      (!rule || budget.take(rule, simulation.now));
    const fund = () => {
      if (rule && !budget.full) budget.deposit(rule, simulation.now);
    };

    let made = 0;
    client.calls++;
    const send = () => {
      const report = breaker && circuit?.admit(breaker, lease);
      if (circuit && !report) return ended(false, made);
      made++;
      attempt(
        made,
        once((succeeded) => {
          if (!succeeded) client.failures++;
          const { outcome } = succeeded ? answered : timedOut;
          report?.(succeeded ? 'success' : 'failure', outcome, false);
          if (succeeded && made > 1 && repays) budget.giveBack();
          if (succeeded && fundedBy === 'successes') fund();
          if (succeeded || made > retries || (!late && !mayRetry())) return ended(succeeded, made);
          const delay = backoff ? backoffDelay(backoff, made - 1, 0, random) : 0;
          simulation.after(delay, () => (!late || mayRetry() ? send() : ended(false, made)));
        }),
      );
    };
    if (fundedBy === 'calls') fund();
    send();
  };
}

function once(report: (succeeded: boolean) => void): (succeeded: boolean) => void {
  let reported = false;
  return (succeeded) => {
    if (reported) return;
    reported = true;
    report(succeeded);
  };
}
