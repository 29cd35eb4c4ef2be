import * as v from 'valibot';
import type { Outcome } from '../core/outcome.ts';
import type { AttemptInfo } from '../decisions/retry-decision.ts';
import {
  atLeast,
  between,
  conflict,
  delay,
  fn,
  integer,
  kind,
  object,
  off,
  oneOf,
} from '../schema.ts';

export const backoff = v.pipe(
  object({
    /** How the ceiling grows from one retry to the next. @default 'exponential' */
    type: v.optional(oneOf('exponential', 'linear', 'constant')),
    /** The ceiling before the first retry, in milliseconds. @default 200 */
    base: v.optional(delay),
    /** What an exponential ceiling is multiplied by at each retry. @default 2 */
    factor: v.optional(between(1, Number.MAX_VALUE, 'a number ≥ 1')),
    /** The highest ceiling, in milliseconds. @default 10_000 */
    cap: v.optional(delay),
    /**
     * How the delay is drawn below the ceiling: `full` from 0, `equal` from half of it, `decorrelated` up to three times
     * the delay before, `none` the ceiling itself. Without jitter, clients that failed together return together.
     *
     * @default 'full'
     */
    jitter: v.optional(oneOf('full', 'equal', 'decorrelated', 'none')),
  }),
  conflict(['cap'], ({ base, cap }) =>
    base !== undefined && cap !== undefined && cap < base ? `at least base (${base})` : undefined,
  ),
);

/** How the waits before retries grow. */
export interface BackoffOptions extends v.InferInput<typeof backoff> {}

/** Gives the wait before a retry, in milliseconds. */
export type BackoffFunction = (info: AttemptInfo & { readonly outcome: Outcome }) => number;

export const retryAfter = object({
  /**
   * The longest wait a server may ask for, in milliseconds; where it asks for more, its response is returned at once.
   * Without it, a server that says "in an hour" holds its callers for an hour.
   *
   * @default 30_000
   */
  max: v.optional(delay),
  /**
   * Reads the wait from a response that says it in its own way, in milliseconds; `undefined` leaves it to the standard
   * headers. One that throws, or gives no number above 0, counts as `undefined`.
   */
  parse: v.optional(fn<(response: Response) => number | undefined>('(response) => milliseconds')),
  /**
   * Whom the wait holds: the `call` that was told, or with `origin` every call to that origin, which waits if its deadline
   * allows and is refused at once if not. Without it, each of many callers has to be told by itself.
   *
   * @default 'call'
   */
  scope: v.optional(oneOf('call', 'origin')),
});

/** How a server's own word on the wait is honoured. */
export interface RetryAfterOptions extends v.InferInput<typeof retryAfter> {}

export const retry = object({
  /** Attempts after the first. `retry: 5` is short for this. @default 3 */
  maxRetries: v.optional(atLeast(0)),
  /**
   * Methods whose requests may be sent again after a server may have acted on them. A POST in this list says that the
   * server bears repetition, and two copies at once where `hedge` is on; to make it bear that, see `idempotencyKey`.
   *
   * @default ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'] (RFC 9110, section 9.2.2)
   */
  methods: v.optional(
    v.array(
      v.pipe(v.string('a method name'), v.regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'a method name')),
      'an array of method names',
    ),
  ),
  /** Statuses that are retried, in place of the default ones. @default 408, 425, 429 and 5xx except 501 and 505 */
  statuses: v.optional(
    v.array(integer(400, 599, 'a status from 400 to 599'), 'an array of statuses'),
  ),
  /** How long to wait before a retry: a schedule, or a function that gives milliseconds. */
  backoff: v.optional(
    kind<BackoffOptions, BackoffFunction>('object', backoff, fn('(info) => milliseconds')),
  ),
  /** How a server's own word on the wait is honoured. `false` ignores it. */
  retryAfter: v.optional(
    kind<RetryAfterOptions, false>('object', retryAfter, off('an object, or false')),
  ),
  /**
   * Continues a GET whose body broke off while it was read: the rest is asked for by `Range`, and the caller's stream just
   * goes on. Only where the body is the same for certain, by a strong ETag, or a Last-Modified that is old enough, and not
   * where it comes compressed. Each continuation is a retry: `maxRetries` without a byte between them, from the budget,
   * after a backoff, each time within `timeout.total` anew. A body of another version by then is a `BodyChangedError`.
   * Without it, the last megabyte of a download can cost the whole of it.
   *
   * @default false
   */
  resume: v.optional(v.boolean('a boolean')),
  /**
   * Overrules the table of outcomes in either direction: `true` asks for another attempt, `false` forbids it, `undefined`
   * leaves it to the table. Told of every outcome, a success too; not of an abort by the caller, nor of a refusal. It
   * can't bring back a body that can be sent only once. One that throws counts as `undefined`.
   */
  when: v.optional(
    fn<(outcome: Outcome, info: AttemptInfo) => boolean | undefined | Promise<boolean | undefined>>(
      '(outcome, info) => boolean | undefined',
    ),
  ),
});

/** Which failures are worth another attempt, and when. */
export interface RetryOptions extends v.InferInput<typeof retry> {}
