import type { OriginState } from './per-origin.ts';

/** What one part of the client remembers of each origin: as long as the origin itself is known, and no longer. */
export interface Remembered<Memory> {
  /** What is remembered of an origin; made if there was nothing. */
  of(state: OriginState): Memory;
  /** The same, if there is anything. */
  peek(state: OriginState): Memory | undefined;
}

/** A memory for each origin, kept outside its state, so that no part has to know of the others. */
export function remembered<Memory>(create: () => Memory): Remembered<Memory> {
  const all = new WeakMap<OriginState, Memory>();
  return {
    of(state) {
      const known = all.get(state);
      if (known) return known;
      const memory = create();
      all.set(state, memory);
      return memory;
    },
    peek: (state) => all.get(state),
  };
}
