import type { Stop } from './stop.ts';

/** What a context is opened with, beside what it inherits. */
export interface AmbientRule {
  readonly signal?: AbortSignal | undefined;
  /** Ends it too, at its deadline as well: then it needs no timer of its own. */
  readonly stop?: Stop | undefined;
  /** Milliseconds from now, after which nothing is wanted any more. */
  readonly deadline?: number | undefined;
  /** Which try of its caller's this work is; 1 for the first. */
  readonly attempt?: number | undefined;
  /** Whether to retry inside would multiply that. @default from the second try on */
  readonly nested?: boolean | undefined;
  /** Whether the caller asked that nobody below him retries. */
  readonly doNotRetry?: boolean | undefined;
}
