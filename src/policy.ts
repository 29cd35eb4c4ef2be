import { defaultBackoff } from './decisions/backoff.ts';
import { defaultHedge, type HedgeRule } from './decisions/hedging.ts';
import { defaultPropagation, type PropagationRule } from './decisions/propagation.ts';
import { type BudgetRule, defaultBudget } from './decisions/retry-budget.ts';
import { idempotentMethods, type RetryRule } from './decisions/retry-decision.ts';
import type { ConcurrencyRule } from './decisions/slots.ts';
import type { ThrottleRule } from './decisions/throttle.ts';
import type { CircuitRule } from './decisions/trip.ts';
import type { TimeoutOptions } from './options/timeout.ts';
import type { CallOptions } from './options.ts';
import { presets } from './presets.ts';

/** The lengths of the three timeouts, in milliseconds; `false` where there is none. */
export type Timeouts = Required<TimeoutOptions>;

/** What one call to one origin is held to. */
export interface Policy {
  readonly timeout: Timeouts;
  readonly retry: RetryRule | false;
  readonly circuitBreaker: CircuitRule | false;
  readonly retryBudget: BudgetRule | false;
  readonly hedge: HedgeRule | false;
  readonly concurrency: ConcurrencyRule | false;
  readonly throttle: ThrottleRule | false;
  readonly propagation: PropagationRule | false;
  readonly fallback: Exclude<CallOptions['fallback'], undefined>;
  readonly idempotencyKey: CallOptions['idempotencyKey'];
}

const retryAfter = { max: 30_000, scope: 'call' as const };
const noTimeouts: Timeouts = { total: false, attempt: false, body: false };

/** What `concurrency: {}` brings. */
const fixedConcurrency: ConcurrencyRule = {
  max: 100,
  queue: 1_000,
  hold: 'headers',
  adaptive: false,
};
/** What `concurrency: 'adaptive'` brings. */
const adaptiveConcurrency = {
  ...fixedConcurrency,
  max: 200,
  adaptive: { min: 1, max: 200, initial: 20 },
};

/** What `throttle: true` brings. */
const defaultThrottle: ThrottleRule = { k: 2, window: 120_000, maxRejection: 0.9 };

/** What a newcomer gets without an option. Each number has its reason beside the option's own description. */
export const defaults = {
  timeout: { total: 30_000, attempt: 10_000, body: false },
  retry: {
    maxRetries: 3,
    resume: false,
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
    slowCallDuration: false,
    slowCallRatio: 1,
    openFor: 5_000,
    maxOpenFor: 60_000,
    probes: 1,
    successThreshold: 1,
    enforce: true,
  },
  retryBudget: defaultBudget,
  hedge: false,
  concurrency: false,
  throttle: false,
  propagation: false,
  fallback: false,
  idempotencyKey: false,
} as const satisfies Policy;

/** Lays one set of options over a policy: objects key by key, `false` off, a number for what it is short for. */
export function overlay(below: Policy, over: CallOptions): Policy {
  const under = over.preset ? overlay(below, presets[over.preset]) : below;
  return {
    timeout: overlayTimeout(under.timeout, over.timeout),
    retry: overlayRetry(under.retry, over.retry),
    circuitBreaker: overlaySwitch(
      under.circuitBreaker,
      over.circuitBreaker,
      defaults.circuitBreaker,
    ),
    retryBudget: overlaySwitch(under.retryBudget, over.retryBudget, defaults.retryBudget),
    hedge: overlaySwitch(
      under.hedge,
      typeof over.hedge === 'number' ? { delay: over.hedge } : over.hedge,
      defaultHedge,
    ),
    concurrency: overlayConcurrency(under.concurrency, over.concurrency),
    throttle: overlaySwitch(
      under.throttle,
      typeof over.throttle === 'number' ? { k: over.throttle } : over.throttle,
      defaultThrottle,
    ),
    propagation: overlaySwitch<PropagationRule>(
      under.propagation,
      over.propagation,
      defaultPropagation,
    ),
    fallback: over.fallback ?? under.fallback,
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

/** Who makes a limit adaptive, or fixed, keeps what else was said of it: his ceiling, his queue, until when a slot is held. */
function overlayConcurrency(
  under: Policy['concurrency'],
  over: CallOptions['concurrency'],
): Policy['concurrency'] {
  if (over === undefined) return under;
  if (over === false) return false;
  if (over === 'adaptive') return overlayConcurrency(under, { adaptive: true });
  if (typeof over === 'number') return overlayConcurrency(under, { max: over });
  const { adaptive = under && under.adaptive !== false, min, initial, ...fixed } = over;
  const kept = under || (adaptive ? adaptiveConcurrency : fixedConcurrency);
  const rule = merge<ConcurrencyRule>(kept, fixed);
  if (!adaptive) return { ...rule, adaptive: false };
  const { max } = rule;
  const found = merge(rule.adaptive || adaptiveConcurrency.adaptive, { min, initial });
  return { ...rule, adaptive: { ...found, max, initial: Math.min(max, found.initial) } };
}

/** A part that is off, or on with its rule. What is brought back comes with the rule it has by default. */
function overlaySwitch<Rule extends object>(
  under: Rule | false,
  over: Undefinable<Rule> | boolean | undefined,
  brought: Rule,
): Rule | false {
  if (over === undefined) return under;
  if (over === false) return false;
  return merge(under || brought, over === true ? {} : over);
}

type Undefinable<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** `over` upon `under`, where a value of `undefined` says nothing. */
function merge<T extends object>(under: T, over: Undefinable<T> | undefined): T {
  const said = Object.entries(over ?? {}).filter(([, value]) => value !== undefined);
  return said.length === 0 ? under : { ...under, ...Object.fromEntries(said) };
}
