import { Readable } from 'node:stream';

/**
 * A body that can be sent once: a stream, or anything that gives its chunks one after another. It stands between the
 * platform and the source, so that it is known whether a chunk was ever asked for: until then the body is whole and
 * another attempt may have it. The platform itself can't be asked. On Node 22 and 24 it marks a stream as used before it
 * has a connection, and a generator that was drained by a first attempt is sent by a second one as an empty body, with
 * 200 for an answer.
 */
export class OneShotBody implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<unknown>;
  #touched = false;

  constructor(source: AsyncIterator<unknown>) {
    this.#source = source;
  }

  /** Wraps a body if it is one-shot and in a fit state; the platform has its own errors for streams that are not. */
  static from(body: unknown): OneShotBody | undefined {
    if (body instanceof ReadableStream) {
      return body.locked || isDisturbed(body) ? undefined : new OneShotBody(iterate(body));
    }
    if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body))
      return undefined;
    let source: AsyncIterator<unknown> | undefined;
    const open = () => {
      source ??= (body as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      return source;
    };
    return new OneShotBody({
      next: () => open().next(),
      return: async () => (await open().return?.()) ?? done,
    });
  }

  /** Whether a chunk was asked for. */
  get touched(): boolean {
    return this.#touched;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        this.#touched = true;
        const result = await this.#source.next();
        return result.done ? done : { done: false, value: bytes(result.value) };
      },
      return: async () => {
        if (this.#touched) await this.#source.return?.();
        return done;
      },
    };
  }
}

/** Whether anything was read from a stream, or it was cancelled. The check knows web streams; its type does not yet. */
const isDisturbed = Readable.isDisturbed as unknown as (stream: ReadableStream) => boolean;

const done = { done: true, value: undefined } as const;

/** Locks the stream at once, as `fetch` does, and reads nothing yet. */
function iterate(stream: ReadableStream<unknown>): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    async next() {
      const { done: ended, value } = await reader.read();
      if (ended) return done;
      if (value instanceof Uint8Array) return { done: false, value };
      throw new TypeError('Received non-Uint8Array chunk');
    },
    async return() {
      await reader.cancel();
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
