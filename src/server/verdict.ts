import type { Ambient } from '../core/ambient.ts';
import {
  CircuitOpenError,
  ConcurrencyLimitError,
  CooldownError,
  isRefusal,
  type ResilienceError,
  ThrottledError,
} from '../core/errors.ts';
import { explain } from '../core/explain.ts';
import { ambientNow } from '../core/inside.ts';
import { classifyError } from '../decisions/classify.ts';
import { idempotentMethods } from '../decisions/retry-decision.ts';
import { CallerGoneError } from './caller-gone.ts';

/**
 * What kept a handler from its answer: a `bug`, a `timeout` of its own or of a call's, a call that was `refused` here, an
 * `upstream` that failed, a caller who is `gone`, or the server's own word that all is to end (`ended`).
 */
export type FailureKind = 'bug' | 'timeout' | 'refused' | 'upstream' | 'gone' | 'ended';

/** How a request is answered that its handler did not answer. */
export interface Verdict {
  readonly kind: FailureKind;
  readonly status: number;
  /** Seconds. */
  readonly retryAfter?: number;
}

/**
 * What an error that came out of a handler is to its caller, for a handler that answers all of them in its own words.
 *
 * @param method of the request: what nothing was done for is a 429 where it may be sent again.
 */
export function verdictOf(error: unknown, method = 'GET'): Verdict {
  return verdictOn(error, ambientNow(), method);
}

/** The same for a context that is known. What is not known here was not foreseen: it is a bug. */
export function verdictOn(error: unknown, ambient: Ambient | undefined, method: string): Verdict {
  const { name } = (error ?? {}) as { name?: unknown };
  // what others throw who were given the signal
  const stop = ambient?.stop;
  if (stop?.aborted && (error === stop.reason || name === 'AbortError')) return ended(stop.reason);
  if (name === 'TimeoutError') return { kind: 'timeout', status: 504 };
  if (isRefusal(error)) return refused(error, method);
  if (isOfUpstream(error)) return { kind: 'upstream', status: 502 };
  return { kind: 'bug', status: 500 };
}

/**
 * What the network said is an error of fetch, and has a log, which a bug has not. One that a retried function threw has a
 * log as well, and may be anything.
 */
function isOfUpstream(error: unknown): boolean {
  const log = explain(error);
  if (!log) return false;
  return log.method !== 'call' || classifyError(error) !== 'fatal';
}

function ended(reason: unknown): Verdict {
  // never read, as he is gone; it is the status that proxies put into their logs
  if (reason instanceof CallerGoneError) return { kind: 'gone', status: 499 };
  const { name } = (reason ?? {}) as { name?: unknown };
  if (name === 'TimeoutError') return { kind: 'timeout', status: 504 };
  return { kind: 'ended', status: 503, retryAfter: 5 };
}

/**
 * Too much of something is a 429. It is retried for any method, as nothing was done for it; who knows what a handler did
 * before that call, so a POST gets a 503, which is not.
 */
function refused(error: ResilienceError, method: string): Verdict {
  const isTooMuch = error instanceof ConcurrencyLimitError || error instanceof ThrottledError;
  const status = isTooMuch && idempotentMethods.includes(method) ? 429 : 503;
  return { kind: 'refused', status, retryAfter: isTooMuch ? 1 : secondsAfter(error) };
}

/** For a circuit that was isolated by hand nobody knows how long it takes; a minute is polite. */
function secondsAfter(error: ResilienceError): number {
  const isKnown = error instanceof CircuitOpenError || error instanceof CooldownError;
  return isKnown ? Math.max(1, Math.ceil(Math.min(error.retryAfter, 60_000) / 1_000)) : 5;
}
