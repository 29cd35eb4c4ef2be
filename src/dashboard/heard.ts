/** How many events may be told one inside the other, by listeners that make calls themselves. */
const depth = 8;

/**
 * Tells an event that was heard before: what a client does is heard by the listeners of the client that it extends as
 * well, one right after the other. Not a WeakSet, whose entries the garbage collector has to go through.
 */
export class Heard {
  readonly #latest: (object | undefined)[] = Array.from({ length: depth });
  #next = 0;

  before(event: object): boolean {
    if (this.#latest.includes(event)) return true;
    this.#latest[this.#next] = event;
    this.#next = (this.#next + 1) % depth;
    return false;
  }
}
