import { remembered } from '../core/remembered.ts';

/** Calls that were held are let go over this share of what the server asked for, so that they do not return at once. */
const spread = 0.1;

/** An origin that has asked everybody to wait. */
export class Cooldown {
  static readonly #origins = remembered(() => new Cooldown());
  static readonly of = Cooldown.#origins.of;
  static readonly peek = Cooldown.#origins.peek;
  #until = 0;
  #length = 0;

  /** Holds the origin for so many milliseconds from now; never for less than it is held already. */
  hold(asked: number, now: number): void {
    if (now + asked <= this.#until) return;
    this.#until = now + asked;
    this.#length = asked;
  }

  /** Milliseconds until it is over; 0 if it is. */
  remaining(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** Milliseconds that one call is to wait: until it is over, and a little longer than the next one. */
  wait(now: number, random: () => number): number {
    const remaining = this.remaining(now);
    return remaining && remaining + spread * this.#length * random();
  }
}
