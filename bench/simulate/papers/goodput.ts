/** What became of the calls that were made in each second. */
export class Goodput {
  readonly #made: number[] = [];
  readonly #succeeded: number[] = [];

  /** Counts a call that is made now, and returns how to count that it succeeded. */
  begin(now: number): () => void {
    const second = Math.floor(now / 1_000);
    add(this.#made, second);
    return () => add(this.#succeeded, second);
  }

  /** How many of the calls that were made a second succeeded, from one instant up to another. */
  perSecond(from: number, to: number): number {
    const seconds = this.#succeeded.slice(from / 1_000, to / 1_000);
    return sum(seconds) / ((to - from) / 1_000);
  }

  /** Seconds from one instant until half of the calls succeed and go on to; infinite if they don't before another. */
  recovery(from: number, until: number): number {
    for (let second = until / 1_000; second > from / 1_000; second--) {
      const failing = (this.#succeeded[second - 1] ?? 0) < (this.#made[second - 1] ?? 0) / 2;
      if (failing)
        return second === until / 1_000 ? Number.POSITIVE_INFINITY : second - from / 1_000;
    }
    return 0;
  }
}

function add(counts: number[], second: number): void {
  counts[second] = (counts[second] ?? 0) + 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
