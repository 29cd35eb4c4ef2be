import { createClient } from './client.ts';

export { type Client, createClient, type ResilientInit } from './client.ts';
export {
  type CallContext,
  currentContext,
  withContext,
  withDeadline,
  withoutContext,
} from './context.ts';
export type {
  AttemptLog,
  CallLog,
  DelaySource,
  StepLog,
  StopReason,
} from './core/call-log.ts';
export type { Explanation } from './core/chronicle.ts';
export {
  BodyChangedError,
  CircuitOpenError,
  ClientClosedError,
  ConcurrencyLimitError,
  CooldownError,
  type Crowd,
  OptionsError,
  type Refusal,
  ResilienceError,
  ThrottledError,
  TimeoutError,
  type TimeoutKind,
} from './core/errors.ts';
export type {
  ChannelMessage,
  EventBase,
  EventName,
  Events,
  HedgeRefusal,
  Listener,
} from './core/events.ts';
export { explain } from './core/explain.ts';
export type { Outcome } from './core/outcome.ts';
export type { CircuitState } from './core/per-origin.ts';
export type { FailureInfo } from './decisions/fallback.ts';
export type { AttemptInfo } from './decisions/retry-decision.ts';
export type { ErrorClass, ErrorMatcher } from './decisions/thrown.ts';
export { type Attempt, currentAttempt } from './functions/attempt.ts';
export type { RetryCall, RetryPolicy } from './functions/options.ts';
export type { ConcurrencyHealth, Health, HedgeHealth, OriginHealth } from './health.ts';
export { checkOptions } from './levels.ts';
export type { EndpointOptions } from './options/base-url.ts';
export type { CircuitBreakerOptions } from './options/circuit-breaker.ts';
export type { ConcurrencyOptions } from './options/concurrency.ts';
export type { ContextOptions } from './options/context.ts';
export type { FallbackFunction } from './options/fallback.ts';
export type { HedgeOptions } from './options/hedge.ts';
export type { PoolOptions } from './options/pool.ts';
export type { PropagationOptions } from './options/propagation.ts';
export type {
  BackoffFunction,
  BackoffOptions,
  RetryAfterOptions,
  RetryOptions,
} from './options/retry.ts';
export type { RetryBudgetOptions } from './options/retry-budget.ts';
export type { ThrottleOptions } from './options/throttle.ts';
export type { TimeoutOptions } from './options/timeout.ts';
export type { CallOptions, ClientOptions, HostOptions } from './options.ts';
export type { CircuitHandle } from './origins.ts';
export { type Retry, retry } from './retry.ts';
export { type RetryableMethod, retryable } from './retryable.ts';
export { type OpenScope, openScope, type Scope, type ScopeOptions, scope } from './scope.ts';

/**
 * `fetch`, but it survives: the same arguments, the same Response, the same errors. A client with every default.
 */
export const resilientFetch = createClient();
