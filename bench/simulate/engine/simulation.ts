import { seeded } from '../../../src/testing/seeded.ts';
import { inVirtualTime } from './virtual-time.ts';

interface Entry {
  readonly at: number;
  /** Of entries of one instant the first that was made goes first. */
  readonly order: number;
  readonly action: () => void;
}

/**
 * Virtual time: what is to happen happens in order, as fast as it can be worked out, and the same for the same seed.
 * All times in milliseconds, from 0.
 */
export class Simulation {
  readonly random: () => number;
  /** Arrivals draw from numbers of their own, so that two policies can be compared under the very same load. */
  readonly #arrivals: () => number;
  /** A heap: no entry is later than the two at twice its index, plus 1 and plus 2. */
  readonly #entries: Entry[] = [];
  #now = 0;
  #order = 0;

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
    const entries = this.#entries;
    const entry = { at: this.#now + delay, order: this.#order++, action };
    let index = entries.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = entries[above];
      if (!parent || !isBefore(entry, parent)) break;
      entries[index] = parent;
      index = above;
    }
    entries[index] = entry;
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
    let first = this.#entries[0];
    while (first && first.at <= until) {
      this.#removeFirst();
      this.#now = first.at;
      first.action();
      first = this.#entries[0];
    }
    this.#now = until;
  }

  #removeFirst(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (!last || entries.length === 0) return;
    let index = 0;
    for (;;) {
      const left = entries[2 * index + 1];
      const right = entries[2 * index + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || !isBefore(child, last)) break;
      entries[index] = child;
      index = 2 * index + (child === right ? 2 : 1);
    }
    entries[index] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}
