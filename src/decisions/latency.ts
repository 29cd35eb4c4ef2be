import { bucketOf, buckets, endOf } from './duration-scale.ts';

/** Three slices of ten seconds, as Finagle's backup requests have: old durations leave a third at a time. */
const slices = 3;
const sliceLength = 10_000;

/** A quantile is looked up anew when it rests on this share more durations than it was looked up from. */
const staleness = 0.05;

/**
 * How long recent answers took, as a histogram of the last 20 to 30 seconds. To record is to count up one number, and
 * nothing runs to turn the window: a slice that is too old is passed over, and emptied when its turn has come again.
 */
export class LatencyWindow {
  readonly #counts = new Uint32Array(slices * buckets);
  readonly #turns = new Float64Array(slices).fill(-slices);
  readonly #totals = new Uint32Array(slices);
  #recorded = 0;
  readonly #known = { p: Number.NaN, turn: 0, until: 0, quantile: 0 };

  record(duration: number, now: number): void {
    const turn = Math.floor(now / sliceLength);
    const slice = turn % slices;
    if (this.#turns[slice] !== turn) this.#begin(slice, turn);
    const index = slice * buckets + bucketOf(duration);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#totals[slice] = (this.#totals[slice] ?? 0) + 1;
    this.#recorded++;
  }

  /** How many durations the window holds. */
  count(now: number): number {
    const turn = Math.floor(now / sliceLength);
    let count = 0;
    for (let slice = 0; slice < slices; slice++) {
      if (this.#isLive(slice, turn)) count += this.#totals[slice] ?? 0;
    }
    return count;
  }

  /**
   * A length that this share of the answers did not exceed: the end of the bucket that the quantile is in, and so at most
   * 5 % too long. Infinite where it is longer than a minute, and none where nothing was recorded.
   *
   * @param p from 0 to 1.
   */
  quantile(p: number, now: number): number | undefined {
    const known = this.#known;
    const turn = Math.floor(now / sliceLength);
    if (known.p !== p || known.turn !== turn || this.#recorded >= known.until) {
      const count = this.count(now);
      known.quantile = this.#lookUp(p * count, turn);
      known.p = p;
      known.turn = turn;
      known.until = this.#recorded + Math.max(1, count * staleness);
    }
    return known.quantile === 0 ? undefined : known.quantile;
  }

  #begin(slice: number, turn: number): void {
    this.#turns[slice] = turn;
    this.#totals[slice] = 0;
    this.#counts.fill(0, slice * buckets, (slice + 1) * buckets);
  }

  #isLive(slice: number, turn: number): boolean {
    return (this.#turns[slice] ?? 0) > turn - slices;
  }

  /** The end of the bucket in which so many durations are reached; 0 where there are none. */
  #lookUp(rank: number, turn: number): number {
    let seen = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      for (let slice = 0; slice < slices; slice++) {
        if (this.#isLive(slice, turn)) seen += this.#counts[slice * buckets + bucket] ?? 0;
      }
      if (seen > 0 && seen >= rank) return endOf(bucket);
    }
    return 0;
  }
}
