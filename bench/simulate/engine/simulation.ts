import { seeded } from '../../../src/testing/seeded.ts';
import { Coming } from './coming.ts';
import { inVirtualTime } from './virtual-time.ts';

/**
 * Virtual time: what is to happen happens in order, as fast as it can be worked out, and the same for the same seed.
 * All times in milliseconds, from 0.
 */
export class Simulation {
  readonly random: () => number;
  /** Arrivals draw from numbers of their own, so that two policies can be compared under the very same load. */
  readonly #arrivals: () => number;
  readonly #coming = new Coming();
  #now = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.#arrivals = seeded(~seed);
  }

  get now(): number {
    return this.#now;
  }

  /** A length from an exponential distribution: the time between events that know nothing of each other. */
  exponential(mean: number, random = this.random): number {
    return -mean * Math.log(1 - random());
  }

  after(delay: number, action: () => void): void {
    this.#coming.add(this.#now + delay, action);
  }

  /** Repeats an action at random instants, so many times a second as the rate is at that time. */
  poisson(perSecond: (now: number) => number, action: () => void): void {
    this.after(this.exponential(1_000 / perSecond(this.#now), this.#arrivals), () => {
      action();
      this.poisson(perSecond, action);
    });
  }

  /** Goes on until so late. Meanwhile it is the time of the simulation for the library, too. */
  run(until: number): void {
    inVirtualTime(this, () => this.#run(until));
  }

  #run(until: number): void {
    while (!this.#coming.empty && this.#coming.first <= until) {
      this.#now = this.#coming.first;
      this.#coming.take()?.();
    }
    this.#now = until;
  }
}
