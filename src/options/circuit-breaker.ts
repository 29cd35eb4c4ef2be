import * as v from 'valibot';
import { atLeast, between, conflict, length, object } from '../schema.ts';

export const circuitBreaker = v.pipe(
  object({
    /** Opens when this share of the window's attempts failed. @default 0.5 */
    failureRatio: v.optional(between(Number.MIN_VALUE, 1, 'a number above 0 and at most 1')),
    /** Attempts in the window before the ratio means anything. Without it, one failed first call opens. @default 20 */
    minimumThroughput: v.optional(atLeast(1)),
    /** The length of the sliding window, in milliseconds. @default 10_000 */
    window: v.optional(length),
    /** Opens after this many failures in a row, whatever the ratio: the rule for a quiet client. @default 10 */
    consecutiveFailures: v.optional(atLeast(1)),
    /** How long it stays open the first time, in milliseconds. @default 5_000 */
    openFor: v.optional(length),
    /** The longest it stays open, as each failed probe doubles the time, in milliseconds. @default 60_000 */
    maxOpenFor: v.optional(length),
  }),
  conflict(['maxOpenFor'], ({ openFor, maxOpenFor }) =>
    openFor && maxOpenFor && maxOpenFor < openFor ? `at least openFor (${openFor})` : undefined,
  ),
);

/** When to stop sending to an origin that fails. */
export interface CircuitBreakerOptions extends v.InferInput<typeof circuitBreaker> {}
