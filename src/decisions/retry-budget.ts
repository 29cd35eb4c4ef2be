import { remembered } from '../core/remembered.ts';

/** How many retries an origin may be sent beyond those that its successes pay for. */
export interface BudgetRule {
  /** Tokens in a full bucket: the retries that may follow each other while nothing succeeds. */
  readonly capacity: number;
  /** Tokens that a success brings back: the share of the successes that retries may be in the long run. */
  readonly deposit: number;
  /** Tokens a second that come back by themselves, the fewer the longer nothing has succeeded. */
  readonly trickle: number;
}

/**
 * Chosen from what `node bench/simulate/tables/retry-budget.ts` prints: simulations with the default backoff and, but for
 * one line, without a circuit breaker.
 *
 * `capacity` 10: what a fleet can send on top of a failure is this for each client. After 5 s of 2 or 3 times the load
 * (M. Brooker's congestive collapse) 0 % of the runs are still down 35 s later, be it 1, 10 or 100 clients; with 15
 * tokens it is still 0 %, with 20 and 100 clients 88 %, which is what it is without a budget at any number of clients.
 * After 10 s of outage (Bronson et al., HotOS 2021) 1, 10 and 100 clients recover in 126, 133 and 203 s, with 5 tokens
 * in 126, 132 and 170 s, without retries in 126 s, without a budget never, and with the default circuit breaker in 8, 7
 * and 10 s. A blip of 1 s at 50 calls a second is beyond 10 tokens; one busy client needs 150 for it.
 *
 * `deposit` 0.2: as Finagle's and Envoy's 20 %, and the AWS SDK's price of 5 successes for a retry. A collapse does not
 * depend on it, for nothing succeeds there: the figures above are the same with 0.1, 0.2 and 0.3.
 *
 * A retry that is answered well has its token back (as in the AWS SDK), where the failure before it was no timeout. An
 * error that is told at once costs a server little; one that it did not tell in time may have cost it the whole work, and
 * with those repaid, too, 100 clients never recover from the outage. Where 10 % of the
 * attempts fail, in whatever way, all calls are saved; where a third are answered 503, 94 % (33 % if none were repaid).
 *
 * `trickle` 0.05: enough for a client of 1 call a minute to retry each of them once. Where all its first attempts go on
 * failing after 10 minutes of outage, 69 % of an hour's calls are saved (no budget: 81 %).
 */
export const defaultBudget: BudgetRule = { capacity: 10, deposit: 0.2, trickle: 0.05 };

/** Ten deposits of 0.1 make a token, though their sum is a little less than 1. */
const rounding = 1e-9;

/**
 * The tokens that retries to one origin take, and that its successes bring back. A limit on the retries of one call
 * does not bound the load of all calls: three retries send four times the load to a server that fails because of its
 * load, and keep it there. A bucket that successes fill runs dry where nothing succeeds, and then first attempts are
 * all that is sent ("Fixing retries with token buckets and circuit breakers", M. Brooker, 2022).
 *
 * Kept is how much is missing, not how much is left. So a rule may change, or differ from call to call, and a full
 * bucket, which is that of a healthy origin, needs no work at all.
 *
 * No timer runs for the trickle: it is worked out at the next question. It fades, since clients know nothing of each
 * other and 1,000 times a steady 0.05 a second would be 50 retries a second for ever. In t seconds without a success it
 * comes to ln(1 + trickle · t) tokens, so the clients, however many, send less and less, and no client is stuck for
 * good.
 */
export class RetryBudget {
  static readonly #origins = remembered(() => new RetryBudget());
  static readonly of = RetryBudget.#origins.of;
  static readonly peek = RetryBudget.#origins.peek;
  #missing = 0;
  /** When `#missing` was worked out. A clock that runs backwards does not move it. */
  #at = Number.NEGATIVE_INFINITY;
  /** When the first retry after the last success was asked for, and the trickle began to fade; infinite before that. */
  #since = Number.POSITIVE_INFINITY;

  /** Whether a deposit would change nothing. */
  get full(): boolean {
    return this.#missing === 0;
  }

  /** What is left now. */
  tokens(rule: BudgetRule, now: number): number {
    return Math.max(0, rule.capacity - this.#missingAt(rule, now));
  }

  /** Takes one token, if there is a whole one. */
  take(rule: BudgetRule, now: number): boolean {
    if (this.full) this.#since = Number.POSITIVE_INFINITY;
    this.#settle(rule, now);
    this.#since = Math.min(this.#since, this.#at);
    if (rule.capacity - this.#missing < 1 - rounding) return false;
    this.#missing++;
    return true;
  }

  /** Returns a token that was taken for a retry that was not sent, or that was answered well: it was no waste. */
  giveBack(): void {
    this.#missing = Math.max(0, this.#missing - 1);
  }

  /** Counts a success. */
  deposit(rule: BudgetRule, now: number): void {
    this.#settle(rule, now);
    this.#missing = Math.max(0, this.#missing - rule.deposit);
    this.#since = Number.POSITIVE_INFINITY;
  }

  #settle(rule: BudgetRule, now: number): void {
    this.#missing = this.#missingAt(rule, now);
    this.#at = Math.max(this.#at, now);
  }

  #missingAt({ trickle }: BudgetRule, now: number): number {
    if (this.full || now <= this.#at) return this.#missing;
    const rate = trickle / 1_000;
    const faded = rate / (1 + rate * Math.max(0, this.#at - this.#since));
    return Math.max(0, this.#missing - Math.log1p(faded * (now - this.#at)));
  }
}
