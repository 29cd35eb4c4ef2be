import { answered, type Ending, timedOut, unavailable, unreachable } from '../engine/outcomes.ts';
import type { Simulation } from '../engine/simulation.ts';

/** The servers, and what is wrong with them. All times in milliseconds. */
export interface ServiceRule {
  readonly servers: number;
  /** Requests that a server works on at a time, and how long one takes on average. */
  readonly workers: number;
  readonly service: number;
  /** Requests that may wait at a server; any more are answered 503 at once. */
  readonly room: number;
  /** Seconds that those are told to stay away. */
  readonly retryAfter?: number;
  /** By how much the work takes longer now. */
  slowness(now: number): number;
  /** Whether a server is gone now, and whether it is sent requests all the same. */
  isGone(server: number, now: number): boolean;
  isListed(server: number, now: number): boolean;
}

/** A request that is turned away costs no work, but a message there and one back. */
const hop = 1;

/**
 * Some servers behind one name, to which requests go at random. Each works off what comes in the order in which it came,
 * and finishes it whether or not anybody still waits: a server does not see that a client has gone.
 */
export class Service {
  readonly #rule: ServiceRule;
  readonly #simulation: Simulation;
  readonly #stations: Station[];
  readonly #full: Ending;

  constructor(rule: ServiceRule, simulation: Simulation) {
    this.#rule = rule;
    this.#simulation = simulation;
    this.#stations = Array.from({ length: rule.servers }, () => new Station(rule.workers));
    this.#full = unavailable(rule.retryAfter);
  }

  /** Sends a request, and tells how it ended; after the timeout nobody waits for it any more. */
  send(timeout: number, done: (ending: Ending) => void): void {
    const { now, random } = this.#simulation;
    const rule = this.#rule;
    const [index, station] = this.#choose(now);
    if (rule.isGone(index, now)) {
      station.forget();
      this.#simulation.after(hop, () => done(unreachable));
      return;
    }
    if (station.waiting(now) >= rule.room) {
      this.#simulation.after(hop, () => done(this.#full));
      return;
    }
    const finish = station.work(now, (start) => {
      return -rule.service * rule.slowness(start) * Math.log(1 - random());
    });
    const inTime = finish - now < timeout;
    this.#simulation.after(inTime ? finish - now : timeout, () =>
      done(inTime ? answered : timedOut),
    );
  }

  #choose(now: number): readonly [number, Station] {
    for (;;) {
      const index = Math.floor(this.#simulation.random() * this.#rule.servers);
      const station = this.#stations[index];
      if (station && this.#rule.isListed(index, now)) return [index, station];
    }
  }
}

/** One server. Since it works in order, it is known on arrival when a request will be begun and finished. */
class Station {
  readonly #freeAt: Float64Array;
  /** When those that wait will be begun, soonest first, from `#head` on. */
  #starts: number[] = [];
  #head = 0;

  constructor(workers: number) {
    this.#freeAt = new Float64Array(workers);
  }

  waiting(now: number): number {
    while ((this.#starts[this.#head] ?? Number.POSITIVE_INFINITY) <= now) this.#head++;
    if (this.#head > 1_024) {
      this.#starts = this.#starts.slice(this.#head);
      this.#head = 0;
    }
    return this.#starts.length - this.#head;
  }

  work(now: number, length: (start: number) => number): number {
    let worker = 0;
    for (let other = 1; other < this.#freeAt.length; other++) {
      if ((this.#freeAt[other] ?? 0) < (this.#freeAt[worker] ?? 0)) worker = other;
    }
    const start = Math.max(now, this.#freeAt[worker] ?? 0);
    const finish = start + length(start);
    this.#freeAt[worker] = finish;
    if (start > now) this.#starts.push(start);
    return finish;
  }

  /** It is gone, and what it had to do with it. */
  forget(): void {
    this.#freeAt.fill(0);
    this.#starts = [];
    this.#head = 0;
  }
}
