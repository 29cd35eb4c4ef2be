/**
 * What is to happen, soonest first, and of one instant what was added first.
 *
 * A heap: none is later than the two at twice its index, plus 1 and plus 2. It is kept in three lists and not as one of
 * objects, since there are a million of them at a time and none of them lives short enough to be cheap.
 */
export class Coming {
  readonly #at: number[] = [];
  readonly #orders: number[] = [];
  readonly #actions: (() => void)[] = [];
  #added = 0;

  get empty(): boolean {
    return this.#at.length === 0;
  }

  /** When the first one is due; infinite where there is none. */
  get first(): number {
    return this.#at[0] ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, action: () => void): void {
    const order = this.#added++;
    let index = this.#at.length;
    this.#put(index, at, order, action);
    while (index > 0) {
      const above = (index - 1) >> 1;
      // of one instant the one above was there before
      if ((this.#at[above] ?? 0) <= at) break;
      this.#move(above, index);
      index = above;
    }
    this.#put(index, at, order, action);
  }

  /** Takes the first one out. */
  take(): (() => void) | undefined {
    const [first] = this.#actions;
    const at = this.#at.pop();
    const order = this.#orders.pop();
    const action = this.#actions.pop();
    if (at === undefined || order === undefined || !action || this.#at.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#at.length) break;
      if (child + 1 < this.#at.length && this.#isBefore(child + 1, child)) child++;
      const due = this.#at[child] ?? 0;
      if (due > at || (due === at && (this.#orders[child] ?? 0) > order)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, at, order, action);
    return first;
  }

  #isBefore(one: number, other: number): boolean {
    const difference = (this.#at[one] ?? 0) - (this.#at[other] ?? 0);
    return (
      difference < 0 || (difference === 0 && (this.#orders[one] ?? 0) < (this.#orders[other] ?? 0))
    );
  }

  #move(from: number, to: number): void {
    const action = this.#actions[from];
    if (action) this.#put(to, this.#at[from] ?? 0, this.#orders[from] ?? 0, action);
  }

  #put(index: number, at: number, order: number, action: () => void): void {
    this.#at[index] = at;
    this.#orders[index] = order;
    this.#actions[index] = action;
  }
}
