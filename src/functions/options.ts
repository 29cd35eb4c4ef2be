import * as v from 'valibot';
import { check } from '../check.ts';
import type { ErrorMatcher } from '../decisions/thrown.ts';
import { type CircuitBreakerOptions, circuitBreaker } from '../options/circuit-breaker.ts';
import { backoff, retry } from '../options/retry.ts';
import { type RetryBudgetOptions, retryBudget } from '../options/retry-budget.ts';
import { timeout } from '../options/timeout.ts';
import { atLeast, conflict, fn, kind, length, object, off } from '../schema.ts';

const errors = v.optional(
  v.array(
    v.custom<ErrorMatcher>(
      (value) => ['function', 'string', 'number'].includes(typeof value),
      'an error class, a code, or a function (error) => boolean',
    ),
    'an array of error classes, codes and functions',
  ),
);

const functionTimeout = v.pipe(
  object({
    /** Bounds the whole call, in milliseconds: every attempt, and the waits between them. @default 30_000 */
    total: timeout.entries.total,
    /**
     * Bounds one attempt, in milliseconds: its signal is aborted, and what comes of it all the same is dropped. Only for a
     * function that hears its signal: one that does not goes on beside its own repetition.
     *
     * @default false
     */
    attempt: timeout.entries.attempt,
  }),
  conflict(['attempt'], ({ total, attempt }) =>
    total && attempt && attempt > total ? `at most timeout.total (${total})` : undefined,
  ),
);

const functionRetry = object({
  /** Attempts after the first. `retry: 5` is short for this. @default 3 */
  maxRetries: retry.entries.maxRetries,
  /** How long to wait before a retry: a schedule, or a function that gives milliseconds. */
  backoff: retry.entries.backoff,
});

interface FunctionTimeout extends v.InferInput<typeof functionTimeout> {}
interface FunctionRetry extends v.InferInput<typeof functionRetry> {}

const retryPolicy = object({
  /**
   * What is called, as circuit, budget and events know it: policies of one name share those. Without a name, a policy
   * remembers for itself, so it is of use only where it is made once and used again.
   */
  name: v.optional(v.pipe(v.string('a string'), v.nonEmpty('a name'))),
  /** How long to wait for what. A number is short for `total`; `false` switches both off. */
  timeout: v.optional(
    kind<FunctionTimeout, number | false>(
      'object',
      functionTimeout,
      kind('number', length, off('an object, milliseconds (the total), or false')),
    ),
  ),
  /** How often and when to try again. A number is short for `maxRetries`; `false` switches it off. */
  retry: v.optional(
    kind<FunctionRetry, number | false>(
      'object',
      functionRetry,
      kind('number', atLeast(0), off('an object, a number of retries, or false')),
    ),
  ),
  /** When to stop calling what fails, as for an origin. `false` switches it off. */
  circuitBreaker: v.optional(
    kind<CircuitBreakerOptions, boolean>(
      'object',
      circuitBreaker,
      v.boolean('an object, or a boolean'),
    ),
  ),
  /** Bounds retries by what goes well, as for an origin. `false` switches it off. */
  retryBudget: v.optional(
    kind<RetryBudgetOptions, boolean>('object', retryBudget, v.boolean('an object, or a boolean')),
  ),
  /**
   * Errors that are tried again, by class, code or a function; every other is as well, but for those below and for bugs
   * (TypeError, ReferenceError, RangeError, SyntaxError, a failed assertion). A bug is tried again only where its class, or
   * its code, stands here; that it is an Error, or that a function says so, is not enough.
   */
  recoverable: errors,
  /** Errors that will come again for this input. They are not tried again, and the circuit takes no notice of them. */
  permanent: errors,
  /**
   * Errors after which nothing goes well any more, such as revoked credentials. They are not tried again, and open the
   * circuit at once: calls that wait for a retry end with the error that they had, further ones are refused, and a probe
   * finds out later whether it is mended.
   */
  terminal: errors,
  /** Where jitter comes from: numbers from 0 up to 1. @default Math.random */
  random: v.optional(fn<() => number>('() => number from 0 to 1')),
});

/** What the calls of a function are held to. By the names that a client's options have, where they mean the same. */
export interface RetryPolicy extends v.InferInput<typeof retryPolicy> {}

const call = object({
  /** Stops the call, in an attempt or in a wait; it rejects with the signal's reason. */
  signal: v.optional(v.custom<AbortSignal>(isSignal, 'an AbortSignal')),
  /** What every attempt is given as its key, so that another service can tell a repetition. @default a UUID */
  idempotencyKey: v.optional(v.pipe(v.string('a string'), v.nonEmpty('a key'))),
});

/** What belongs to one call alone. */
export interface RetryCall extends v.InferInput<typeof call> {}

function isSignal(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AbortSignal]';
}

/** Every option of a policy with its place. */
export const policyNames: readonly string[] = Object.entries({
  '': retryPolicy,
  'timeout.': functionTimeout,
  'retry.': functionRetry,
  'retry.backoff.': backoff,
  'circuitBreaker.': circuitBreaker,
  'retryBudget.': retryBudget,
}).flatMap(([place, { entries }]) => Object.keys(entries).map((name) => place + name));

/** Checks a policy; throws an OptionsError that names every fault. */
export const checkPolicy = (policy: unknown): RetryPolicy =>
  check<RetryPolicy>(retryPolicy, policy, policyNames);

/** Checks what was given for one call; throws an OptionsError that names every fault. */
export const checkCall = (given: unknown): RetryCall =>
  check<RetryCall>(call, given, Object.keys(call.entries));
