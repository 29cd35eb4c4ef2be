import type { Continuation, Rest } from './continuation.ts';
import { type Course, readOn } from './continued-reader.ts';
import type { Through } from './reading.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Result = Awaited<ReturnType<Reader['read']>>;

/**
 * A body that is one for whoever reads it, and may come in several parts. It goes on where a read failed, and not before
 * somebody reads: what has come is counted as it is read, since a stream that fails forgets what nobody has read yet.
 */
export class ContinuedBody implements Through, Course {
  readonly #continuation: Continuation;
  #offset: number;
  #rest: Rest | undefined;
  /** Why the part before the rest was not the last. */
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

  over(reader: Reader): Reader {
    const closed = Promise.withResolvers<undefined>();
    closed.promise.catch(nothing);
    this.#closed = closed;
    if (this.#end) this.#close();
    return readOn(reader, this, closed);
  }

  get rest(): Rest | undefined {
    return this.#rest;
  }

  ended(): Result | undefined {
    if (this.#end?.failed) throw this.#end.error;
    return this.#end && { done: true, value: undefined };
  }

  take({ done, value }: Result, rest: Rest | undefined): boolean {
    this.#offset += value?.byteLength ?? 0;
    const { until = Number.POSITIVE_INFINITY, end = 0 } = rest ?? {};
    if (this.#offset > until) this.#finish({ failed: true, error: this.#cause });
    if (this.#end?.failed) return false;
    if (!done) return true;
    if (this.#offset < end) return false;
    this.#finish({ failed: false });
    return true;
  }

  goOn(broken: Rest | undefined, error: unknown = this.#cause): Promise<void> | undefined {
    if (this.#rest !== broken || this.#end) return undefined;
    this.#going ??= this.#follow(error).finally(() => {
      this.#going = undefined;
    });
    return this.#going;
  }

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

function nothing(): void {}
