import { AsyncLocalStorage } from 'node:async_hooks';

/** The caller hung up: nobody waits for the answer. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/** The time for the answer ran out where no timeout of a call bounds it: in the middle of a body. */
export class Overdue extends Error {
  override readonly name = 'Overdue';
}

/** What the timeouts of the calls get, in milliseconds, to say first which of them ran out. */
const grace = 100;

/**
 * What belongs to one request: the signal that ends all that is done for it, the time that is left for it, and what its
 * line in the log will tell.
 */
export class Scope {
  readonly #controller = new AbortController();
  readonly #deadline: number;
  readonly #timer: NodeJS.Timeout;
  /** Requests that left for its sake, retries and second copies among them. */
  attempts = 0;
  /** Parts of the answer that stand in for better ones. */
  readonly degraded = new Set<string>();

  /** @param time for the whole answer, in milliseconds. */
  constructor(time: number) {
    this.#deadline = performance.now() + time;
    const late = () => this.end(new Overdue(`there was no answer within ${time} ms`));
    this.#timer = setTimeout(late, time + grace);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds that are left, never below 1, since a client takes no timeout of 0. */
  get left(): number {
    return Math.max(1, this.#deadline - performance.now());
  }

  /** Ends whatever is still under way for it. */
  end(reason: Error): void {
    this.close();
    this.#controller.abort(reason);
  }

  /** It is answered. */
  close(): void {
    clearTimeout(this.#timer);
  }
}

/** Whose request it is that something happens for, where no argument could say so: in the listener of an event. */
export const scopes = new AsyncLocalStorage<Scope>();

/**
 * Parts of one answer that are fetched at the same time. Where one of them fails there will be no answer, so the others
 * are ended at once, and nothing goes on in the background when the request is over.
 */
export async function together<const Parts extends readonly unknown[]>(
  scope: Scope,
  parts: { [Index in keyof Parts]: Promise<Parts[Index]> },
): Promise<Parts> {
  try {
    return (await Promise.all(parts)) as unknown as Parts;
  } catch (error) {
    scope.end(new Error('another part of the answer failed'));
    await Promise.allSettled(parts);
    throw error;
  }
}
