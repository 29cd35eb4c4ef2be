import * as v from 'valibot';
import type { Outcome } from './core/outcome.ts';
import type { AttemptInfo } from './decisions/retry-decision.ts';
import {
  atLeast,
  between,
  check,
  conflict,
  delay,
  fn,
  integer,
  kind,
  length,
  object,
  off,
  oneOf,
  record,
  type Schema,
} from './schema.ts';

const lengthOrOff = kind('number', length, off('milliseconds, or false'));

const timeout = v.pipe(
  object({
    /**
     * Bounds the whole call, in milliseconds: queueing, every attempt and the waits between them, to the headers of the
     * final response. No attempt begins after it. `false` leaves a call unbounded.
     *
     * @default 30_000 (as .NET's standard resilience handler)
     */
    total: v.optional(lengthOrOff),
    /**
     * Bounds one attempt, in milliseconds, to its headers. Without it, one hung connection uses up the whole call.
     *
     * @default 10_000 (as .NET's standard resilience handler)
     */
    attempt: v.optional(lengthOrOff),
    /**
     * Bounds the silence while the body is read, in milliseconds: from asking for a chunk to its arrival. What runs out
     * is a `TimeoutError` from the read. Without it, a server that stops in the middle of a body holds its reader until
     * undici's own backstop of 300 s.
     *
     * @default false
     */
    body: v.optional(lengthOrOff),
  }),
  conflict(['attempt'], ({ total, attempt }) =>
    total && attempt && attempt > total ? `at most timeout.total (${total})` : undefined,
  ),
);

/** How long to wait for what. */
export interface TimeoutOptions extends v.InferInput<typeof timeout> {}

