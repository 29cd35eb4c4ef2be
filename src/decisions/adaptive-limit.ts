export interface AdaptiveRule {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}
export interface LimitSample {
  readonly duration: number;
  readonly inFlight: number;
  readonly dropped: boolean;
  readonly now: number;
}
export class AdaptiveLimit {
  #limit: number;
  constructor(rule: AdaptiveRule) {
    this.#limit = rule.initial;
  }
  get limit(): number {
    return this.#limit;
  }
  record(_rule: AdaptiveRule, _sample: LimitSample): void {}
}
