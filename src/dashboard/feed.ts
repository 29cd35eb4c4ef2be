import type { EventName } from '../core/events.ts';
import type { CircuitState } from '../core/per-origin.ts';

/**
 * What the page is told, as JSON: a `picture` when it connects, and again each second. All of it is what events and
 * `health()` tell, so there is nothing private in it.
 */
export interface Picture {
  /** Milliseconds since 1970 at the end of the newest bucket, which is the last one that is over. */
  readonly at: number;
  /** How long one bucket of a series is, in milliseconds. */
  readonly bucket: number;
  /** Whether the page may offer `open`, `isolate` and `close` of a circuit. */
  readonly controls: boolean;
  /**
   * Every origin of every client that is watched, in the order of their names; of more than 100, those in trouble and the
   * busiest. A client's children count as its own, unless they are watched as well.
   */
  readonly origins: readonly OriginPicture[];
  /** The newest decisions, newest first: 100 of circuits, and 100 of all else. */
  readonly decisions: readonly Decision[];
}

/** One origin of one client, now and over time. */
export interface OriginPicture {
  /** Its name, with a number where another one has it too. */
  readonly client: string;
  readonly origin: string;
  readonly circuit: CircuitState;
  /** Milliseconds until a probe is allowed; `null` while isolated. */
  readonly retryAfter: number | null;
  readonly inFlight: number;
  readonly budget: { readonly tokens: number; readonly capacity: number } | null;
  readonly slots: {
    readonly inUse: number;
    readonly queued: number;
    readonly limit: number;
  } | null;
  /** Milliseconds left of a pause that the origin asked for. */
  readonly cooldown: number;
  /** The share of requests that is refused here. */
  readonly throttle: number | null;
  /** Milliseconds after which a second copy is sent, where that is known. */
  readonly hedgeAfter: number | null;
  readonly series: Series;
}

/** What happened in each bucket, oldest first; all lists have the same length. */
export interface Series {
  /** Calls that ended and that got their outcome here. One that its caller gave up is not among them. */
  readonly calls: readonly number[];
  /** … with an answer below 500 that is no 429, a fallback not included. */
  readonly succeeded: readonly number[];
  /** … with a refusal of the client's own. */
  readonly refused: readonly number[];
  /** Requests that left. */
  readonly attempts: readonly number[];
  /** … because an earlier one of their call had failed. */
  readonly retries: readonly number[];
  /** … as second copies. */
  readonly hedges: readonly number[];
  /** Milliseconds that calls took which were not refused, at most 5 % too long; `null` where there were none. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  /** How it stood at the end of the bucket; `null` where the part is off. */
  readonly tokens: readonly (number | null)[];
  readonly inUse: readonly (number | null)[];
  readonly limit: readonly (number | null)[];
  readonly queued: readonly (number | null)[];
  readonly circuit: readonly CircuitState[];
}

/** One decision that was taken on a caller's behalf. */
export interface Decision {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly client: string;
  readonly origin: string;
  readonly event: EventName;
  /** A sentence that says what was decided and why. */
  readonly text: string;
  /** The call it was part of, if of one. */
  readonly id: string | null;
}
