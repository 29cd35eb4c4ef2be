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
  readonly stopped: StopReason | 'pending';
}

/** Whether a substitute that was given once and for all stands in for an outcome: for errors, and what retries did not cure. */
export function isCuredBySubstitute({ response }: Outcome): boolean {
  return !response || isRetryableStatus(response.status);
}

/** Whether a function is asked for a substitute: an answer of 400 and up is a failure, a redirect handed through is not. */
export function isFailure({ response }: Outcome): boolean {
  return !response || response.status >= 400;
}
