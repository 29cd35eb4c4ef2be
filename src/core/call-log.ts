/** Where the wait before a retry came from. */
export type DelaySource = 'backoff' | 'retry-after' | 'failover';

/** How long to wait for the next attempt, in milliseconds, and where that comes from. */
export interface Wait {
  readonly stop?: undefined;
  readonly delay: number;
  readonly source: DelaySource;
}

/** When the next attempt is made, or why there is none. */
export type Next = { readonly stop: StopReason } | Wait;

/** Why a call made no further attempt. */
export type StopReason =
  /** The outcome is not one that a retry could improve: an answer that stands, or an error that would come again. */
  | 'final'
  /** `retry` is off. */
  | 'retries-off'
  | 'retries-exhausted'
  /** The request may have been acted on, and its method is not idempotent. */
  | 'method'
  /** The body can be sent only once, and has been. */
  | 'body'
  /** The wait before the next attempt would pass the deadline. */
  | 'deadline'
  /** The server asked for a longer wait than `retryAfter.max`. */
  | 'retry-after'
  /** The circuit will still be open when the wait is over. */
  | 'circuit-open'
  /** The origin's retry budget is used up. */
  | 'budget'
  /** The origin rejects too much: the next attempt was refused here. */
  | 'throttled'
  /** The origin asked everybody for a longer pause than the next attempt could wait for. */
  | 'cooldown'
  /** The server said that it has retried already, or that a retry is of no use. */
  | 'do-not-retry'
  /** The call is made for somebody who retries it himself. */
  | 'nested'
  /** Another version of the body is there by now; what was read of the old one can't be gone on from. */
  | 'changed'
  /** The server does not continue a body that broke off. */
  | 'no-range'
  /** `retry.when` said no. */
  | 'when'
  /** The caller's signal. */
  | 'aborted'
  /** The total deadline, or that of the context around the call, in the middle of an attempt. */
  | 'timeout'
  /** Refused here before anything left: an open circuit, no slot in time, a pause, the throttle. */
  | 'refused';

/** One request that left, or was about to. */
export interface AttemptLog {
  readonly attempt: number;
  /** There if this was the second copy of its attempt, sent because the first was slow. */
  hedge?: true;
  /** Where it went, if not to the call's own origin. */
  origin?: string;
  /** Milliseconds from the call's start to the attempt's. */
  readonly at: number;
  /** A status, an error's code or its name; `pending` until it is known, `superseded` where the other copy was faster. */
  outcome: string;
  /** Milliseconds from the attempt's start to its headers or its failure. */
  duration: number;
  /** What the attempt failed with, where it was not answered. */
  error?: unknown;
  /** There if its body broke off while it was read: when, in milliseconds from the attempt's start, where, and by what. */
  broken?: { readonly after: number; readonly offset: number; readonly outcome: string };
  /** Milliseconds waited before the next attempt, if there was one. */
  delay?: number;
  source?: DelaySource;
}

/** What else happened to a call: what held it up, and what was done in the place of an attempt. */
export interface StepLog {
  /**
   * `queued` for a slot; `held`, because the origin asked everybody for a pause; `refused` by one of several places, so
   * that the next one was tried; `fallback`, which was asked for a substitute and gave one.
   */
  readonly step: 'queued' | 'held' | 'refused' | 'fallback';
  /** Milliseconds from the call's start. */
  readonly at: number;
  /** Milliseconds that it took. */
  readonly duration: number;
  /** Where, if not at the call's own origin. */
  origin?: string;
  /** The code of a refusal; of a fallback, the outcome that it stands for. */
  outcome?: string;
}

/** What happened in one call, attempt by attempt. */
export interface CallLog {
  readonly id: string;
  readonly method: string;
  readonly origin: string;
  /** The path without its query. */
  readonly path: string;
  readonly attempts: AttemptLog[];
  /** What happened beside the attempts; not there if nothing did. */
  steps?: StepLog[];
  /** What the caller got: a status, an error's code or its name; `pending` while the call is under way. */
  outcome: string;
  /** Why no further attempt was made; `pending` while the call is under way. */
  stopped: StopReason | 'pending';
  /** The caller was given a fallback. */
  substituted?: true;
  /** Milliseconds from the call to its outcome. */
  duration: number;
}

/**
 * A log as events tell it: an error's message may hold what must not leave, such as a password in a URL. It is a copy
 * through and through, so that what a listener does to it is not done to what `explain` says.
 */
export function withoutErrors({ steps, ...log }: CallLog): CallLog {
  const attempts = log.attempts.map(({ error: _, broken, ...attempt }) => {
    return broken ? { ...attempt, broken: { ...broken } } : attempt;
  });
  return { ...log, attempts, ...(steps && { steps: steps.map((step) => ({ ...step })) }) };
}
