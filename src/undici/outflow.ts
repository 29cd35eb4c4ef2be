import { Gate } from './gate.ts';

/** The body of one answer on its way from a stream to a handler's events: at the pace of whoever hears them, and to its end or not. */
export class Outflow {
  readonly #gate = new Gate();
  #body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #stopped = false;

  get paused(): boolean {
    return this.#gate.isShut;
  }

  pause(): void {
    this.#gate.shut();
  }

  resume(): void {
    this.#gate.release();
  }

  /** Gives each chunk as it comes. Whoever pauses at the last one hears of the end when he goes on. Returns whether it was reached. */
  async pour(
    body: ReadableStream<Uint8Array> | null,
    give: (chunk: Uint8Array) => void,
  ): Promise<boolean> {
    this.#body = body?.getReader();
    for (;;) {
      while (this.#gate.isShut) await this.#gate.open;
      if (this.#stopped) return false;
      const read = await this.#body?.read();
      if (this.#stopped) return false;
      if (!read || read.done) return true;
      give(read.value);
    }
  }

  /** Nobody hears anything more, and what is left of the body is not wanted. */
  stop(reason: unknown): void {
    this.#stopped = true;
    this.#body?.cancel(reason).catch(() => {});
    this.resume();
  }
}
