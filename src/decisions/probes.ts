import type { Fault } from './classify.ts';

/** How a half-open circuit finds out whether its origin is well again. */
export interface ProbeRule {
  readonly probes: number;
  readonly successThreshold: number;
}

/** What a probe holds while it is out. */
export interface Place {
  /** When it is free again, whatever became of the probe. */
  readonly until: number;
}

/**
 * The places for probes of one break, and what their ends come to. A place is leased: a probe that never ends keeps it no
 * longer than that, so it can't keep a circuit half-open for ever. Its end still counts if it comes after all.
 */
export class Probes {
  readonly #rule: ProbeRule;
  #places: readonly Place[] = [];
  #successes = 0;

  constructor(rule: ProbeRule) {
    this.#rule = rule;
  }

  /** Milliseconds until a place is free; 0 where one is. */
  freeIn(now: number): number {
    const taken = this.#takenAt(now);
    if (taken.length < this.#rule.probes) return 0;
    return (
      taken.reduce((soonest, { until }) => Math.min(soonest, until), Number.POSITIVE_INFINITY) - now
    );
  }

  /** Gives a probe a place for as long as its lease, if one is free. */
  take(now: number, lease: number): Place | undefined {
    const taken = this.#takenAt(now);
    if (taken.length >= this.#rule.probes) return undefined;
    const place = { until: now + lease };
    this.#places = [...taken, place];
    return place;
  }

  /**
   * What must become of the circuit now that an attempt has ended, if anything. One failed probe is enough to re-open it,
   * and one that was cancelled says nothing. An attempt that was let out without a place is told to succeed only: the
   * circuit had counted it out already.
   */
  end(place: Place | undefined, fault: Fault): 'close' | 'open' | undefined {
    this.#places = this.#places.filter((taken) => taken !== place);
    if (fault === 'failure' || fault === 'terminal') return place && 'open';
    if (fault === 'ignored') return undefined;
    this.#successes++;
    return this.#successes >= this.#rule.successThreshold ? 'close' : undefined;
  }

  #takenAt(now: number): readonly Place[] {
    return this.#places.filter(({ until }) => until > now);
  }
}
