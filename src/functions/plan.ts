import type { Returned } from '../core/answer.ts';
import { guardedRandom } from '../core/guard.ts';
import type { Strategy } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import type { RetryRule } from '../decisions/retry-decision.ts';
import { classifierOf } from '../decisions/thrown.ts';
import { overlay, type Policy } from '../policy.ts';
import { attemptTimeout } from '../strategies/attempt-timeout.ts';
import { circuitBreaker } from '../strategies/circuit-breaker.ts';
import { deadline } from '../strategies/deadline.ts';
import { retry } from '../strategies/retry.ts';
import { functionDefaults, functions, type Memory, memoryOf, shortest } from './known.ts';
import { checkPolicy, type RetryPolicy } from './options.ts';

/** What stands in the place of a method: a function's attempts are all of this kind. */
export const method = 'call';

/** A policy, and the strategies that keep it. */
export interface FunctionPlan {
  readonly name: string | undefined;
  readonly policy: Policy;
  readonly runtime: Runtime;
  readonly memory: Memory;
  /** Outermost first. */
  readonly strategies: readonly Strategy<Returned>[];
}

const plans = new WeakMap<RetryPolicy, FunctionPlan>();
const withoutPolicy: FunctionPlan = { ...planFor({}), memory: shortest };

/**
 * The plan for a policy, made once: what is changed in the object later is not seen.
 *
 * @throws OptionsError
 */
export function planOf(policy?: RetryPolicy): FunctionPlan {
  if (policy === undefined) return withoutPolicy;
  let plan = plans.get(policy);
  if (!plan) {
    plan = planFor(checkPolicy(policy));
    plans.set(policy, plan);
  }
  return plan;
}

/** The strategies of a call and of its attempts that are of use to a function, in the order in which a request has them. */
function planFor(given: RetryPolicy): FunctionPlan {
  const { name, random, recoverable = [], permanent = [], terminal = [], ...options } = given;
  const policy = overlay(functionDefaults, options);
  const runtime = random ? { ...functions, random: guardedRandom(random) } : functions;
  const classify = classifierOf({ recoverable, permanent, terminal });
  const { timeout, retryBudget, circuitBreaker: trip } = policy;
  const rule = ruleOf(policy);
  const heedsCircuit = trip !== false && trip.enforce;
  const lease = timeout.attempt || timeout.total || (trip ? trip.openFor : 0);
  const strategies = [
    timeout.total !== false && deadline<Returned>(timeout.total, runtime),
    rule !== false && retry(rule, runtime, retryBudget, heedsCircuit, false, classify),
    trip !== false && circuitBreaker<Returned>(trip, runtime, lease, classify),
    timeout.attempt !== false && attemptTimeout<Returned>(timeout.attempt, runtime),
  ].filter((strategy) => strategy !== false);
  return { name, policy, runtime, strategies, memory: memoryOf(name, policy) };
}

/** The rule of a client as one for functions: what it says of methods, statuses and servers is of no use here. */
function ruleOf({ retry }: Policy): RetryRule<Returned> | false {
  if (!retry) return false;
  const { maxRetries, backoff } = retry;
  return {
    maxRetries,
    backoff:
      typeof backoff === 'function'
        ? ({ outcome: { error }, ...info }) => backoff({ ...info, outcome: { error } })
        : backoff,
    methods: [method],
    statuses: undefined,
    retryAfter: false,
    when: undefined,
  };
}
