import { compose, type Send, type Strategy } from './core/pipeline.ts';
import type { Endpoint } from './core/route.ts';
import type { Runtime } from './core/runtime.ts';
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
import { propagation } from './strategies/propagation.ts';
import { resume } from './strategies/resume.ts';
import { retry } from './strategies/retry.ts';
import { throttle } from './strategies/throttle.ts';

/** A policy, and the pipeline that keeps it. */
export interface Plan {
  readonly policy: Policy;
  /** Sends a call. */
  readonly send: Send;
  /** Sends one attempt of it. */
  readonly sendAttempt: Send;
  /** What stands around a request that another origin has redirected to this one. */
  readonly ofHop: readonly Strategy[];
}

/**
 * The product: every strategy, outermost first, those of the call and those of the attempt. Where a call may go to several
 * places, those of the call are kept by the first one's policy, and those of an attempt by that of the place it goes to.
 *
 * @param sendAt how an attempt is sent to one of several places, where there are several.
 */
export function planFor(
  policy: Policy,
  attempt: Send,
  runtime: Runtime,
  sendAt?: (place: Endpoint) => Send,
): Plan {
  const { timeout, circuitBreaker: trip } = policy;
  const retryAfter = policy.retry === false ? false : policy.retry.retryAfter;
  const methods = policy.retry === false ? idempotentMethods : policy.retry.methods;
  const heedsCircuit = trip !== false && trip.enforce;
  const lease = timeout.attempt || timeout.total || (trip ? trip.openFor : 0);
  const mark = policy.propagation === false ? undefined : policy.propagation.doNotRetry;
  const ofCall = [
    policy.fallback !== false && fallback(policy.fallback, runtime),
    timeout.total !== false && deadline(timeout.total, runtime),
    policy.concurrency !== false && concurrency(policy.concurrency, runtime),
    policy.retry !== false && policy.retry.resume === true && resume(timeout.total, runtime),
    policy.retry !== false && retry(policy.retry, runtime, policy.retryBudget, heedsCircuit, mark),
    policy.hedge !== false && hedge(policy.hedge, runtime, methods, policy.retryBudget, retryAfter),
    sendAt !== undefined && endpoints(retryAfter, sendAt, runtime),
  ];
  const ofHop = [
    retryAfter !== false && retryAfter.scope === 'origin' && cooldown(retryAfter, runtime),
    policy.throttle !== false && throttle(policy.throttle, runtime),
    trip !== false && circuitBreaker(trip, runtime, lease),
  ];
  const ofAttempt = [
    ...ofHop,
    timeout.attempt !== false && attemptTimeout(timeout.attempt, runtime),
    timeout.body !== false && bodyTimeout(timeout.body, runtime),
    policy.propagation !== false && propagation(policy.propagation),
  ];
  const sendAttempt = composeOn(attempt, ofAttempt);
  const send = composeOn(sendAttempt, ofCall);
  return { policy, send, sendAttempt, ofHop: ofHop.filter((strategy) => strategy !== false) };
}

function composeOn(transport: Send, strategies: readonly (Strategy | false)[]): Send {
  return compose(
    strategies.filter((strategy) => strategy !== false),
    transport,
  );
}
