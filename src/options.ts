import * as v from 'valibot';
import { check } from './check.ts';
import { baseUrl, endpoint, weightsAgainstOrder } from './options/base-url.ts';
import { type CircuitBreakerOptions, circuitBreaker } from './options/circuit-breaker.ts';
import { type ConcurrencyOptions, concurrency } from './options/concurrency.ts';
import { fallback } from './options/fallback.ts';
import { headers } from './options/headers.ts';
import { type HedgeOptions, hedge } from './options/hedge.ts';
import { type PoolOptions, pool } from './options/pool.ts';
import { type PropagationOptions, propagation } from './options/propagation.ts';
import { backoff, type RetryOptions, retry, retryAfter } from './options/retry.ts';
import { type RetryBudgetOptions, retryBudget } from './options/retry-budget.ts';
import { type ThrottleOptions, throttle } from './options/throttle.ts';
import { type TimeoutOptions, timeout } from './options/timeout.ts';
import {
  atLeast,
  between,
  conflict,
  fn,
  kind,
  length,
  object,
  off,
  oneOf,
  record,
  type Schema,
} from './schema.ts';

const text = {
  hedge: 'an object, milliseconds (the delay), or a boolean',
  concurrency: "an object, a number of slots, 'adaptive', or false",
  throttle: 'an object, a number (k), or a boolean',
};

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
  /**
   * Bounds retries and second copies by what goes well: each takes a token of its origin, and each call that is answered
   * well puts a part of one back; a retry that is answered well after a failure other than a timeout, all of its own. A
   * refused retry leaves the last real outcome standing. Without it, the retries of many
   * clients keep a server down that could have come back. `false` switches it off; `true` brings it back.
   */
  retryBudget: v.optional(
    kind<RetryBudgetOptions, boolean>('object', retryBudget, v.boolean('an object, or a boolean')),
  ),
  /**
   * Sends a second copy of a request that is slow to be answered, if its method is one of `retry.methods` or it has an
   * `Idempotency-Key`, and its body can be sent again; the first good answer wins. `true` after the origin's 95th
   * percentile, a number after so many milliseconds.
   *
   * @default false
   */
  hedge: v.optional(
    kind<HedgeOptions, number | boolean>(
      'object',
      hedge,
      kind('number', length, v.boolean(text.hedge)),
    ),
  ),
  /**
   * Bounds the calls to an origin that are under way at once; the others wait for a slot, first come, first served,
   * until their deadline. A number is short for `max`; `'adaptive'` finds the limit by itself.
   *
   * @default false
   */
  concurrency: v.optional(
    kind<ConcurrencyOptions, number | 'adaptive' | false>(
      'object',
      concurrency,
      kind<number, 'adaptive' | false>(
        'number',
        atLeast(1),
        kind('string', v.literal('adaptive', text.concurrency), off(text.concurrency)),
      ),
    ),
  ),
  /**
   * Refuses requests here, in proportion, while the server rejects them (429, 503, no answer). A number is short for `k`.
   *
   * @default false
   */
  throttle: v.optional(
    kind<ThrottleOptions, number | boolean>(
      'object',
      throttle,
      kind('number', between(1, Number.MAX_SAFE_INTEGER, 'a number ≥ 1'), v.boolean(text.throttle)),
    ),
  ),
  /**
   * Tells the services that are asked how long is waited for them, and which try this is, by headers of each attempt; for
   * those of your own, by a rule for their hosts, as it is no business of anybody else's. (The platform's `fetch` takes
   * such headers with it through redirects, and undici's coalescing takes requests that differ in them for different ones.)
   * `true` sends the default ones.
   *
   * @default false
   */
  propagation: v.optional(
    kind<PropagationOptions, boolean>('object', propagation, v.boolean('an object, or a boolean')),
  ),
  /**
   * What a call gives in the place of a failure: a Response, for an error and for an answer that retries did not cure, or
   * a function that is asked about these and every other status from 400 up, and gives a Response or `undefined`. Never
   * asked after an abort by the caller. One that throws counts as `undefined`. No timeout bounds it.
   *
   * @default false
   */
  fallback: v.optional(fallback),
  /**
   * A set of options for one kind of traffic, under those given beside it: `interactive` (somebody waits for the page),
   * `batch` (nobody waits; politeness before speed), `streaming` (long answers read as they come), `critical` (worth
   * more requests than others).
   */
  preset: v.optional(oneOf('interactive', 'batch', 'streaming', 'critical')),
};

type PolicyOptions = v.InferOutput<v.StrictObjectSchema<typeof policyEntries, string>>;

const windowAgainstAttempt = () =>
  conflict<PolicyOptions>(['circuitBreaker', 'window'], ({ timeout, circuitBreaker }) => {
    const attempt = typeof timeout === 'object' && timeout.attempt;
    const window = typeof circuitBreaker === 'object' && circuitBreaker.window;
    return attempt && window && window < attempt
      ? `at least timeout.attempt (${attempt}), or slow failures leave it as they come`
      : undefined;
  });

const slowAgainstAttempt = () =>
  conflict<PolicyOptions>(['circuitBreaker', 'slowCallDuration'], ({ timeout, circuitBreaker }) => {
    const attempt = typeof timeout === 'object' && timeout.attempt;
    const slow = typeof circuitBreaker === 'object' && circuitBreaker.slowCallDuration;
    return attempt && slow && slow > attempt
      ? `at most timeout.attempt (${attempt}), or no attempt lasts long enough to be slow`
      : undefined;
  });

