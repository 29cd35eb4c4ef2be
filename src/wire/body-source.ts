/** How much of an answer may wait to be read, in bytes, before its connection is told to wait. As in the platform's fetch. */
export const capacity = 64 * 1024;

/** Where the bytes come from. */
export interface Tap {
  pause(): void;
  resume(): void;
  /** Ends the exchange: nobody wants the rest. */
  abort(reason: unknown): void;
}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The bytes of one answer on their way from the connection to whoever reads them: all at once, which needs no stream at
 * all, or by a stream, which is made when somebody touches it. It holds nothing of the one who reads by a stream, so that
 * an answer which nobody can read any more is seen to be lost, however long its connection waits.
 */
export class BodySource {
  readonly #tap: Tap;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #taken = false;
  #over = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #controller: WeakRef<ReadableByteStreamController> | undefined;
  /** Whether what comes is held by nobody else. */
  readonly handsOver: boolean;
  /** Told once, when there is nothing left that could fail. */
  onDone: (() => void) | undefined;

  constructor(tap: Tap, handsOver: boolean) {
    this.#tap = tap;
    this.handsOver = handsOver;
  }

  /** Whether somebody has read it all at once. */
  get taken(): boolean {
    return this.#taken;
  }

  push(chunk: Uint8Array): void {
    if (this.#over || chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    if (this.#taken) return;
    if (this.#size > capacity) this.#tap.pause();
    this.#awake();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#taken) this.#done();
    this.#awake();
  }

  /** The connection broke. What came before that can still be read. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = { error };
    if (this.#chunks.length === 0) this.#controller?.deref()?.error(error);
    this.#awake();
  }

  /** Whoever asked for it wants it no more: not even what is there already. */
  abort(reason: unknown): void {
    if (this.#over && this.#chunks.length === 0 && !this.#controller) return;
    this.#drop();
    this.#over = true;
    this.#failure = { error: reason };
    this.#controller?.deref()?.error(reason);
    this.#awake();
  }

  /**
   * All of it: at once, where all of it is there.
   *
   * @param reader what must not be lost before.
   */
  whole(reader: object): Bytes | Promise<Bytes> {
    this.#taken = true;
    if (this.#over) return this.#joined();
    this.#tap.resume();
    return new Promise<object>((resolve) => {
      // holds it: who drops the Response meanwhile can still abort, and has not lost the body
      this.#wake = () => resolve(reader);
    }).then(() => this.#joined());
  }

  /** Nobody wants the rest. */
  cancel(reason: unknown): void {
    this.#drop();
    this.#wake = undefined;
    if (this.#over) return;
    this.#over = true;
    this.#done();
    this.#tap.abort(reason);
  }

  /** Whether it came to its end. */
  get arrived(): boolean {
    return this.#over && !this.#failure;
  }

  /** Nobody will read what is here. */
  drop(): void {
    this.#taken = true;
    this.#drop();
    this.#done();
  }

  /** A stream that hears of the end of what can't be read to its end. */
  feed(controller: ReadableByteStreamController): void {
    this.#controller = new WeakRef(controller);
    if (this.#failure && this.#chunks.length === 0) controller.error(this.#failure.error);
  }

  /** The next piece of what is here. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    if (!chunk) return undefined;
    this.#size -= chunk.byteLength;
    if (this.#size <= capacity && !this.#over) this.#tap.resume();
    return chunk;
  }

  /** Calls back once, when there is a piece or the end. */
  whenNext(wake: () => void): void {
    this.#wake = wake;
    // not at once: whoever lets go of his reader has no answer yet, as with every other stream
    if (this.#over) process.nextTick(() => this.#awake());
  }

  /** Ends a stream that was given all. */
  finish(controller: ReadableByteStreamController): void {
    if (this.#failure) {
      controller.error(this.#failure.error);
      return;
    }
    controller.close();
    controller.byobRequest?.respond(0);
    this.#done();
  }

  #joined(): Bytes {
    if (this.#failure) throw this.#failure.error;
    const chunks = this.#chunks;
    const whole = chunks.length === 1 ? (chunks[0] as Bytes) : new Uint8Array(this.#size);
    this.#drop();
    this.#done();
    if (chunks.length === 1) return whole;
    let offset = 0;
    for (const chunk of chunks) {
      whole.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return whole;
  }

  #awake(): void {
    const wake = this.#wake;
    if (!wake || (this.#taken && !this.#over)) return;
    this.#wake = undefined;
    wake();
  }

  #drop(): void {
    this.#chunks = [];
    this.#size = 0;
  }

  #done(): void {
    this.onDone?.();
    this.onDone = undefined;
  }
}
