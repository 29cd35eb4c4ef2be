import { bucketOf, buckets, endOf } from '../decisions/duration-scale.ts';

/**
 * How long the calls of one second took, as a histogram: to record is to count up one number, whatever the load is. What
 * it says is at most 5 % too long, and never longer than the longest call was.
 */
export class Durations {
  readonly #counts = new Uint32Array(buckets);
  #count = 0;
  #longest = 0;

  record(duration: number): void {
    const bucket = bucketOf(duration);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#longest = Math.max(this.#longest, duration);
  }

  /** The lengths that these shares of the calls did not exceed, in milliseconds; `null` each where there were no calls. */
  quantiles(shares: readonly number[]): (number | null)[] {
    return shares.map((share) => (this.#count === 0 ? null : this.#quantile(share)));
  }

  clear(): void {
    if (this.#count === 0) return;
    this.#counts.fill(0);
    this.#count = 0;
    this.#longest = 0;
  }

  #quantile(share: number): number {
    let seen = 0;
    const bucket = this.#counts.findIndex((count) => {
      seen += count;
      return seen >= share * this.#count;
    });
    return Math.min(endOf(bucket), this.#longest);
  }
}
