import { explain } from './explain.ts';
import { annotated, custom, type Inspection } from './inspection.ts';
import { counted } from './words.ts';

/** What every refusal carries beside its message. */
export interface Refusal {
  readonly origin: string;
  /** Requests that had left when the call was given up. */
  readonly attempts: number;
  /** The last real failure, if there was one. */
  readonly cause?: unknown;
}

/**
 * The base of all errors that this library makes itself. What the network said is never wrapped in one: it reaches the
 * caller exactly as `fetch` threw it.
 */
export abstract class ResilienceError extends Error {
  /** Stable and machine-readable, in Node's style. Never a network code: some SDKs retry on those by themselves. */
  abstract readonly code: string;
  readonly origin: string;
  readonly attempts: number;

  constructor(message: string, { origin, attempts, cause }: Refusal) {
    super(message, cause === undefined ? undefined : { cause });
    this.origin = origin;
    this.attempts = attempts;
  }

  /** What Node shows of an error, and under it how the call went. */
  [custom](...inspection: Inspection): unknown {
    return annotated(this, explain(this), inspection);
  }
}

/** Which of the three timeouts ran out, or that it was the deadline of the context in which the call was made. */
export type TimeoutKind = 'total' | 'attempt' | 'body' | 'context';

const bounded: Record<TimeoutKind, string> = {
  total: 'timeout.total: the call was not answered for',
  attempt: 'timeout.attempt: the attempt was not answered for',
  body: 'timeout.body: the body was silent for',
  context: 'deadline: the call was not answered in what was left of',
};

/** A timeout ran out. Named as the platform names the reason of `AbortSignal.timeout`. */
export class TimeoutError extends ResilienceError {
  override readonly name = 'TimeoutError';
  readonly code = 'ERR_RESILIENCE_TIMEOUT';
  readonly timeout: TimeoutKind;
  /** The length that ran out, in milliseconds. */
  readonly milliseconds: number;

  constructor(timeout: TimeoutKind, milliseconds: number, refusal: Refusal) {
    const attempts = refusal.attempts === 1 ? '1 attempt' : `${refusal.attempts} attempts`;
    super(
      `${bounded[timeout]} ${Math.round(milliseconds)} ms (${refusal.origin}, ${attempts})`,
      refusal,
    );
    this.timeout = timeout;
    this.milliseconds = milliseconds;
  }
}

/** The origin's circuit is open: the call was refused without touching the network. */
export class CircuitOpenError extends ResilienceError {
  override readonly name = 'CircuitOpenError';
  readonly code = 'ERR_RESILIENCE_CIRCUIT_OPEN';
  /** Milliseconds until a probe is allowed; `Infinity` where an operator isolated the circuit, and must close it. */
  readonly retryAfter: number;

  constructor(retryAfter: number, refusal: Refusal) {
    const isolated = retryAfter === Number.POSITIVE_INFINITY;
    super(
      isolated
        ? `The circuit of ${refusal.origin} was isolated by hand; it stays open until it is closed by hand`
        : `The circuit of ${refusal.origin} is open; a probe is allowed in ${retryAfter} ms`,
      refusal,
    );
    this.retryAfter = retryAfter;
  }
}

/** How it stood with an origin's slots when a call was refused one. */
export interface Crowd {
  /** Slots there were, all taken. */
  readonly limit: number;
  /** Calls that wait for one; as many as may, if the call was not let into the queue. */
  readonly queued: number;
  /** Milliseconds the call had waited when its deadline came; absent if the queue was full. */
  readonly waited?: number | undefined;
}

/** No slot of the origin became free in time: the queue was full, or the deadline came first. Nothing was sent. */
export class ConcurrencyLimitError extends ResilienceError {
  override readonly name = 'ConcurrencyLimitError';
  readonly code = 'ERR_RESILIENCE_CONCURRENCY_LIMIT';
  readonly reason: 'queue-full' | 'deadline';
  readonly limit: number;
  readonly queued: number;
  /** Milliseconds; 0 where the queue was full. */
  readonly waited: number;

