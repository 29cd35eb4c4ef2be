import { Transform, type TransformCallback } from 'node:stream';
import { createInflate, createInflateRaw, type ZlibOptions } from 'node:zlib';

/** What `deflate` stands for. Some servers leave out its wrapping: the first byte says whether it is there. */
export class Inflate extends Transform {
  readonly #options: ZlibOptions;
  #inner: Transform | undefined;

  constructor(options: ZlibOptions) {
    super();
    this.#options = options;
  }

  override _transform(chunk: Uint8Array, encoding: BufferEncoding, done: TransformCallback): void {
    const [first] = chunk;
    if (first === undefined) done();
    else (this.#inner ?? this.#open(first)).write(chunk, encoding, done);
  }

  override _flush(done: TransformCallback): void {
    if (!this.#inner) {
      done();
      return;
    }
    this.#inner.once('end', done);
    this.#inner.end();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner?.destroy();
    done(error);
  }

  #open(first: number): Transform {
    const wrapped = (first & 0x0f) === 0x08;
    const inner = wrapped ? createInflate(this.#options) : createInflateRaw(this.#options);
    inner.on('data', (chunk) => this.push(chunk));
    inner.on('error', (error) => this.destroy(error));
    this.#inner = inner;
    return inner;
  }
}
