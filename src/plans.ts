import type { OriginState } from './core/per-origin.ts';
import type { Send } from './core/pipeline.ts';
import type { Endpoint } from './core/route.ts';
import type { Runtime } from './core/runtime.ts';
import type { CallOptions } from './options.ts';
import { type Plan, planFor } from './plan.ts';
import { overlay, type Policy } from './policy.ts';

/** From what plans are made. */
interface Making {
  readonly policyOf: (url: URL) => Policy;
  /** Whether it is the same for all. */
  readonly uniform: boolean;
  /** Sends one attempt of a call that brings options of its own, or none. */
  readonly attemptOf: (own: CallOptions | undefined) => Send;
  readonly runtime: Runtime;
  /** Whether a call may go to more than one place. */
  readonly several: boolean;
}

/** The plans of a client: few different ones, to which all origins come, and one more for each set of options of calls. */
export class Plans {
  readonly #making: Making;
  /** The one of all origins, where that is so. */
  #common: Plan | undefined;
  readonly #ofOrigins = new WeakMap<OriginState, Plan>();
  readonly #ofPolicies = new Map<Policy, Plan>();
  readonly #ofCalls = new WeakMap<CallOptions, Map<Plan, Plan>>();

  constructor(making: Making) {
    this.#making = making;
  }

  /** @param own the options of the call, over those of the origin. The plan is remembered for as long as they are. */
  of(state: OriginState, url: URL, own?: CallOptions): Plan {
    const plan = this.#common ?? this.#ofOrigins.get(state) ?? this.#first(state, url);
    return own ? this.#ofCall(plan, own) : plan;
  }

  #first(state: OriginState, url: URL): Plan {
    const policy = this.#making.policyOf(url);
    const plan = this.#ofPolicies.get(policy) ?? this.#planned(policy);
    this.#ofPolicies.set(policy, plan);
    if (this.#making.uniform) this.#common = plan;
    else this.#ofOrigins.set(state, plan);
    return plan;
  }

  #ofCall(under: Plan, own: CallOptions): Plan {
    const plans = this.#ofCalls.get(own) ?? new Map<Plan, Plan>();
    const known = plans.get(under);
    if (known) return known;
    const plan = this.#planned(overlay(under.policy, own), own);
    this.#ofCalls.set(own, plans.set(under, plan));
    return plan;
  }

  #planned(policy: Policy, own?: CallOptions): Plan {
    const { attemptOf, runtime, several } = this.#making;
    const sendAt = ({ state, url }: Endpoint) => this.of(state, url, own).sendAttempt;
    return planFor(policy, attemptOf(own), runtime, several ? sendAt : undefined);
  }
}
