import { Readable } from 'node:stream';

/**
 * A body that can be sent once: a stream, or anything that gives its chunks one after another. It stands between the
 * platform and the source, so that it is known whether a chunk was ever asked for: until then the body is whole and
 * another attempt may have it. The platform itself can't be asked. On Node 22 and 24 it marks a stream as used before it
 * has a connection, and a generator that was drained by a first attempt is sent by a second one as an empty body, with
 * 200 for an answer.
 */
export class OneShotBody implements AsyncIterable<Uint8Array> {
  readonly #source: Source;
  #touched = false;
  #abandoned = false;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Wraps a body if it is one-shot and in a fit state; the platform has its own errors for streams that are not. */
  static from(body: unknown): OneShotBody | undefined {
    if (typeof body !== 'object' || body === null || isDisturbed(body)) return undefined;
    if (body instanceof ReadableStream) {
      return body.locked ? undefined : new OneShotBody(iterate(body));
    }
    if (!(Symbol.asyncIterator in body)) return undefined;
    // at once, as fetch does: what can't be opened is the caller's mistake and not a failed request
    return new OneShotBody((body as AsyncIterable<unknown>)[Symbol.asyncIterator]());
  }

  /** Whether a chunk was asked for. */
  get touched(): boolean {
    return this.#touched;
  }

  /**
   * Tells the source that nobody will ask for it any more, as fetch does where a call is aborted: an untouched stream would
   * stay locked, and what it holds open, open. A touched one has heard of it from the platform.
   */
  abandon(reason: unknown): void {
    if (this.#touched) return;
    this.#touched = true;
    this.#abandoned = true;
    const end = async () => this.#source.return?.(reason);
    // its failure to clean up is nobody's outcome
    end().catch(() => {});
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        this.#touched = true;
        // an attempt that does not know yet must not take what is gone for an empty body
        if (this.#abandoned) throw new TypeError('The call that had this body is over');
        for (;;) {
          const result = await this.#source.next();
          if (result.done) return done;
          const value = bytes(result.value);
          // after an empty chunk Node 22 never asks for the next one (undici 6.21)
          if (value.byteLength > 0) return { done: false, value };
        }
      },
      return: async () => {
        if (this.#touched && !this.#abandoned) await this.#source.return?.();
        return done;
      },
    };
  }
}

/** Whether anything was read from a stream, or it was cancelled. The check takes anything; its type does not yet. */
const isDisturbed = Readable.isDisturbed as unknown as (stream: object) => boolean;

const done = { done: true, value: undefined } as const;

/** What gives the chunks, and may be told why no more are wanted. */
interface Source extends AsyncIterator<unknown> {
  return?(reason?: unknown): Promise<IteratorResult<unknown>>;
}

/** Locks the stream at once, as `fetch` does, and reads nothing yet. */
function iterate(stream: ReadableStream<unknown>): Source {
  const reader = stream.getReader();
  return {
    async next() {
      const { done: ended, value } = await reader.read();
      if (ended) return done;
      // the platform sends strings and views, though the standard has bytes only, and it refuses this
      if (value instanceof ArrayBuffer) throw new TypeError('Received non-Uint8Array chunk');
      return { done: false, value };
    },
    async return(reason?: unknown) {
      const cancelled = reader.cancel(reason);
      reader.releaseLock();
      await cancelled;
      return done;
    },
  };
}

const encoder = new TextEncoder();

/** A chunk of a generator as bytes. The platform makes nothing of a string, and so would send an empty body in silence. */
function bytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return encoder.encode(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk))
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError('Received non-Uint8Array chunk');
}
