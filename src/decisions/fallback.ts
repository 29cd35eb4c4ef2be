import type { StopReason } from '../core/call-log.ts';
import type { Outcome } from '../core/outcome.ts';
import { isRetryableStatus } from './classify.ts';

/** What a fallback is told of a failure, beside the failure itself. */
export interface FailureInfo {
  readonly origin: string;
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  /** Requests that left. */
  readonly attempts: number;
  /** Why no further attempt was made. */
  readonly stopped: StopReason;
}

/** Ends of a call that would have gone on, if it could have: whatever its status, the outcome was found wanting. */
const wanting: ReadonlySet<StopReason> = new Set([
  ...(['retries-exhausted', 'method', 'body', 'deadline', 'retry-after'] as const),
  ...(['circuit-open', 'budget', 'throttled', 'cooldown', 'do-not-retry', 'nested'] as const),
]);

/** Whether a substitute that was given once and for all stands in for an outcome: for errors, and what retries did not cure. */
export function isCuredBySubstitute({ response }: Outcome, stopped: StopReason): boolean {
  return !response || isRetryableStatus(response.status) || wanting.has(stopped);
}

/** Whether a function is asked for a substitute: an answer of 400 and up is a failure, a redirect handed through is not. */
export function isFailure({ response }: Outcome, stopped: StopReason): boolean {
  return !response || response.status >= 400 || wanting.has(stopped);
}

/** Told by its name and not by its class: a Response made by another copy of undici is as good. */
export function isResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]';
}
