import { Duplex } from 'node:stream';
import { createInflate, createInflateRaw, type ZlibOptions } from 'node:zlib';

type Done = (error?: Error | null) => void;

/** What `deflate` stands for. Some servers leave out its wrapping: the first byte says whether it is there. */
export class Inflate extends Duplex {
  readonly #options: ZlibOptions;
  #inner: ReturnType<typeof createInflate> | undefined;

  constructor(options: ZlibOptions) {
    super();
    this.#options = options;
  }

  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: Done): void {
    const [first] = chunk;
    if (first === undefined) done();
    else (this.#inner ?? this.#open(first)).write(chunk, encoding, done);
  }

  override _final(done: Done): void {
    if (this.#inner) this.#inner.end();
    else this.push(null);
    done();
  }

  override _read(): void {
    this.#inner?.resume();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#inner?.destroy();
    done(error);
  }

  #open(first: number) {
    const wrapped = (first & 0x0f) === 0x08;
    const inner = wrapped ? createInflate(this.#options) : createInflateRaw(this.#options);
    inner.on('data', (chunk) => {
      if (!this.push(chunk)) inner.pause();
    });
    // which comes before that of what is written where something stands behind it
    inner.on('end', () => this.push(null));
    inner.on('error', (error) => this.destroy(error));
    this.#inner = inner;
    return inner;
  }
}
