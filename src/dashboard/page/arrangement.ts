/** One origin among those that are to be put in order. */
export interface Entry {
  readonly key: string;
  /** The lower, the nearer to the top. */
  readonly rank: number;
  /** Decides among equals. */
  readonly name: string;
}

/** How long an entry must have deserved a lower place before it sinks there. */
const patience = 10_000;

/**
 * The order of the origins on the page. What becomes urgent rises at once; what calms down sinks only after a while, so
 * that an origin that is up and down every few seconds does not make the page dance.
 */
export class Arrangement {
  readonly #standings = new Map<string, { rank: number; calmerSince: number | undefined }>();

  /** The keys in order. */
  order(entries: readonly Entry[], now: number): string[] {
    const present = new Set(entries.map(({ key }) => key));
    for (const key of this.#standings.keys()) if (!present.has(key)) this.#standings.delete(key);
    return entries
      .map(({ key, name, rank }) => ({ key, name, rank: this.#rank(key, rank, now) }))
      .toSorted((a, b) => a.rank - b.rank || compare(a.name, b.name))
      .map(({ key }) => key);
  }

  #rank(key: string, rank: number, now: number): number {
    const standing = this.#standings.get(key);
    if (!standing || rank < standing.rank) {
      this.#standings.set(key, { rank, calmerSince: undefined });
      return rank;
    }
    if (rank === standing.rank) {
      standing.calmerSince = undefined;
      return rank;
    }
    standing.calmerSince ??= now;
    if (now - standing.calmerSince >= patience) {
      this.#standings.set(key, { rank, calmerSince: undefined });
      return rank;
    }
    return standing.rank;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
