import * as v from 'valibot';
import { atLeast, between, conflict, length, lengthOrOff, object } from '../schema.ts';

export const circuitBreaker = v.pipe(
  object({
    /** Opens when this share of the window's attempts failed. @default 0.5 */
    failureRatio: v.optional(between(Number.MIN_VALUE, 1, 'a number above 0 and at most 1')),
    /** Attempts in the window before the ratio means anything. Without it, one failed first call opens. @default 20 */
    minimumThroughput: v.optional(atLeast(1)),
    /** The length of the sliding window, in milliseconds. @default 10_000 */
    window: v.optional(length),
    /**
     * Opens after this many failures in a row, whatever the ratio: the rule for a quiet client. Connections that are lost
     * between two answers, as all are at once when a proxy is reloaded, are no failures for 5 s from the first one on.
     *
     * @default 10
     */
    consecutiveFailures: v.optional(atLeast(1)),
    /**
     * An attempt that takes this long to its headers, or to its failure, is slow, in milliseconds. Slow attempts count,
     * and a slow probe fails. Without it, an origin whose every answer comes at the last moment is as good as any.
     *
     * @default false
     */
    slowCallDuration: v.optional(lengthOrOff),
    /** Opens when this share of the window's attempts was slow. @default 1 (as resilience4j) */
    slowCallRatio: v.optional(between(Number.MIN_VALUE, 1, 'a number above 0 and at most 1')),
    /** How long it stays open the first time, in milliseconds. @default 5_000 */
    openFor: v.optional(length),
    /** The longest it stays open, as each failed probe doubles the time, in milliseconds. @default 60_000 */
    maxOpenFor: v.optional(length),
    /**
     * Attempts let out at once while it is half-open. One is the least load on an origin that is coming up; more of them
     * decide sooner where `successThreshold` asks for several.
     *
     * @default 1
     */
    probes: v.optional(atLeast(1)),
    /**
     * Probes that must succeed before it closes; the first that fails re-opens it. Where they are more than `probes`, they
     * go out one after another. Without it, one lucky answer brings back the whole load.
     *
     * @default 1
     */
    successThreshold: v.optional(atLeast(1)),
    /**
     * `false` refuses nothing: the circuit counts, opens, probes and tells of it as ever, and what it would have refused
     * is let out, with the event `circuit.wouldRefuse`. For trying a rule on real traffic.
     *
     * @default true
     */
    enforce: v.optional(v.boolean('a boolean')),
  }),
  conflict(['maxOpenFor'], ({ openFor, maxOpenFor }) =>
    openFor && maxOpenFor && maxOpenFor < openFor ? `at least openFor (${openFor})` : undefined,
  ),
);

/** When to stop sending to an origin that fails. */
export interface CircuitBreakerOptions extends v.InferInput<typeof circuitBreaker> {}
