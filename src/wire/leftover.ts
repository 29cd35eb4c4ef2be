import { clearAlarm, setAlarm } from '../core/alarm.ts';
import { capacity } from './body-source.ts';

/** How long nobody's body may take, in milliseconds, before its connection is given up: as for an answer that is dropped. */
const patience = 1_000;

/** A body that is nobody's: of a redirect, or of an answer that has none by its status. It is read, so that its connection can be used again, but neither for long nor much of it. */
export class Leftover {
  readonly #giveUp: () => void;
  readonly #alarm: ReturnType<typeof setAlarm>;
  #left = capacity;

  constructor(giveUp: () => void) {
    this.#giveUp = giveUp;
    this.#alarm = setAlarm(patience, giveUp);
  }

  push(chunk: Uint8Array): void {
    this.#left -= chunk.byteLength;
    if (this.#left < 0) this.#giveUp();
  }

  end(): void {
    clearAlarm(this.#alarm);
  }
}
