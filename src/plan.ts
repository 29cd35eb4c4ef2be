import { compose, type Send, type Strategy } from './core/pipeline.ts';
import type { Runtime } from './core/runtime.ts';
import type { HostRules } from './hosts.ts';
import type { ClientOptions, HostOptions } from './options.ts';
import { defaults, overlay, type Policy } from './policy.ts';
import { attemptTimeout } from './strategies/attempt-timeout.ts';
import { bodyTimeout } from './strategies/body-timeout.ts';
import { circuitBreaker } from './strategies/circuit-breaker.ts';
import { deadline } from './strategies/deadline.ts';
import { retry } from './strategies/retry.ts';

/** One level of options: a client's own, or those it was extended with. */
export interface Layer {
  readonly options: ClientOptions;
  readonly hosts: HostRules<HostOptions>;
}

/** A policy, and the pipeline that keeps it. */
export interface Plan {
  readonly policy: Policy;
  readonly send: Send;
}

/** The product: every strategy, outermost first. */
export function planFor(policy: Policy, attempt: Send, runtime: Runtime): Plan {
  const { timeout, circuitBreaker: trip } = policy;
  const lease = timeout.attempt || timeout.total || (trip ? trip.openFor : 0);
  const strategies: (Strategy | false)[] = [
    timeout.total !== false && deadline(timeout.total),
    policy.retry !== false && retry(policy.retry, runtime, trip !== false),
    trip !== false && circuitBreaker(trip, runtime, lease),
    timeout.attempt !== false && attemptTimeout(timeout.attempt),
    timeout.body !== false && bodyTimeout(timeout.body),
  ];
  return {
    policy,
    send: compose(
      strategies.filter((strategy) => strategy !== false),
      attempt,
    ),
  };
}

/** The client's own options, then the rules for the host, each from the first layer to the last. */
export function policyOf(url: URL, layers: readonly Layer[]): Policy {
  const rules = layers.map(({ hosts }) => hosts.of(url)).filter((rule) => rule !== undefined);
  return [...layers.map(({ options }) => options), ...rules].reduce<Policy>(overlay, defaults);
}
