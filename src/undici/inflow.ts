/** How much of an answer may wait to be read, in bytes, before its connection is told to wait. As in the platform's fetch. */
const capacity = 64 * 1024;

/** The tap of a connection. */
interface Tap {
  pause(): void;
  resume(): void;
  abort(reason: unknown): void;
}

/**
 * The body of one answer on its way from undici's events to a stream. It has a queue of its own, since a ReadableStream
 * that fails forgets what it holds: what came before a connection broke is to be read before the error is.
 */
export class Inflow {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #tap: Tap;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(tap: Tap) {
    this.#tap = tap;
    this.stream = new ReadableStream<Uint8Array>(this, { highWaterMark: 0 });
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    if (this.#size > capacity) this.#tap.pause();
    this.#wake?.();
  }

  /** Nothing more comes. */
  end(): void {
    this.#end ??= {};
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#chunks.length === 0 && !this.#end) await this.#change();
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#size -= chunk.byteLength;
      if (this.#size <= capacity) this.#tap.resume();
      controller.enqueue(chunk);
    } else if (this.#end && 'error' in this.#end) controller.error(this.#end.error);
    else controller.close();
  }

  /** Nobody wants the rest. */
  cancel(reason: unknown): void {
    this.#chunks.length = 0;
    if (!this.#end) this.#tap.abort(reason);
    this.end();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
