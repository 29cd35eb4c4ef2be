/** Counts of attempts: all of them, those that failed, and those that took too long, which may be the same ones. */
export interface Totals {
  readonly attempts: number;
  readonly failures: number;
  readonly slow: number;
}

/** `isolated` is open until somebody closes it by hand. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated';

/** What a circuit tells the strategies around it. */
export interface CircuitView {
  readonly state: CircuitState;
  /** Milliseconds until a probe is allowed; 0 where none must be waited for, and infinite while isolated. */
  readonly retryAfter: number;
  /** Whether an attempt would not be let out now; never where the rule that opened it is not enforced. */
  readonly refusing: boolean;
  /** What is in the window. */
  readonly totals: Totals;
}

/** What a client knows of one origin. Made at the first call to it; a healthy origin holds nothing but counters. */
export interface OriginState<Circuit extends CircuitView = CircuitView> {
  readonly origin: string;
  inFlight: number;
  circuit?: Circuit | undefined;
}

/** How readily the state of an origin is let go of: an idle one first, then a busy one, an open one last. */
type Rank = 0 | 1 | 2;

/** This share of a full map is chosen together to go, in one walk over it. */
const batch = 1 / 16;

/**
 * A bounded map of origins, least recently used first. When it is full, an idle origin with a closed circuit goes
 * first, then a busy one, and only when nothing else is left an open one, which `onForgotten` hears of: a client that
 * forgets that a host is down would send it a herd.
 */
export class PerOrigin<State extends OriginState> {
  readonly #states = new Map<string, State>();
  readonly #limit: number;
  readonly #create: (origin: string) => State;
  readonly #onForgotten: (state: State) => void;
  readonly #isIdle: (state: State) => boolean;
  /**
   * The next to go, if they are no dearer by then: to look for each anew would take a walk over all that must stay. So
   * while some of the busy ones go, one that has become idle since may stay, for a sixteenth of the map at the most.
   */
  readonly #chosen = new Set<State>();
  #rank: Rank = 0;

  constructor(
    limit: number,
    create: (origin: string) => State,
    onForgotten: (state: State) => void,
    isIdle = (state: State) => state.inFlight === 0,
  ) {
    this.#limit = limit;
    this.#create = create;
    this.#onForgotten = onForgotten;
    this.#isIdle = isIdle;
  }

  get size(): number {
    return this.#states.size;
  }

  /** The state of an origin, made if there was none; it counts as used. */
  of(origin: string): State {
    const known = this.#states.get(origin);
    if (known) {
      if (this.#states.size >= this.#limit) this.#refresh(known);
      return known;
    }
    if (this.#states.size >= this.#limit) this.#evict();
    const state = this.#create(origin);
    this.#states.set(origin, state);
    return state;
  }

  /** The state of an origin if there is one; it does not count as used. */
  peek(origin: string): State | undefined {
    return this.#states.get(origin);
  }

  values(): IterableIterator<State> {
    return this.#states.values();
  }

  /** Order matters only where something must go, so a map with room to spare is not reordered at each call. */
  #refresh(state: State): void {
    this.#chosen.delete(state);
    this.#states.delete(state.origin);
    this.#states.set(state.origin, state);
  }

  #evict(): void {
    const victim = this.#nextChosen() ?? this.#choose();
    if (!victim) return;
    this.#states.delete(victim.origin);
    if (isOpen(victim)) this.#onForgotten(victim);
  }

  #nextChosen(): State | undefined {
    for (const state of this.#chosen) {
      this.#chosen.delete(state);
      if (this.#rankOf(state) <= this.#rank) return state;
    }
    return undefined;
  }

  /** Walks over the map until there are enough of the best to go, and gives the first of them. */
  #choose(): State | undefined {
    const enough = Math.ceil(this.#limit * batch);
    const ranks: Record<Rank, State[]> = { 0: [], 1: [], 2: [] };
    for (const state of this.#states.values()) {
      const alike = ranks[this.#rankOf(state)];
      if (alike.length < enough) alike.push(state);
      if (ranks[0].length === enough) break;
    }
    this.#rank = ranks[0].length > 0 ? 0 : ranks[1].length > 0 ? 1 : 2;
    for (const state of ranks[this.#rank]) this.#chosen.add(state);
    return this.#nextChosen();
  }

  #rankOf(state: State): Rank {
    if (isOpen(state)) return 2;
    return this.#isIdle(state) ? 0 : 1;
  }
}

function isOpen(state: OriginState): boolean {
  return state.circuit !== undefined && state.circuit.state !== 'closed';
}
