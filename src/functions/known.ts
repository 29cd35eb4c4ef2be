import { Emitter } from '../core/events.ts';
import type { OriginState } from '../core/per-origin.ts';
import type { Runtime } from '../core/runtime.ts';
import { openOrigins } from '../origins.ts';
import { defaults, type Policy } from '../policy.ts';

/** What all functions of the process share, as requests share a client. */
export const functions: Runtime = {
  name: 'functions',
  events: new Emitter(),
  random: Math.random,
};

/** What holds where a policy says nothing. There is no attempt timeout: a deaf function would be there twice. */
export const functionDefaults: Policy = {
  ...defaults,
  timeout: { ...defaults.timeout, attempt: false },
};

/** What is known of what policies name, the least recently used first to go. */
export const named = openOrigins(1_000, functions);

const latest = new WeakMap<OriginState, Policy>();

/** What was last said of a name: several policies may have it. */
export function latestOf(state: OriginState | undefined): Policy {
  return (state && latest.get(state)) ?? functionDefaults;
}

/** Where a policy remembers what it calls. */
export interface Memory {
  /** What is known of that; made if there was nothing. */
  state(): OriginState;
  /** The same, if there is anything. */
  peek(): OriginState | undefined;
}

/** The memory of a name, which others have a part in, or one that is the policy's own. */
export function memoryOf(name: string | undefined, policy: Policy): Memory {
  if (name === undefined) {
    const own = unnamed();
    return { state: () => own, peek: () => own };
  }
  return {
    state() {
      const state = named.of(name);
      latest.set(state, policy);
      return state;
    },
    peek: () => named.peek(name),
  };
}

/** A memory that lasts for one call: without a policy, none has anything to do with another. */
export const shortest: Memory = { state: unnamed, peek: () => undefined };

function unnamed(): OriginState {
  return { origin: functions.name, inFlight: 0 };
}