  constructor(crowd: Crowd, refusal: Refusal) {
    super(`concurrency: ${crowdAt(refusal.origin, crowd)}`, refusal);
    const { limit, queued, waited } = crowd;
    this.reason = waited === undefined ? 'queue-full' : 'deadline';
    this.limit = limit;
    this.queued = queued;
    this.waited = waited ?? 0;
  }
}

function crowdAt(origin: string, { limit, queued, waited }: Crowd): string {
  const one = limit === 1;
  const slots = one ? `the only slot of ${origin}` : `all ${limit} slots of ${origin}`;
  const taken = one ? 'is taken' : 'are taken';
  const since = waited === undefined ? taken : `stayed taken for ${Math.round(waited)} ms`;
  return `${slots} ${since} and ${queued === 1 ? '1 call waits' : `${queued} calls wait`}`;
}

/** The origin asked for a pause that this call can't wait for: it was refused without touching the network. */
export class CooldownError extends ResilienceError {
  override readonly name = 'CooldownError';
  readonly code = 'ERR_RESILIENCE_COOLDOWN';
  /** Milliseconds until the pause is over. */
  readonly retryAfter: number;

  constructor(retryAfter: number, refusal: Refusal) {
    super(
      `retry.retryAfter.scope: ${refusal.origin} asked for a pause that is over in ${retryAfter} ms`,
      refusal,
    );
    this.retryAfter = retryAfter;
  }
}

/** The origin rejects much of what it is sent, and this request was refused here in its place. */
export class ThrottledError extends ResilienceError {
  override readonly name = 'ThrottledError';
  readonly code = 'ERR_RESILIENCE_THROTTLED';
  /** The share of requests that was being refused. */
  readonly rejection: number;

  constructor(rejection: number, refusal: Refusal) {
    const share = Math.round(rejection * 100);
    super(`throttle: ${share} % of the requests to ${refusal.origin} are refused here`, refusal);
    this.rejection = rejection;
  }
}

/**
 * A body broke off while it was read, and there is another version of it by now. What was read is of the old one, and is to
 * be thrown away: the two are never joined. Its `cause` is what the body broke off with.
 */
export class BodyChangedError extends ResilienceError {
  override readonly name = 'BodyChangedError';
  readonly code = 'ERR_RESILIENCE_BODY_CHANGED';
  /** Bytes that were read. */
  readonly offset: number;

  constructor(offset: number, refusal: Refusal) {
    const bytes = counted(offset, 'byte');
    super(
      `retry.resume: the body broke off after ${bytes}, and another version of it is there by now (${refusal.origin})`,
      refusal,
    );
    this.offset = offset;
  }
}

/** The client was closed before the call began. */
export class ClientClosedError extends ResilienceError {
  override readonly name = 'ClientClosedError';
  readonly code = 'ERR_RESILIENCE_CLIENT_CLOSED';

  constructor(refusal: Refusal) {
    super(`The client was closed; no request to ${refusal.origin} was sent`, refusal);
  }
}

/**
 * One or more options are wrong. Thrown at construction (a call's own options reject that call), with one line for each
 * fault; nothing of the set is applied.
 */
export class OptionsError extends TypeError {
  override readonly name = 'OptionsError';
  readonly code = 'ERR_RESILIENCE_OPTIONS';
}

/** Why the slower of two copies of a request was ended. Nobody sees it but in the log of its call, by its name. */
export const superseded: Error = Object.assign(new Error('The other copy was answered first'), {
  name: 'superseded',
});

/** Whether an error says that nothing was let out: any of ours, but for those that speak of what was. */
export function isRefusal(error: unknown): error is ResilienceError {
  if (error instanceof TimeoutError || error instanceof BodyChangedError) return false;
  return error instanceof ResilienceError;
}
