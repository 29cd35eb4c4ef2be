import { remembered } from '../core/remembered.ts';
import { Window } from './trip.ts';

/** How much to refuse here of what the server would reject. */
export interface ThrottleRule {
  /** Requests let out for each one that is accepted. */
  readonly k: number;
  /** In milliseconds. */
  readonly window: number;
  readonly maxRejection: number;
}

/**
 * Client-side throttling (Site Reliability Engineering, chapter 21): of the last requests, those that go beyond `k` times
 * what the server accepted are refused here. What was refused here counts as a request too, so that the share grows
 * with the demand and not only with what reaches the server.
 */
export class Throttle {
  static readonly #origins = remembered(() => new Throttle());
  static readonly of = Throttle.#origins.of;
  static readonly peek = Throttle.#origins.peek;
  readonly #requests = new Window();

  record(accepted: boolean, now: number, { window }: ThrottleRule): void {
    this.#requests.record(!accepted, now, window);
  }

  /**
   * The share of requests to refuse. Capped, since what is refused counts: after a total outage the bare formula would
   * let out one request in a whole window.
   */
  rejection({ k, window, maxRejection }: ThrottleRule, now: number): number {
    const { attempts, failures } = this.#requests.totals(now, window);
    const accepts = attempts - failures;
    return Math.min(maxRejection, Math.max(0, (attempts - k * accepts) / (attempts + 1)));
  }
}
