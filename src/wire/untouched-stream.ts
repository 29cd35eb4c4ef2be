import type { LazyBody } from './lazy-body.ts';

/**
 * Stands for the stream of a body in the platform's own part of a Response until somebody asks for the stream: to make
 * one for each answer, which nearly nobody touches, costs more than the answer. What the platform does with a body it
 * does by these methods (Node 22, 24 and 26), so that what is read by `Response.prototype.text.call(response)` is right.
 */
export class UntouchedStream {
  readonly #body: LazyBody;

  constructor(body: LazyBody) {
    this.#body = body;
  }

  static of(stream: UntouchedStream): LazyBody {
    return stream.#body;
  }

  get [Symbol.for('nodejs.stream.disturbed')](): boolean {
    return this.#body.used;
  }

  get locked(): boolean {
    return this.#body.locked;
  }

  getReader(...options: []): ReadableStreamDefaultReader<Uint8Array> {
    return this.#body.stream.getReader(...options);
  }

  tee(): [ReadableStream, ReadableStream] {
    return this.#body.stream.tee();
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#body.stream.cancel(reason);
  }

  values(...options: []): AsyncIterableIterator<Uint8Array> {
    return this.#body.stream.values(...options);
  }

  [Symbol.asyncIterator](...options: []): AsyncIterableIterator<Uint8Array> {
    return this.#body.stream.values(...options);
  }
}
// the platform tells a stream by its class
Object.setPrototypeOf(UntouchedStream.prototype, ReadableStream.prototype);

/** What the platform keeps in a stream, for which it goes past the methods where it clones (Node 26). */
for (const key of Object.getOwnPropertySymbols(new ReadableStream())) {
  Object.defineProperty(UntouchedStream.prototype, key, {
    get(this: UntouchedStream) {
      return Reflect.get(UntouchedStream.of(this).stream, key);
    },
  });
}

/** As the platform is to see it. */
export function untouched(body: LazyBody): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new UntouchedStream(body) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
}
