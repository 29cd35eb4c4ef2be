import type { HedgeRefusal } from '../core/events.ts';
import { remembered } from '../core/remembered.ts';
import { LatencyWindow } from './latency.ts';

/** When a second copy of a request may be sent. All times in milliseconds. */
export interface HedgeRule {
  /** How long the first copy has for itself; where it is not given, as long as `percentile` of recent answers took. */
  readonly delay: number | undefined;
  /** From 0 to 1. */
  readonly percentile: number;
  /** The share of second copies among requests that is not exceeded in the long run. */
  readonly maxExtraLoad: number;
  /** Answers of the last 20 to 30 seconds that a percentile must rest on. */
  readonly minimumSamples: number;
}

/** "The Tail at Scale" waits for the 95th percentile and pays 5 %; of 50 answers, 2 or 3 are above it. */
export const defaultHedge: HedgeRule = {
  delay: undefined,
  percentile: 0.95,
  maxExtraLoad: 0.05,
  minimumSamples: 50,
};

/** Tokens that can be saved up, one a copy: enough for a hundred calls at once, and 1 % of 10 s of 100 calls/s. */
const capacity = 10;

/** With at least so many tokens, a call may have a second copy as soon as its delay is over. */
const plenty = capacity / 2;

/** Hedging stops where this share of the attempts that used to be answered in time is not, or fails. */
const outage = 0.2;

/** How long an attempt counts in that, in milliseconds, and in delays if those are long: it fades, by a factor of e. */
const memory = 2_000;
const memoryInDelays = 2;

/** Attempts that are taken to have gone well before any did: three calls are no outage. */
const goodwill = 10;

/**
 * What is known of the attempts to one origin, and whether one of them may have a second copy.
 *
 * Copies are paid from a bucket that answers fill, `maxExtraLoad` for each, so that a server that answers nothing is sent
 * nothing more. With the delay at the 95th percentile and 5 % for copies, exactly as many calls ask for a token as come
 * in, and such a bucket is empty at random times: then the slowest of all calls, the one that makes the tail, is refused.
 * So the fewer tokens there are, the longer a call must have waited to get one, and one that was refused asks again. Of
 * simulated fan-outs of 100 calls, 5 % of them slow, the p99.9 of 1,072 ms becomes 65 ms, and 213 ms where tokens go to
 * whoever comes first (`bench/simulate/tables/hedging.ts`).
 *
 * A server that is slow as a whole has no tail to be cut: a second copy only adds to its load. What tells that at once,
 * also where nothing is answered any more, is the share of attempts that reach their delay.
 */
export class Hedging {
  static readonly #origins = remembered(() => new Hedging());
  static readonly of = Hedging.#origins.of;
  readonly #latency = new LatencyWindow();
  #tokens = capacity;
  /** Recent attempts, and those that failed or were not answered within their delay. Both fade with time. */
  #attempts = 0;
  #troubled = 0;
  #fadedAt = 0;
  #memory = memory;

  /** How long the first copy has for itself; infinite where too little is known yet. */
  delay(rule: HedgeRule, now: number): number {
    const delay = rule.delay ?? this.#learntDelay(rule, now);
    if (delay < Number.POSITIVE_INFINITY) this.#memory = Math.max(memory, memoryInDelays * delay);
    return delay;
  }

  /** An attempt's delay is over, and it is not answered. */
  passed(now: number): void {
    this.#count(true, now);
  }

  /** Why an attempt of that age may have no second copy now, if it may have none. Takes nothing. */
  refusal(rule: HedgeRule, delay: number, age: number, now: number): HedgeRefusal | undefined {
    if (this.#isOutage(rule, now)) return 'outage';
    const isOldEnough = this.#tokens * age >= plenty * delay;
    return this.#tokens >= 1 && isOldEnough ? undefined : 'extra-load';
  }

  /** A second copy is being sent. */
  sent(): void {
    this.#tokens--;
  }

  /** It was not, after all. */
  notSent(): void {
    this.#tokens = Math.min(capacity, this.#tokens + 1);
  }

  /**
   * An attempt was answered well, by whichever copy. Durations from an outage are not learnt from: they would be taken for
   * normal half a minute long. Where they have become normal, the window runs empty and is filled anew.
   *
   * @param duration of the first copy, to its answer or to the moment when it was given up; never that of the second,
   * which is there only where the first was slow.
   * @param passed whether its delay was over.
   */
  answered(rule: HedgeRule, duration: number, passed: boolean, now: number): void {
    if (!passed) this.#count(false, now);
    this.#tokens = Math.min(capacity, this.#tokens + rule.maxExtraLoad);
    if (!this.#isOutage(rule, now)) this.#latency.record(duration, now);
  }

  /** An attempt failed, whatever copies it had. One whose delay was over has been counted; that was the news of it. */
  failed(passed: boolean, now: number): void {
    if (!passed) this.#count(true, now);
  }

  #learntDelay({ percentile, minimumSamples }: HedgeRule, now: number): number {
    if (this.#latency.count(now) < minimumSamples) return Number.POSITIVE_INFINITY;
    const quantile = this.#latency.quantile(percentile, now) ?? Number.POSITIVE_INFINITY;
    return quantile < Number.POSITIVE_INFINITY ? rounded(quantile) : quantile;
  }

  #isOutage({ percentile, maxExtraLoad }: HedgeRule, now: number): boolean {
    this.#fade(now);
    const usual = Math.max(1 - percentile, maxExtraLoad);
    const share = this.#troubled / (this.#attempts + goodwill);
    return share > usual + (1 - usual) * outage;
  }

  #count(troubled: boolean, now: number): void {
    this.#fade(now);
    this.#attempts++;
    if (troubled) this.#troubled++;
  }

  #fade(now: number): void {
    if (now === this.#fadedAt) return;
    const rest = Math.exp(Math.min(0, this.#fadedAt - now) / this.#memory);
    this.#attempts *= rest;
    this.#troubled *= rest;
    this.#fadedAt = now;
  }
}

/** How long a call of that age waits, after it was refused a second copy, before it asks again. */
export function waitToAskAgain(age: number): number {
  return rounded(age / 4);
}

/** Up to a whole millisecond, and to five binary digits: timers of one length are set together (`core/alarm.ts`). */
function rounded(milliseconds: number): number {
  const step = 2 ** Math.max(0, 27 - Math.clz32(milliseconds));
  return Math.max(1, Math.ceil(milliseconds / step) * step);
}
