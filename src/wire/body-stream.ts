import type { BodySource } from './body-source.ts';

/** A body as the source of a stream, for the few who ask for one. */
export class BodyStream {
  readonly type = 'bytes';
  readonly #source: BodySource;
  /** Held, and nothing else: whoever has the stream can read the body. */
  readonly body: object;
  #cancelled = false;

  constructor(source: BodySource, body: object) {
    this.#source = source;
    this.body = body;
  }

  start(controller: ReadableByteStreamController): void {
    this.#source.feed(controller);
  }

  pull(controller: ReadableByteStreamController): Promise<void> | undefined {
    const chunk = this.#source.take();
    if (chunk) {
      this.#give(chunk, controller);
      return undefined;
    }
    return new Promise<void>((resolve) => {
      const next = () => {
        this.#next(controller);
        resolve();
      };
      // later: a stream takes the memory of what it is given, and undici is not done with it yet
      this.#source.whenNext(() => queueMicrotask(next));
    });
  }

  cancel(reason: unknown): void {
    this.#cancelled = true;
    this.#source.cancel(reason);
  }

  #next(controller: ReadableByteStreamController): void {
    // its stream is closed already, and takes nothing more
    if (this.#cancelled) return;
    const chunk = this.#source.take();
    if (chunk) this.#give(chunk, controller);
    else this.#source.finish(controller);
  }

  /** As it is, where it is all that there is in its memory; else it is a part of what a socket has read, and is copied. */
  #give(chunk: Uint8Array, controller: ReadableByteStreamController): void {
    const isWhole = this.#source.handsOver && chunk.byteLength === chunk.buffer.byteLength;
    controller.enqueue(isWhole ? chunk : new Uint8Array(chunk));
  }
}
