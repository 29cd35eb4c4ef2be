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
  circuit?: Circuit;
}

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
    this.#states.delete(state.origin);
    this.#states.set(state.origin, state);
  }

  #evict(): void {
    let closed: State | undefined;
    let first: State | undefined;
    for (const state of this.#states.values()) {
      first ??= state;
      if (isOpen(state)) continue;
      closed ??= state;
      if (this.#isIdle(state)) {
        closed = state;
        break;
      }
    }
    const victim = closed ?? first;
    if (!victim) return;
    this.#states.delete(victim.origin);
    if (isOpen(victim)) this.#onForgotten(victim);
  }
}

function isOpen(state: OriginState): boolean {
  return state.circuit !== undefined && state.circuit.state !== 'closed';
}
