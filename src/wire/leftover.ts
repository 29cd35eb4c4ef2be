import { clearAlarm, setAlarm, type Timeout } from '../core/alarm.ts';
import { capacity } from './body-source.ts';
import type { Controller, Inflow } from './protocol.ts';

/** How long it may take, in milliseconds, before its connection is given up: as for an answer that is dropped. */
const patience = 1_000;

/**
 * A body that is nobody's: that of a redirect, or of an answer that has none by its status. It is read to its end, so that
 * its connection can be used again, but no more of it than a buffer would hold, and not for long.
 */
export class Leftover implements Inflow {
  readonly #controller: Controller;
  readonly #done: () => void;
  readonly #alarm: Timeout;
  #left = capacity;

  constructor(controller: Controller, done: () => void) {
    this.#controller = controller;
    this.#done = done;
    this.#alarm = setAlarm(patience, () => this.#giveUp());
  }

  push(chunk: Uint8Array): void {
    this.#left -= chunk.byteLength;
    if (this.#left < 0) this.#giveUp();
  }

  end(): void {
    clearAlarm(this.#alarm);
    this.#done();
  }

  fail(): void {
    this.end();
  }

  stop(reason: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }

  #giveUp(): void {
    this.stop(new Error('The body is nobody’s'));
  }
}
