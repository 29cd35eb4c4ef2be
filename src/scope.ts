import { joined } from './core/suppressed.ts';

/** Work that belongs together: what is to be undone when it ends, and the signal that says it has. */
export interface Scope {
  /** Aborts when the caller's signal does, and when the scope ends: nothing begun in it need outlive it. */
  readonly signal: AbortSignal;
  /** Has `cleanUp` run when the scope ends, in whatever way: what is deferred last runs first. */
  defer(cleanUp: () => unknown): void;
  /** Takes charge of what can be disposed of, and gives it back. `null` and `undefined` are let through. */
  use<T extends AsyncDisposable | Disposable | null | undefined>(resource: T): T;
}

/** A scope without a function around it, for `await using`: it ends with the block that it stands in. */
export interface OpenScope extends Scope, AsyncDisposable {}

export interface ScopeOptions {
  /** The caller's own signal: where it aborts, so does the scope's, with the same reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What failed so far; the error in an object, since `undefined` can be thrown as well. */
type Failure = { readonly error: unknown } | undefined;

/**
 * Runs `body` and then what it deferred, last in first out, one after the other, on success, error and abort alike.
 *
 * An abort is told by the signal, and the body is waited for: nothing is taken away under work that still uses it. An
 * error in clean-up stops no other clean-up and masks nothing: two errors become a `SuppressedError`, as `using` does it.
 *
 * @returns what the body gave, once everything that it deferred has been done.
 */
export async function scope<T>(
  body: (scope: Scope) => T | PromiseLike<T>,
  { signal }: ScopeOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const work = new Work(signal);
  let result: T;
  try {
    result = await body(bound(work));
  } catch (error) {
    throw (await work.end({ error }))?.error;
  }
  const failure = await work.end(undefined);
  if (failure) throw failure.error;
  return result;
}

/**
 * A scope for `await using work = openScope()`, where the runtime has it (Node 24). Elsewhere it is ended by its
 * `[Symbol.asyncDispose]()`.
 */
export function openScope({ signal }: ScopeOptions = {}): OpenScope {
  signal?.throwIfAborted();
  const work = new Work(signal);
  return {
    ...bound(work),
    async [Symbol.asyncDispose]() {
      const failure = await work.end(undefined);
      if (failure) throw failure.error;
    },
  };
}

/** Usable apart from its object, since a body takes it to pieces: `({ defer, signal }) => …`. */
function bound(work: Work): Scope {
  return {
    signal: work.signal,
    defer: (cleanUp) => work.defer(cleanUp),
    use: (resource) => {
      if (resource === null || resource === undefined) return resource;
      work.defer(disposalOf(resource));
      return resource;
    },
  };
}

function disposalOf(resource: AsyncDisposable | Disposable): () => unknown {
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = resource as Partial<
    AsyncDisposable & Disposable
  >;
  const dispose = later ?? now;
  if (typeof dispose !== 'function') {
    throw new TypeError('use: expected a resource with Symbol.asyncDispose or Symbol.dispose');
  }
  return () => dispose.call(resource);
}

/**
 * An AsyncDisposableStack with a signal. The language's own is not in Node 22, and can't be told of the error that its
 * clean-up must not mask.
 */
class Work {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #deferred: (() => unknown)[] = [];
  #ended = false;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener('abort', this.#follow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  defer(cleanUp: () => unknown): void {
    if (typeof cleanUp !== 'function') throw new TypeError('defer: expected a function');
    // as the language says it of a stack that has been disposed of
    if (this.#ended) throw new ReferenceError('The scope has ended; nothing can be deferred to it');
    this.#deferred.push(cleanUp);
  }

  /** Stops what still runs before what it runs on is taken away. A second end does nothing. */
  async end(failure: Failure): Promise<Failure> {
    if (this.#ended) return failure;
    this.#ended = true;
    this.#outer?.removeEventListener('abort', this.#follow);
    this.#controller.abort(new DOMException('The scope has ended', 'AbortError'));
    let all = failure;
    for (const cleanUp of this.#deferred.reverse()) {
      try {
        await cleanUp();
      } catch (error) {
        all = { error: all ? joined(error, all.error) : error };
      }
    }
    this.#deferred.length = 0;
    return all;
  }

  readonly #follow = (): void => this.#controller.abort(this.#outer?.reason);
}
