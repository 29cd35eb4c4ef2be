import { BodySource, type Tap } from './body-source.ts';
import { Decoding } from './decoders.ts';
import { terminated } from './network-error.ts';
import type { Controller, Inflow } from './protocol.ts';

/**
 * The body of an answer between its connection and its source: unpacked on the way where it is packed. One way goes what
 * comes, the other way what is wanted of it.
 */
export class ReceivedBody implements Inflow, Tap {
  readonly source: BodySource;
  readonly #controller: Controller;
  readonly #decoding: Decoding | undefined;
  /** Whether the connection has no more to do with it. */
  #over = false;

  /**
   * @param codings what it is packed in.
   * @param handsOver whether nobody else holds what comes from the connection.
   */
  constructor(controller: Controller, codings: readonly string[], handsOver: boolean) {
    this.#controller = controller;
    this.source = new BodySource(this, handsOver && codings.length === 0);
    if (codings.length === 0) return;
    this.#decoding = new Decoding(codings, controller, this.source, (error) => {
      this.source.fail(terminated(error));
      this.abort(error);
    });
  }

  push(chunk: Uint8Array): void {
    (this.#decoding ?? this.source).push(chunk);
  }

  end(): void {
    this.#over = true;
    (this.#decoding ?? this.source).end();
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.source.fail(terminated(error));
    this.#decoding?.destroy();
  }

  stop(reason: unknown): void {
    this.source.abort(reason);
    this.abort(reason);
  }

  pause(): void {
    (this.#decoding ?? this.#controller).pause();
  }

  resume(): void {
    (this.#decoding ?? this.#controller).resume();
  }

  abort(reason: unknown): void {
    this.#decoding?.destroy();
    if (this.#over) return;
    this.#over = true;
    this.#controller.abort(reason);
  }
}
