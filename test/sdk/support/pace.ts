/**
 * Keeps a server one step behind whoever reads it: it sends what comes next when the one before has been seen. Where
 * something between them gathers what is streamed, both wait for ever, and the test fails by its timeout.
 */
export class Pace {
  #heard = 0;
  readonly #waiting = new Map<number, () => void>();

  /** How many were seen. */
  get count(): number {
    return this.#heard;
  }

  /** One more was seen. */
  hear(): void {
    this.#heard++;
    this.#waiting.get(this.#heard)?.();
  }

  /** Waits until so many were seen. */
  heard(count: number): Promise<void> {
    if (this.#heard >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(count, resolve));
  }
}
