import { defaultBackoff } from './decisions/backoff.ts';
import { idempotentMethods, type RetryRule } from './decisions/retry-decision.ts';
import type { TripRule } from './decisions/trip.ts';
import type { CallOptions, TimeoutOptions } from './options.ts';

/** The lengths of the three timeouts, in milliseconds; `false` where there is none. */
export type Timeouts = Required<TimeoutOptions>;

/** What one call to one origin is held to. */
export interface Policy {
  readonly timeout: Timeouts;
  readonly retry: RetryRule | false;
  readonly circuitBreaker: TripRule | false;
  readonly idempotencyKey: CallOptions['idempotencyKey'];
}

const retryAfter = { max: 30_000 };
const noTimeouts: Timeouts = { total: false, attempt: false, body: false };

/** What a newcomer gets without an option. Each number has its reason beside the option's own description. */
export const defaults = {
  timeout: { total: 30_000, attempt: 10_000, body: false },
  retry: {
    maxRetries: 3,
    methods: idempotentMethods,
    statuses: undefined,
    backoff: defaultBackoff,
    retryAfter,
    when: undefined,
  },
  circuitBreaker: {
    failureRatio: 0.5,
    minimumThroughput: 20,
    window: 10_000,
    consecutiveFailures: 10,
    openFor: 5_000,
    maxOpenFor: 60_000,
  },
  idempotencyKey: false,
} as const satisfies Policy;

/** Lays one set of options over a policy: objects key by key, `false` off, a number for what it is short for. */
export function overlay(under: Policy, over: CallOptions): Policy {
  return {
    timeout: overlayTimeout(under.timeout, over.timeout),
    retry: overlayRetry(under.retry, over.retry),
    circuitBreaker: overlayCircuitBreaker(under.circuitBreaker, over.circuitBreaker),
    idempotencyKey: over.idempotencyKey ?? under.idempotencyKey,
  };
}

function overlayTimeout(under: Timeouts, over: CallOptions['timeout']): Timeouts {
  if (over === false) return noTimeouts;
  return merge(under, typeof over === 'number' ? { total: over } : over);
}

function overlayRetry(under: Policy['retry'], over: CallOptions['retry']): Policy['retry'] {
  if (over === undefined) return under;
  if (over === false) return false;
  const base: RetryRule = under || defaults.retry;
  if (typeof over === 'number') return { ...base, maxRetries: over };
  return {
    ...merge(base, { ...over, backoff: undefined, retryAfter: undefined }),
    methods: over.methods?.map((name) => name.toUpperCase()) ?? base.methods,
    backoff:
      typeof over.backoff === 'object'
        ? merge(typeof base.backoff === 'function' ? defaultBackoff : base.backoff, over.backoff)
        : (over.backoff ?? base.backoff),
    retryAfter:
      typeof over.retryAfter === 'object'
        ? merge(base.retryAfter || retryAfter, over.retryAfter)
        : (over.retryAfter ?? base.retryAfter),
  };
}

function overlayCircuitBreaker(
  under: Policy['circuitBreaker'],
  over: CallOptions['circuitBreaker'],
): Policy['circuitBreaker'] {
  if (over === undefined) return under;
  if (over === false) return false;
  return merge(under || defaults.circuitBreaker, over === true ? {} : over);
}

/** `over` upon `under`, where a value of `undefined` says nothing. */
function merge<T extends object>(
  under: T,
  over: { [Key in keyof T]?: T[Key] | undefined } | undefined,
): T {
  const said = Object.entries(over ?? {}).filter(([, value]) => value !== undefined);
  return said.length === 0 ? under : { ...under, ...Object.fromEntries(said) };
}