/** The shorter of the two timeouts ends the first copy, or the whole call, before the second is sent. */
const hedgeAgainstTimeout = () =>
  conflict<PolicyOptions>(['hedge', 'delay'], ({ timeout, hedge }) => {
    const { total, attempt } =
      typeof timeout === 'object' ? timeout : { total: timeout, attempt: undefined };
    const delay = typeof hedge === 'object' ? hedge.delay : hedge;
    if (typeof delay !== 'number') return undefined;
    const [name, bound] = attempt ? (['attempt', attempt] as const) : (['total', total] as const);
    return bound && delay >= bound
      ? `less than timeout.${name} (${bound}), or no second copy is ever sent`
      : undefined;
  });

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

const hostOptions = v.pipe(
  object(hostEntries),
  windowAgainstAttempt(),
  slowAgainstAttempt(),
  hedgeAgainstTimeout(),
);

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
  slowAgainstAttempt(),
  hedgeAgainstTimeout(),
);

const isFetch = fn<typeof globalThis.fetch>('with the signature of fetch');

const clientOptions = v.pipe(
  object({
    ...hostEntries,
    /** What the client is called in events and in `health()`. @default 'default' */
    name: v.optional(v.pipe(v.string('a string'), v.nonEmpty('a name'))),
    /**
     * What a relative input is resolved against, its path taken as a folder; an absolute URL stays as it is, and one that
     * names another host without a scheme (`//host`) is no URL, as for the platform's `fetch`. Several are
     * several places that serve the same: a call that fails at one is retried at another, and each has a circuit of its
     * own. When all circuits are open, the place that would be probed soonest is tried. Of the rules for hosts, those for
     * the first hold for the call as a whole (its deadline, its retries), and those for each place for what is sent there.
     */
    baseUrl: v.optional(baseUrl),
    /**
     * Which of several base URLs a call goes to first: the first one that is well, or each in proportion to its weight.
     *
     * @default 'ordered', or 'weighted' where a base URL has a weight
     */
    endpoints: v.optional(oneOf('ordered', 'weighted')),
    /**
     * Headers of every request that does not set them itself. With a `baseUrl` they go to its origin, and to any other that
     * an absolute URL names only `accept`, `accept-language`, `content-language`, `content-type` and `user-agent`: a token
     * is for whom it was made. For another host of the same service, `extend({ baseUrl })`. Without a `baseUrl` they go
     * wherever a call goes.
     */
    headers: v.optional(headers),
    /** Rules for some hosts: `host`, `host:port`, a full origin, or `*.suffix`. The most specific one stands over the client's own. */
    hosts: v.optional(record(hostOptions as Schema<HostOptions>, 'an object')),
    /** What sends one attempt. @default the process's own `fetch`, looked up at each call */
    fetch: v.optional(isFetch),
    /** Gives the client connections of its own, an undici `Agent`: `true`, or its settings. @default the process's own */
    pool: v.optional(
      kind<PoolOptions, boolean>('object', pool, v.boolean('an object, or a boolean')),
    ),
    /**
     * Traces and metrics, wherever an OpenTelemetry SDK is registered in the process; without one they cost nothing.
     *
     * @default true
     */
    telemetry: v.optional(v.boolean('a boolean')),
    /** Origins whose state is kept; idle ones with a closed circuit go first. @default 1_000 */
    maxOrigins: v.optional(atLeast(1)),
    /** Where jitter comes from: numbers from 0 up to 1. @default Math.random */
    random: v.optional(fn<() => number>('() => number from 0 to 1')),
  }),
  windowAgainstAttempt(),
  slowAgainstAttempt(),
  hedgeAgainstTimeout(),
  weightsAgainstOrder(),
);

/** Options of a client. Plain data, but for the few that are functions, so that they can come from a JSON file. */
export interface ClientOptions extends v.InferInput<typeof clientOptions> {}
/** Options of one host of a client. */
export interface HostOptions extends v.InferInput<typeof hostOptions> {}
/** Options of one call, under the key `resilience` of its init. */
export interface CallOptions extends v.InferInput<typeof callOptions> {}

/** Every option with its place. */
export const optionNames: readonly string[] = Object.entries({
  '': { entries: { ...clientOptions.entries, ...callOptions.entries } },
  'baseUrl.': endpoint,
  'timeout.': timeout,
  'retry.': retry,
  'retry.backoff.': backoff,
  'retry.retryAfter.': retryAfter,
  'circuitBreaker.': circuitBreaker,
  'retryBudget.': retryBudget,
  'hedge.': hedge,
  'concurrency.': concurrency,
  'throttle.': throttle,
  'propagation.': propagation,
  'pool.': pool,
}).flatMap(([place, { entries }]) => Object.keys(entries).map((name) => place + name));

/** Checks a client's options; throws an OptionsError that names every fault. */
export const checkClientOptions = (options: unknown): ClientOptions =>
  check<ClientOptions>(clientOptions, options, optionNames);

/** Checks one call's options; throws an OptionsError that names every fault. */
export const checkCallOptions = (options: unknown): CallOptions =>
  check<CallOptions>(callOptions, options, optionNames);
