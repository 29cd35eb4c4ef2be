import { isRefusal, type Refusal, superseded, TimeoutError } from './errors.ts';
import type { Outcome } from './outcome.ts';
import type { Stop } from './stop.ts';

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
  /** `retry.when` said no. */
  | 'when'
  /** The caller's signal. */
  | 'aborted'
  /** The total deadline, in the middle of an attempt. */
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
  /** A status, an error's code or its name; `pending` until it is known, `superseded` where the other copy was faster. */
  outcome: string;
  /** Milliseconds from the attempt's start to its headers or its failure. */
  duration: number;
  /** What the attempt failed with, where it was not answered. */
  error?: unknown;
  /** Milliseconds waited before the next attempt, if there was one. */
  delay?: number;
  source?: DelaySource;
}

/** What happened in one call, attempt by attempt. */
export interface CallLog {
  readonly id: string;
  readonly method: string;
  readonly origin: string;
  /** The path without its query. */
  readonly path: string;
  readonly attempts: AttemptLog[];
  /** Why no further attempt was made; `pending` while the call is under way. */
  stopped: StopReason | 'pending';
  /** The caller was given a fallback. */
  substituted?: true;
  /** Milliseconds from the call to its outcome. */
  duration: number;
}

/** Why a call ended as it did, where no strategy has said so. */
export function endReason({ stopped }: CallLog, outcome: Outcome, stop: Stop): StopReason {
  const { response, error } = outcome;
  if (stopped !== 'pending') return stopped;
  if (response?.ok) return 'final';
  if (stop.aborted) return 'aborted';
  if (error instanceof TimeoutError && error.timeout === 'total') return 'timeout';
  return isRefusal(error) ? 'refused' : 'retries-off';
}

/** What a stop means for the call: its deadline, or its caller. */
export function stoppedBy({ reason }: Stop): StopReason {
  return reason instanceof TimeoutError ? 'timeout' : 'aborted';
}

/** The last failure that the network or the server was the author of: what a refusal gives as its cause. */
export function lastFailure({ attempts }: CallLog): unknown {
  const failed = attempts.findLast(
    ({ outcome, error }) => outcome !== 'pending' && error !== superseded,
  );
  if (!failed) return undefined;
  return failed.error ?? new Error(`Attempt ${failed.attempt} was answered ${failed.outcome}`);
}

/** What a refusal tells of the call that it ends. */
export function refusalAt(origin: string, log: CallLog): Refusal {
  return { origin, attempts: log.attempts.length, cause: lastFailure(log) };
}

/** A log as events tell it: an error's message may hold what must not leave, such as a password in a URL. */
export function withoutErrors(log: CallLog): CallLog {
  return { ...log, attempts: log.attempts.map(({ error: _, ...attempt }) => attempt) };
}

/** A class whose constructor gives back the object it was given, so that a subclass can add a private field to that. */
const Given: new (object: object) => object = class {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the object itself is what the field is added to
    return object;
  }
};

/**
 * Ties a log to the object that the caller received, as a private field of it: nobody else can see it, and it costs a
 * fifth of an entry in a WeakMap, which the garbage collector has to go through (1 % against 5 % of a small request).
 */
class Logged extends Given {
  #log: CallLog;

  constructor(object: object, log: CallLog) {
    super(object);
    this.#log = log;
  }

  static record(object: object, log: CallLog): void {
    if (#log in object) object.#log = log;
    else new Logged(object, log);
  }

  static of(object: object): CallLog | undefined {
    return #log in object ? object.#log : undefined;
  }
}

/** Ties a call's log to what the caller received. A reason that is no object (`abort('stop')`) can't carry one. */
export function record(outcome: unknown, log: CallLog): void {
  if (isObject(outcome)) Logged.record(outcome, log);
}

/**
 * The log of the call that gave this Response or error: each attempt with its outcome, its duration, the wait before the
 * next one and where that wait came from, and why no further attempt was made. Returns `undefined` for anything that no
 * client of this library gave.
 */
export function explain(responseOrError: unknown): CallLog | undefined {
  return isObject(responseOrError) ? Logged.of(responseOrError) : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
