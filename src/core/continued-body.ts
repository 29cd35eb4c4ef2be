import type { Through } from './reading.ts';
import { define } from './relay.ts';

type Bytes = ReadableStream<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Result = Awaited<ReturnType<Reader['read']>>;
type Read = (...view: unknown[]) => Promise<Result>;

/** What a body goes on in. */
export interface Rest {
  readonly body: Bytes;
  /** Bytes of the whole, where that is known: a rest that ends before is not all of it. */
  readonly end: number | undefined;
}

/** Whoever knows how a body goes on. */
export interface Continuation {
  /**
   * The rest of a body that broke off, from `offset` on, or `undefined` if nothing was missing but the end. What it throws
   * is what the reader sees.
   */
  goOn(error: unknown, offset: number): Promise<Rest | undefined>;
  /** Nobody waits for it any more. */
  cancel(): void;
  /** The same for a branch of the body, which is read, and breaks off, by itself. */
  fork(): Continuation;
}

/**
 * A body that is one for whoever reads it, and may come in several parts. It goes on where a read failed, and not before
 * somebody reads: what has come is counted as it is read, since a stream that fails forgets what nobody has read yet.
 */
export class ContinuedBody implements Through {
  readonly #continuation: Continuation;
  #offset: number;
  /** What follows the body's own stream, once that broke off. */
  #rest: Rest | undefined;
  #cause: unknown;
  #going: Promise<void> | undefined;
  #end: { readonly error?: unknown; readonly failed: boolean } | undefined;
  /** Of the one reader that has the body now. */
  #closed: PromiseWithResolvers<undefined> | undefined;

  /** @param offset bytes that were read of it before. */
  constructor(continuation: Continuation, offset = 0) {
    this.#continuation = continuation;
    this.#offset = offset;
  }

  /** A branch begins where the body was left. What the body had gone on in is not for two to read, and is asked for anew. */
  fork(): ContinuedBody {
    this.#rest?.body.cancel().catch(nothing);
    const branch = new ContinuedBody(this.#continuation.fork(), this.#offset);
    branch.#end = this.#end;
    return branch;
  }

  /** The same reader, which reads on when its stream breaks off. It still is what locks the body. */
  over(reader: Reader): Reader {
    const first = {
      read: reader.read.bind(reader) as Read,
      cancel: reader.cancel.bind(reader),
      releaseLock: reader.releaseLock.bind(reader),
    };
    const ofBytes = !(reader instanceof ReadableStreamDefaultReader);
    const closed = Promise.withResolvers<undefined>();
    closed.promise.catch(nothing);
    this.#closed = closed;
    if (this.#end) this.#close();
    reader.closed.then(() => closed.resolve(undefined), nothing);
    let locked = true;
    let following: { readonly rest: Rest; readonly reader: Reader } | undefined;

    const readerOf = (rest: Rest): Reader => {
      if (following?.rest === rest) return following.reader;
      const { body } = rest;
      const reader = (ofBytes ? body.getReader({ mode: 'byob' }) : body.getReader()) as Reader;
      following = { rest, reader };
      return reader;
    };
    const read: Read = async (...given) => {
      const renewed = renewal(given);
      for (let view = given; ; view = renewed()) {
        if (this.#end && locked) return this.#ended();
        const rest = this.#rest;
        let error: unknown;
        try {
          const result = await (rest ? (readerOf(rest) as { read: Read }) : first).read(...view);
          this.#offset += result.value?.byteLength ?? 0;
          if (!result.done) return result;
          if (!rest || !locked || this.#isWhole(rest)) {
            this.#finish({ failed: false });
            return result;
          }
          error = this.#cause;
        } catch (failure) {
          if (!locked) throw failure;
          error = failure;
        }
        await this.#goOn(rest, error);
        // what it goes on in is for the next reader
        if (!locked) throw released();
      }
    };
    define(reader, 'closed', closed.promise);
    define(reader, 'read', read);
    define(reader, 'cancel', (reason: unknown) => {
      if (!locked) return first.cancel(reason);
      return this.cancel(reason, first.cancel, following?.reader);
    });
    define(reader, 'releaseLock', () => {
      first.releaseLock();
      locked = false;
      following?.reader.releaseLock();
      closed.reject(released());
    });
    return reader;
  }

  /**
   * Cancels what is read now.
   *
   * @param cancelFirst cancels the body's own stream.
   */
  async cancel(
    reason: unknown,
    cancelFirst: (reason: unknown) => Promise<void>,
    reader?: Reader,
  ): Promise<void> {
    const rest = this.#rest;
    const wasGoing = this.#going;
    if (this.#end) return;
    this.#finish({ failed: false });
    if (wasGoing) this.#continuation.cancel();
    else if (rest) await (reader ?? rest.body).cancel(reason);
    // one that broke off unseen can't be cancelled, and need not be
    else await cancelFirst(reason).catch(nothing);
  }

  #isWhole({ end }: Rest): boolean {
    return end === undefined || this.#offset >= end;
  }

  #ended(): Result {
    if (this.#end?.failed) throw this.#end.error;
    return { done: true, value: undefined };
  }

  /** Once for all reads that failed with the same part. */
  #goOn(broken: Rest | undefined, error: unknown): Promise<void> | undefined {
    if (this.#rest !== broken || this.#end) return undefined;
    this.#going ??= this.#follow(error).finally(() => {
      this.#going = undefined;
    });
    return this.#going;
  }

  async #follow(error: unknown): Promise<void> {
    this.#cause = error;
    try {
      const rest = await this.#continuation.goOn(error, this.#offset);
      if (this.#end) rest?.body.cancel().catch(nothing);
      else if (rest) this.#rest = rest;
      else this.#finish({ failed: false });
    } catch (failure) {
      this.#finish({ failed: true, error: failure });
    }
  }

  #finish(end: { readonly error?: unknown; readonly failed: boolean }): void {
    if (this.#end) return;
    this.#end = end;
    this.#close();
  }

  #close(): void {
    if (this.#end?.failed) this.#closed?.reject(this.#end.error);
    else this.#closed?.resolve(undefined);
  }
}

/** A view like the one that was given to be filled, whose buffer went with the stream that failed. */
function renewal([view, options]: unknown[]): () => unknown[] {
  if (!ArrayBuffer.isView(view)) return () => [];
  const { buffer, byteOffset, byteLength } = view;
  const { length = byteLength } = view as Partial<Uint8Array>;
  const size = buffer.byteLength;
  const View = view.constructor as Uint8ArrayConstructor;
  return () => [new View(new ArrayBuffer(size), byteOffset, length), options];
}

function released(): TypeError {
  return new TypeError('The reader was released');
}

function nothing(): void {}
