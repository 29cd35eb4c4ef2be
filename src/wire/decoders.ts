import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import type { BodySource, Tap } from './body-source.ts';
import { Inflate } from './inflate.ts';

const { constants } = zlib;

/** Of each answer, so that none can have itself unpacked for ever (as undici, after GHSA-gm62-xv2j-4w53 in urllib3). */
const mostCodings = 5;

/** As lenient as browsers with what ends too early: what has come is given, as curl does. */
const lenient = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotli = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};
/** Windows no larger than a sender may use: RFC 9659, section 3. */
const zstd = {
  flush: constants.ZSTD_e_continue,
  finishFlush: constants.ZSTD_e_end,
  params: { [constants.ZSTD_d_windowLogMax]: 23 },
};

const gunzip = (): Duplex => zlib.createGunzip(lenient);
const makers: Readonly<Record<string, () => Duplex>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: () => new Inflate(lenient),
  br: () => zlib.createBrotliDecompress(brotli),
  zstd: () => zlib.createZstdDecompress(zstd),
};

const none: readonly string[] = [];

/**
 * What an answer is packed in, the outermost last; nothing where one of them is not known, as it is then given as it is. An
 * error where it is packed too often.
 */
export function codingsOf(header: string | string[] | undefined): readonly string[] | Error {
  if (header === undefined) return none;
  const codings = String(header).toLowerCase().split(',');
  if (codings.length > mostCodings) {
    return new Error(
      `too many content-encodings in response: ${codings.length}, maximum allowed is ${mostCodings}`,
    );
  }
  const names = codings.map((coding) => coding.trim());
  return names.every((name) => Object.hasOwn(makers, name)) ? names : none;
}

/** Unpacks what comes, and gives it on. Both ways it waits: no more is unpacked than is read. */
export class Decoding {
  readonly #codings: readonly string[];
  readonly #connection: Pick<Tap, 'pause' | 'resume'>;
  readonly #source: BodySource;
  readonly #fail: (error: unknown) => void;
  #steps: Duplex[] = [];
  #paused = false;

  /** @param connection is told to wait, where it gives more than can be unpacked. */
  constructor(
    codings: readonly string[],
    connection: Pick<Tap, 'pause' | 'resume'>,
    source: BodySource,
    fail: (error: unknown) => void,
  ) {
    this.#codings = codings;
    this.#connection = connection;
    this.#source = source;
    this.#fail = fail;
  }

  push(chunk: Uint8Array): void {
    const [first] = this.#steps.length > 0 ? this.#steps : this.#open();
    if (first && !first.write(chunk)) {
      this.#connection.pause();
      first.once('drain', () => this.#connection.resume());
    }
  }

  end(): void {
    const [first] = this.#steps;
    if (first) first.end();
    else this.#source.end();
  }

  pause(): void {
    this.#paused = true;
    this.#steps.at(-1)?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#steps.at(-1)?.resume();
  }

  destroy(): void {
    for (const step of this.#steps) step.destroy();
  }

  /** The codings were put on in their order, so the last one comes off first. */
  #open(): Duplex[] {
    const steps = this.#codings.toReversed().map((coding) => (makers[coding] ?? gunzip)());
    steps.reduce((before, after) => before.pipe(after));
    for (const step of steps) step.on('error', (error) => this.#fail(error));
    const last = steps.at(-1);
    last?.on('data', (decoded: Uint8Array) => this.#source.push(decoded));
    last?.on('end', () => this.#source.end());
    if (this.#paused) last?.pause();
    this.#steps = steps;
    return steps;
  }
}
