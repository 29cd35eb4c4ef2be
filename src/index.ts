import { createClient } from './client.ts';

export {
  type CircuitHandle,
  type Client,
  createClient,
  type Health,
  type OriginHealth,
  type ResilientInit,
} from './client.ts';
export {
  type AttemptLog,
  type CallLog,
  type DelaySource,
  explain,
  type StopReason,
} from './core/call-log.ts';
export {
  CircuitOpenError,
  ClientClosedError,
  ConcurrencyLimitError,
  OptionsError,
  ResilienceError,
  TimeoutError,
  type TimeoutKind,
} from './core/errors.ts';
export type { ChannelMessage, EventBase, EventName, Events, Listener } from './core/events.ts';
export type { Outcome } from './core/outcome.ts';
export type { AttemptInfo } from './decisions/retry-decision.ts';
export type {
  BackoffFunction,
  BackoffOptions,
  CallOptions,
  CircuitBreakerOptions,
  ClientOptions,
  HostOptions,
  PoolOptions,
  RetryAfterOptions,
  RetryOptions,
  TimeoutOptions,
} from './options.ts';

/**
 * `fetch`, but it survives: the same arguments, the same Response, the same errors. A client with every default.
 */
export const resilientFetch = createClient();
