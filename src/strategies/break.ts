import { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import { runOutside } from '../core/inside.ts';
import type { Fault } from '../decisions/classify.ts';
import { type Place, type ProbeRule, Probes } from '../decisions/probes.ts';

/** opossum's counts, of which there is one set for all breaks: the circuit has its own. */
const status = Opossum.newStatus({
  enableSnapshots: false,
  rollingPercentilesEnabled: false,
  rollingCountBuckets: 1,
  rotateBucketController: new EventEmitter(),
} as Opossum.StatusOptions);

/** opossum with all that runs or grows by itself switched off, and with nothing made anew that may be shared. */
const lean = {
  timeout: false,
  enableSnapshots: false,
  volumeThreshold: Number.MAX_SAFE_INTEGER,
  state: { closed: false },
  errorFilter: () => false,
  cacheGetKey: () => '',
  status,
} as const;

/**
 * One break of a circuit: open for a time, then half-open until the probes have decided.
 *
 * opossum is the machine of the two states, with the timer that leads from one to the other. Of the single probes it
 * hears nothing, only what all of them come to, which is its end: it would let out no more than one, and would take
 * every end of that for a success or a failure, so that a cancelled probe would close the circuit, and one that never
 * ends would keep it half-open for ever.
 */
export class Break {
  readonly #breaker: Opossum;
  readonly #probes: Probes;
  readonly #probeAt: number;

  /** @param length how long it is open, in milliseconds. */
  constructor(rule: ProbeRule, length: number, onHalfOpen: () => void) {
    // timers cut fractions off
    const resetTimeout = Math.ceil(length);
    // its timer outlasts the call that opens the circuit: who hears of that is not bound by the time of that call's caller
    this.#breaker = runOutside(() => new Opossum(nothing, { ...lean, resetTimeout }));
    // the timer is set by now: of the rest, its own listeners would only count, and nothing is fired through it
    Object.assign(this.#breaker, { options: lean, semaphore: undefined });
    this.#breaker.removeAllListeners().on('halfOpen', onHalfOpen);
    this.#probes = new Probes(rule);
    this.#probeAt = performance.now() + length;
  }

  get state(): 'open' | 'half-open' {
    return this.#breaker.opened ? 'open' : 'half-open';
  }

  /** Milliseconds until a probe has a place; 0 if one has it now. */
  get retryAfter(): number {
    const now = performance.now();
    const wait = this.#breaker.opened ? Math.max(1, this.#probeAt - now) : this.#probes.freeIn(now);
    return Math.ceil(wait);
  }

  /** A place for a probe, if it may go out now. */
  take(lease: number): Place | undefined {
    return this.#breaker.opened ? undefined : this.#probes.take(performance.now(), lease);
  }

  /** What must become of the circuit now that an attempt has ended, if anything. */
  hear(place: Place | undefined, fault: Fault): 'close' | 'open' | undefined {
    return this.#probes.end(place, fault);
  }

  /** Ends it, and the timer if that still runs. */
  end(): void {
    this.#breaker.shutdown();
  }
}

async function nothing(): Promise<void> {}
