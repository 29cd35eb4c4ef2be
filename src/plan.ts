import { compose, type Send, type Strategy } from './core/pipeline.ts';
import type { Runtime } from './core/runtime.ts';
import type { EndpointOrder } from './decisions/endpoint-choice.ts';
import { idempotentMethods } from './decisions/retry-decision.ts';
import type { Policy } from './policy.ts';
import { attemptTimeout } from './strategies/attempt-timeout.ts';
import { bodyTimeout } from './strategies/body-timeout.ts';
import { circuitBreaker } from './strategies/circuit-breaker.ts';
import { concurrency } from './strategies/concurrency.ts';
import { cooldown } from './strategies/cooldown.ts';
import { deadline } from './strategies/deadline.ts';
import { endpoints } from './strategies/endpoints.ts';
import { fallback } from './strategies/fallback.ts';
import { hedge } from './strategies/hedge.ts';
import { retry } from './strategies/retry.ts';
import { throttle } from './strategies/throttle.ts';

/** A policy, and the pipeline that keeps it. */
export interface Plan {
  readonly policy: Policy;
  readonly send: Send;
}

/**
 * The product: every strategy, outermost first.
 *
 * @param order which of several endpoints a call goes to first, where it may go to several.
 */
export function planFor(
  policy: Policy,
  order: EndpointOrder | undefined,
  attempt: Send,
  runtime: Runtime,
): Plan {
  const { timeout, circuitBreaker: trip } = policy;
  const retryAfter = policy.retry === false ? false : policy.retry.retryAfter;
  const methods = policy.retry === false ? idempotentMethods : policy.retry.methods;
  const heedsCircuit = trip !== false && trip.enforce && !order;
  const lease = timeout.attempt || timeout.total || (trip ? trip.openFor : 0);
  const strategies: (Strategy | false)[] = [
    policy.fallback !== false && fallback(policy.fallback, runtime),
    timeout.total !== false && deadline(timeout.total),
    policy.concurrency !== false && concurrency(policy.concurrency, runtime),
    policy.retry !== false && retry(policy.retry, runtime, policy.retryBudget, heedsCircuit),
    policy.hedge !== false && hedge(policy.hedge, runtime, methods, policy.retryBudget),
    order !== undefined && endpoints(order, runtime),
    retryAfter !== false && retryAfter.scope === 'origin' && cooldown(retryAfter, runtime),
    policy.throttle !== false && throttle(policy.throttle, runtime),
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
