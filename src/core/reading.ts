/** What a body is watched for while it is read. */
export interface BodyWatch {
  /** Stands around each read: settles as the read does, or rejects before. */
  readonly around?: (<T>(read: Promise<T>) => Promise<T>) | undefined;
  /**
   * Nobody reads on. Told once: at the end of the body, at its failure, when it is cancelled, and when the garbage
   * collector has taken whatever could have read it.
   *
   * @param finished whether the body itself is over, and it was not only left.
   */
  readonly ended?: ((finished: boolean) => void) | undefined;
}

type Bytes = ReadableStream<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What stands between a stream and its readers. */
export interface Through {
  /** The same reader, reading as is wanted. */
  over(reader: Reader): Reader;
  /**
   * Cancels a stream that nobody has locked.
   *
   * @param cancel cancels the stream's own.
   */
  cancel(reason: unknown, cancel: (reason: unknown) => Promise<void>): Promise<void>;
  /** The same for a branch of the stream. */
  fork(): Through;
}

/** The reading of each stream that is watched. */
export const readings = new WeakMap<Bytes, Reading>();

/** What is known of the reading of one stream. Holds neither the stream nor a reader of it: both may be lost. */
export class Reading {
  readonly through: Through | undefined;
  readonly within: Reading | undefined;
  readonly #watches: BodyWatch[];
  #locked = false;
  #deserted = false;
  #finished: boolean | undefined;

  /**
   * @param through what the stream is read through, if anything.
   * @param within the reading that this one stands around.
   */
  constructor(watch: BodyWatch, through?: Through, within?: Reading) {
    this.#watches = [watch];
    this.through = through;
    this.within = within;
  }

  add(watch: BodyWatch): void {
    this.#watches.push(watch);
    if (this.#finished !== undefined) watch.ended?.(this.#finished);
  }

  /** Whether anybody asks for the end, which is dear to know where it is the garbage collector's (12 µs). */
  get tracked(): boolean {
    return this.#watches.some(({ ended }) => ended);
  }

  around<T>(read: Promise<T>): Promise<T> {
    return this.#watches.reduce((inner, { around }) => (around ? around(inner) : inner), read);
  }

  lock(): void {
    this.#locked = true;
  }

  release(): void {
    this.#locked = false;
    if (this.#deserted) this.end(false);
  }

  /** What gave access to the stream is gone: nobody but the one who reads it now will do so. */
  desert(): void {
    this.#deserted = true;
    if (!this.#locked) this.end(false);
  }

  end(finished: boolean): void {
    if (this.#finished !== undefined) return;
    this.#finished = finished;
    for (const { ended } of this.#watches) ended?.(finished);
  }
}

/** Readings that nobody can begin once an object is gone. */
const access = new FinalizationRegistry<Reading>((reading) => reading.desert());

/** Whoever has the object can read the stream; when it is lost, that may have been the last one who could. */
export function giveAccess(object: Bytes | Response, stream: Bytes | null): void {
  const reading = stream && readings.get(stream);
  if (reading?.tracked) access.register(object, reading);
}
