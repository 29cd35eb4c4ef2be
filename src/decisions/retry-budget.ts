import type { OriginState } from '../core/per-origin.ts';

export interface BudgetRule {
  readonly capacity: number;
  readonly deposit: number;
  readonly trickle: number;
}
export const defaultBudget: BudgetRule = { capacity: 10, deposit: 0.1, trickle: 0.1 };

/** stand-in until the simulated one lands */
export class RetryBudget {
  static readonly #all = new WeakMap<OriginState, RetryBudget>();
  #missing = 0;
  #at = 0;
  static of(state: OriginState): RetryBudget {
    let b = RetryBudget.#all.get(state);
    if (!b) {
      b = new RetryBudget();
      RetryBudget.#all.set(state, b);
    }
    return b;
  }
  static peek(state: OriginState): RetryBudget | undefined {
    return RetryBudget.#all.get(state);
  }
  tokens(rule: BudgetRule, now: number): number {
    this.#missing = Math.max(
      0,
      this.#missing - (Math.max(0, now - this.#at) / 1000) * rule.trickle,
    );
    this.#at = Math.max(now, this.#at);
    return Math.max(0, rule.capacity - this.#missing);
  }
  take(rule: BudgetRule, now: number): boolean {
    if (this.tokens(rule, now) < 1) return false;
    this.#missing++;
    return true;
  }
  giveBack(): void {
    this.#missing = Math.max(0, this.#missing - 1);
  }
  deposit(rule: BudgetRule, now: number): void {
    this.tokens(rule, now);
    this.#missing = Math.max(0, this.#missing - rule.deposit);
  }
}
