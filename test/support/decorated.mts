import type { currentAttempt, RetryPolicy, retryable } from 'resilient-fetch';

/** What the decorator is tested with. Compiled by itself, so what it decorates with is given to it. */
export function decorated(
  given: typeof retryable,
  current: typeof currentAttempt,
  policy: RetryPolicy,
) {
  class Store {
    static opened = 0;
    calls = 0;
    readonly attempts: (number | undefined)[] = [];
    readonly #shelf: string;

    constructor(shelf: string) {
      this.#shelf = shelf;
    }

    @given(policy)
    async load(id: string, _version?: number): Promise<string> {
      this.attempts.push(current()?.attempt);
      if (++this.calls % 3 !== 0) throw new Error('busy');
      return this.#find(id);
    }

    @given()
    static async open(): Promise<number> {
      if (++Store.opened < 2) throw new Error('busy');
      return Store.opened;
    }

    @given()
    async #find(id: string): Promise<string> {
      return `${this.#shelf}/${id}`;
    }
  }
  return Store;
}
