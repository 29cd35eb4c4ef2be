/** What is seen of one second: of the calls that began in it, and of the requests that were sent in it. */
export interface Second {
  calls: number;
  good: number;
  requests: number;
  /** How long each call that ended well took, in milliseconds. */
  readonly lengths: number[];
}

/** What became of a fleet, second by second. */
export class Sightings {
  readonly seconds: Second[];

  constructor(seconds: number) {
    this.seconds = Array.from({ length: seconds }, () => ({
      calls: 0,
      good: 0,
      requests: 0,
      lengths: [],
    }));
  }

  called(now: number): void {
    const second = this.#at(now);
    if (second) second.calls++;
  }

  sent(now: number): void {
    const second = this.#at(now);
    if (second) second.requests++;
  }

  /** A call that began then ended well now. */
  succeeded(start: number, now: number): void {
    const second = this.#at(start);
    if (!second) return;
    second.good++;
    second.lengths.push(now - start);
  }

  #at(now: number): Second | undefined {
    return this.seconds[Math.floor(now / 1_000)];
  }
}
