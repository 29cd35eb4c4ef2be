import { causes } from '../core/outcome.ts';
import type { OriginState } from '../core/per-origin.ts';
import { remembered } from '../core/remembered.ts';
import { isOfUsedConnection } from '../core/used-connection.ts';

/** For how long losses are excused from the first one on, in milliseconds: a fleet of proxies is not reloaded in one instant. */
const moment = 5_000;

/**
 * And how long after that first one they can be again: well beyond the window of a circuit, whose share of failures would
 * otherwise always have a time in it of which the answers count and the losses don't.
 */
const period = 60_000;

/**
 * Connections of one origin that were lost between two answers. When a proxy is reloaded, it closes all that it has, and
 * whatever was just written to them fails at once, which says nothing of how the next request will fare: 24 calls in
 * flight were seen to open a circuit. So they count neither for that nor for the retry budget.
 *
 * Each of them was paid for by an answer, so requests are at most doubled. But a server that answers one request on every
 * connection and drops the next one would never be counted, and neither fails nor is well. Hence the bound in time:
 * whoever goes on losing connections is not being reloaded, and what he loses then counts as ever.
 */
export class LostConnections {
  static readonly #origins = remembered(() => new LostConnections());
  static readonly of = LostConnections.#origins.of;
  #since = Number.NEGATIVE_INFINITY;

  /** Whether a loss says nothing of the origin. */
  excuses(now: number): boolean {
    if (now - this.#since >= period) this.#since = now;
    return now - this.#since < moment;
  }
}

/**
 * Whether an attempt failed with the loss of a connection that had carried an answer before, and that is to be excused. A
 * new connection has read nothing yet, so a server that drops those is told by that.
 */
export function isExcused(error: unknown, state: OriginState, now: number): boolean {
  return [...causes(error)].some(isOfUsedConnection) && LostConnections.of(state).excuses(now);
}
