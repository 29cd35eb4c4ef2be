/**
 * The moment that a reader points at, in milliseconds since 1970, or `null`: then everything shows now. One for all
 * charts, so that what happened to one origin can be compared with what happened to the others just then.
 */
export class Moment {
  readonly #listeners = new Set<(at: number | null) => void>();
  #at: number | null = null;

  get at(): number | null {
    return this.#at;
  }

  set at(at: number | null) {
    if (at === this.#at) return;
    this.#at = at;
    for (const listener of this.#listeners) listener(at);
  }

  onChange(listener: (at: number | null) => void): void {
    this.#listeners.add(listener);
  }
}

/** Buckets in time: how many there are, and when the newest ended. */
export interface Span {
  readonly at: number;
  readonly bucket: number;
  readonly length: number;
}

/** The bucket that a moment is in, or `null` if it is none of them. */
export function indexOf(moment: number | null, { at, bucket, length }: Span): number | null {
  if (moment === null) return null;
  const index = length - 1 - Math.round((at - moment) / bucket);
  return index >= 0 && index < length ? index : null;
}

/** When a bucket ended; a place beyond the first or last counts as that. */
export function momentOf(index: number, { at, bucket, length }: Span): number {
  const inside = Math.min(length - 1, Math.max(0, index));
  return at - (length - 1 - inside) * bucket;
}
