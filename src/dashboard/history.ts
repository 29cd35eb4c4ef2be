import type { CircuitState } from '../core/per-origin.ts';
import type { OriginHealth } from '../health.ts';
import { Durations } from './durations.ts';
import type { Series } from './feed.ts';

/** How long one bucket is, in milliseconds. */
export const bucketLength = 1_000;

/** The number of the bucket that is being filled. By the clock that never goes back. */
export function bucketNow(): number {
  return Math.floor(performance.now() / bucketLength);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What `Series` has a list of, in one second. */
type Bucket = Mutable<{ readonly [Key in keyof Series]: Series[Key][number] }>;
export type Counter = 'calls' | 'succeeded' | 'refused' | 'attempts' | 'retries' | 'hedges';

const empty: Bucket = {
  ...{ calls: 0, succeeded: 0, refused: 0, attempts: 0, retries: 0, hedges: 0 },
  ...{ p50: null, p95: null, p99: null },
  ...{ tokens: null, inUse: null, limit: null, queued: null, circuit: 'closed' },
};
const names = Object.keys(empty) as (keyof Bucket)[];

/**
 * What happened at one origin in the last seconds. No timer turns it: whoever writes or reads says which bucket it is,
 * and those that passed meanwhile are closed first.
 */
export class History {
  /** Those that are over, oldest first. */
  readonly #buckets: Bucket[];
  readonly #durations = new Durations();
  #current: Bucket = { ...empty };
  #number: number;
  /** Up to which bucket it is known how it stood. */
  #sampled: number;

  /** @param length how many buckets are kept. */
  constructor(length: number, number: number) {
    this.#buckets = Array.from({ length }, () => empty);
    this.#number = number;
    this.#sampled = number;
  }

  count(counter: Counter, number: number): void {
    this.#turnTo(number);
    this.#current[counter]++;
  }

  /** Milliseconds that a call took. */
  took(duration: number, number: number): void {
    this.#turnTo(number);
    this.#durations.record(duration);
  }

  circuitIs(state: CircuitState, number: number): void {
    this.#turnTo(number);
    this.#current.circuit = state;
  }

  /** How it stands now is how it stood at the end of all buckets since it was last looked at: what changed it is told. */
  sample({ circuit, retryBudget, concurrency }: OriginHealth, number: number): void {
    this.circuitIs(circuit, number);
    const { inUse = null, limit = null, queued = null } = concurrency ?? {};
    const tokens = retryBudget === null ? null : Math.round(100 * retryBudget) / 100;
    const unknown = Math.min(number - this.#sampled, this.#buckets.length);
    for (const bucket of unknown > 0 ? this.#buckets.slice(-unknown) : []) {
      Object.assign(bucket, { tokens, inUse, limit, queued });
    }
    this.#sampled = number;
  }

  /** Calls that ended while it looked. */
  calls(): number {
    return this.#buckets.reduce((sum, { calls }) => sum + calls, this.#current.calls);
  }

  series(number: number): Series {
    this.#turnTo(number);
    const lists = names.map((name) => [name, this.#buckets.map((bucket) => bucket[name])]);
    return Object.fromEntries(lists) as Series;
  }

  #turnTo(number: number): void {
    const passed = Math.min(number - this.#number, this.#buckets.length + 1);
    for (let turn = 0; turn < passed; turn++) this.#turn();
    if (passed > 0) this.#number = number;
  }

  #turn(): void {
    const [p50 = null, p95 = null, p99 = null] = this.#durations.quantiles([0.5, 0.95, 0.99]);
    this.#durations.clear();
    this.#buckets.shift();
    this.#buckets.push(Object.assign(this.#current, { p50, p95, p99 }));
    this.#current = { ...empty, circuit: this.#current.circuit };
  }
}
