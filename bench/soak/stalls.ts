/** How often the loop is asked whether it is there, in milliseconds. */
const beat = 5;
const most = 2_000;

interface Stall {
  readonly from: number;
  readonly to: number;
}

/**
 * When this process did nothing for a while: on two shared cores, with a garbage collector, a timer that is late says
 * nothing of who set it. What of a delay falls into such a stall is not the client's, and all else is.
 */
export class Stalls {
  readonly #seen: Stall[] = [];
  #last = performance.now();
  #timer: NodeJS.Timeout | undefined;
  /** The longest, in milliseconds. */
  longest = 0;

  begin(): void {
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#look(), beat);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** How much of what passed between two instants was more than a beat of standing still. */
  within(from: number, to: number): number {
    const seen = [...this.#seen, { from: this.#last + beat, to: performance.now() }];
    const parts = seen.map((stall) => Math.min(to, stall.to) - Math.max(from, stall.from));
    return parts.reduce((sum, part) => sum + Math.max(0, part), 0);
  }

  #look(): void {
    const now = performance.now();
    const from = this.#last + beat;
    this.#last = now;
    if (now - from < beat) return;
    this.longest = Math.max(this.longest, now - from);
    this.#seen.push({ from, to: now });
    if (this.#seen.length > most) this.#seen.shift();
  }
}
