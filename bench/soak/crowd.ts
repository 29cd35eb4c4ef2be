/** How many origins there are. */
export const crowdOf = 50_000;

/** How many of the latest are called again. */
const recent = 500;

/** Origins that come, are called a few times, and go: each in its turn, until all have been there, and then anew. */
export class Crowd {
  #came = 0;

  /** How many origins have been called. */
  get size(): number {
    return Math.min(this.#came, crowdOf);
  }

  next(draw: () => number): number {
    if (this.#came === 0 || draw() < 0.5) return this.#came++ % crowdOf;
    const back = Math.floor(draw() * Math.min(recent, this.#came));
    return (this.#came - 1 - back) % crowdOf;
  }
}