const backoff = v.pipe(
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

const retryAfter = object({
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
});

/** How a server's own word on the wait is honoured. */
export interface RetryAfterOptions extends v.InferInput<typeof retryAfter> {}

const retry = object({
  /** Attempts after the first. `retry: 5` is short for this. @default 3 */
  maxRetries: v.optional(atLeast(0)),
  /**
   * Methods whose requests may be sent again after a server may have acted on them. A POST in this list says that the
   * endpoint bears repetition; to make one bear it, see `idempotencyKey`.
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

const circuitBreaker = v.pipe(
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

/** What can be set for a client, for a host, and for one call. */
const policyEntries = {
  /** How long to wait for what. A number is short for `total`; `false` switches all three off. */
  timeout: v.optional(
    kind<TimeoutOptions, number | false>(
      'object',
      timeout,
      kind('number', length, off('an object, milliseconds (the total), or false')),
    ),
  ),
  /** Which failures are worth another attempt, and when. A number is short for `maxRetries`; `false` switches it off. */
  retry: v.optional(
    kind<RetryOptions, number | false>(
      'object',
      retry,
      kind('number', atLeast(0), off('an object, a number of retries, or false')),
    ),
  ),
  /** When to stop sending to an origin that fails. `false` switches it off; `true` brings a switched-off one back. */
  circuitBreaker: v.optional(
    kind<CircuitBreakerOptions, boolean>(
      'object',
      circuitBreaker,
      v.boolean('an object, or a boolean'),
    ),
  ),
};

const windowAgainstAttempt = () =>
  conflict<v.InferOutput<v.StrictObjectSchema<typeof policyEntries, string>>>(
    ['circuitBreaker', 'window'],
    ({ timeout, circuitBreaker }) => {
      const attempt = typeof timeout === 'object' && timeout.attempt;
      const window = typeof circuitBreaker === 'object' && circuitBreaker.window;
      return attempt && window && window < attempt
        ? `at least timeout.attempt (${attempt}), or slow failures leave it as they come`
        : undefined;
    },
  );

const keyMaker = fn<() => string>('() => string');

/** For a client or a host, where one fixed key would make different requests look like repetitions of one. */
const keyForMany = v.optional(
  kind(
    'boolean',
    v.boolean(),
    fn<() => string>('() => string, or a boolean (a fixed key is for one call)'),
  ),
);

const hostEntries = {
  ...policyEntries,
  /**
   * Adds an `Idempotency-Key` to each POST and PATCH that has none, the same on all its attempts, so that it is safe to
   * retry where the server knows the header. `true` draws a UUID; a function makes its own.
   *
   * @default false
   */
  idempotencyKey: keyForMany,
};

const hostOptions = v.pipe(object(hostEntries), windowAgainstAttempt());

const callOptions = v.pipe(
  object({
    ...policyEntries,
    /**
     * Adds an `Idempotency-Key` to this request if it is a POST or PATCH that has none, the same on all its attempts.
     * `true` draws a UUID; a string is the key itself; a function makes one.
     *
     * @default false
     */
    idempotencyKey: v.optional(
      kind(
        'function',
        keyMaker,
        kind('string', v.string(), v.boolean('a boolean, a string or a function () => string')),
      ),
    ),
  }),
  windowAgainstAttempt(),
);

const passed = (text: string) => record(v.unknown(), text);
const booleanOrPassed = kind(
  'object',
  passed('an object'),
  v.boolean("an object of undici's options, or a boolean"),
);

const pool = object({
  /** Sockets per origin; more calls than that wait. @default unlimited, as undici */
  connections: v.optional(atLeast(1)),
  /** Bounds the making of a connection, in milliseconds. undici's clock for it is coarse (about 500 ms). @default 10_000 */
  connectTimeout: v.optional(length),
  /** How long an idle connection is kept, in milliseconds, where the server names no time. @default 4_000 */
  keepAliveTimeout: v.optional(length),
  /** Requests sent ahead on one connection. @default 1 */
  pipelining: v.optional(atLeast(0)),
  /** `true` takes `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` from the environment; a string is the proxy itself. */
  proxy: v.optional(
    kind('string', v.pipe(v.string(), v.url('a URL')), v.boolean('a URL, or a boolean')),
  ),
  /** undici's DNS cache: `true`, or its options. */
  dns: v.optional(booleanOrPassed),
  /** undici's HTTP cache (RFC 9111, with stale-if-error): `true`, or its options. */
  cache: v.optional(booleanOrPassed),
  /** undici's coalescing of concurrent identical GETs: `true`, or its options. */
  deduplicate: v.optional(booleanOrPassed),
  /** Anything else that undici's `Agent` takes, by undici's names. */
  agent: v.optional(passed("an object of undici's Agent options")),
});

const isFetch = fn<typeof globalThis.fetch>('with the signature of fetch');

const clientOptions = v.pipe(
  object({
    ...hostEntries,
    /** What the client is called in events and in `health()`. @default 'default' */
    name: v.optional(v.pipe(v.string('a string'), v.nonEmpty('a name'))),
    /** What a relative input is resolved against, its path taken as a folder. An absolute URL stays as it is. */
    baseUrl: v.optional(
      v.pipe(
        v.string('an absolute http or https URL'),
        v.check(
          (url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''),
          'an absolute http or https URL',
        ),
      ),
    ),
    /** Headers of every request that does not set them itself. */
    headers: v.optional(record(v.string('a string'), 'an object of strings')),
    /** Rules for some hosts: `host`, `host:port`, a full origin, or `*.suffix`. The most specific one stands over the client's own. */
    hosts: v.optional(record(hostOptions as Schema<HostOptions>, 'an object')),
    /** What sends one attempt. @default the process's own `fetch`, looked up at each call */
    fetch: v.optional(isFetch),
    /** Gives the client connections of its own, an undici `Agent`: `true`, or its settings. @default the process's own */
    pool: v.optional(
      kind<PoolOptions, boolean>('object', pool, v.boolean('an object, or a boolean')),
    ),
    /** Origins whose state is kept; idle ones with a closed circuit go first. @default 1_000 */
    maxOrigins: v.optional(atLeast(1)),
    /** Where jitter comes from: numbers from 0 up to 1. @default Math.random */
    random: v.optional(fn<() => number>('() => number from 0 to 1')),
  }),
  windowAgainstAttempt(),
);

/** Options of a client. Plain data, but for the few that are functions, so that they can come from a JSON file. */
export interface ClientOptions extends v.InferInput<typeof clientOptions> {}
/** Options of one host of a client. */
export interface HostOptions extends v.InferInput<typeof hostOptions> {}
/** Options of one call, under the key `resilience` of its init. */
export interface CallOptions extends v.InferInput<typeof callOptions> {}
/** Settings of a client's own connections. */
export interface PoolOptions extends v.InferInput<typeof pool> {}

/** Every option with its place. */
const names = Object.entries({
  '': { entries: { ...clientOptions.entries, ...callOptions.entries } },
  'timeout.': timeout,
  'retry.': retry,
  'retry.backoff.': backoff,
  'retry.retryAfter.': retryAfter,
  'circuitBreaker.': circuitBreaker,
  'pool.': pool,
}).flatMap(([place, { entries }]) => Object.keys(entries).map((name) => place + name));

/** Checks a client's options; throws an OptionsError that names every fault. */
export const checkClientOptions = (options: unknown): ClientOptions =>
  check<ClientOptions>(clientOptions, options, names);

/** Checks one call's options; throws an OptionsError that names every fault. */
export const checkCallOptions = (options: unknown): CallOptions =>
  check<CallOptions>(callOptions, options, names);
