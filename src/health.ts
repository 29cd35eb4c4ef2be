import type { CircuitState, OriginState } from './core/per-origin.ts';
import { Cooldown } from './decisions/cooldown.ts';
import { Hedging } from './decisions/hedging.ts';
import { RetryBudget } from './decisions/retry-budget.ts';
import { Slots } from './decisions/slots.ts';
import { Throttle } from './decisions/throttle.ts';
import type { Policy } from './policy.ts';

/** What a client knows of one origin. What belongs to a part that is off is `null`. */
export interface OriginHealth {
  readonly circuit: CircuitState;
  /** Milliseconds until a probe is allowed; 0 while the circuit is closed, `null` while it is isolated: no wait will do. */
  readonly retryAfter: number | null;
  /** Attempts in the circuit's window, those of them that failed, and those that were slow. */
  readonly attempts: number;
  readonly failures: number;
  readonly slow: number;
  /** Calls under way; where a client has several base URLs, attempts at this one. */
  readonly inFlight: number;
  /** Tokens that are left: retries and second copies that may be sent now. */
  readonly retryBudget: number | null;
  /** Tokens of a full budget. */
  readonly retryBudgetCapacity: number | null;
  readonly hedge: HedgeHealth | null;
  readonly concurrency: ConcurrencyHealth | null;
  /** Milliseconds left of the pause that the origin asked everybody for. */
  readonly cooldown: number;
  /** The share of requests that is being refused here. */
  readonly throttle: number | null;
}

/** What hedging knows of one origin. */
export interface HedgeHealth {
  /** Milliseconds until a second copy is sent; `null` while too little is known to tell. */
  readonly delay: number | null;
}

/** How it stands with the slots of one origin. */
export interface ConcurrencyHealth {
  /** Calls that have a slot. */
  readonly inUse: number;
  /** Calls that wait for one. */
  readonly queued: number;
  /** How many slots there are now. */
  readonly limit: number;
}

/** A snapshot of a client, as plain JSON. */
export interface Health {
  readonly name: string;
  readonly inFlight: number;
  readonly origins: Readonly<Record<string, OriginHealth>>;
}

/** What is known now of all origins that a client has called. */
export function healthOfAll(
  name: string,
  inFlight: number,
  states: Iterable<OriginState>,
  policyOf: (url: URL) => Policy,
): Health {
  const known = [...states].map((state): [string, OriginHealth] => {
    return [state.origin, healthOf(state, policyOf(new URL(state.origin)))];
  });
  return { name, inFlight, origins: Object.fromEntries(known) };
}

/** What is known now of an origin that is held to a policy. */
export function healthOf(state: OriginState, policy: Policy): OriginHealth {
  const { circuit, inFlight } = state;
  const now = performance.now();
  const retryAfter = circuit?.retryAfter ?? 0;
  return {
    circuit: circuit?.state ?? 'closed',
    retryAfter: retryAfter === Number.POSITIVE_INFINITY ? null : retryAfter,
    ...(circuit?.totals ?? { attempts: 0, failures: 0, slow: 0 }),
    inFlight,
    retryBudget: tokensOf(state, policy.retryBudget, now),
    retryBudgetCapacity: policy.retryBudget ? policy.retryBudget.capacity : null,
    hedge: hedgingOf(state, policy.hedge, now),
    concurrency: slotsOf(state, policy.concurrency),
    cooldown: Math.ceil(Cooldown.peek(state)?.remaining(now) ?? 0),
    throttle: rejectionOf(state, policy.throttle, now),
  };
}

function tokensOf(state: OriginState, rule: Policy['retryBudget'], now: number): number | null {
  if (!rule) return null;
  return RetryBudget.peek(state)?.tokens(rule, now) ?? rule.capacity;
}

function hedgingOf(state: OriginState, rule: Policy['hedge'], now: number): HedgeHealth | null {
  if (!rule) return null;
  const delay = Hedging.of(state).delay(rule, now);
  return { delay: delay === Number.POSITIVE_INFINITY ? null : delay };
}

function slotsOf(state: OriginState, rule: Policy['concurrency']): ConcurrencyHealth | null {
  if (!rule) return null;
  const slots = Slots.peek(state) ?? new Slots();
  return { inUse: slots.inUse, queued: slots.queued, limit: slots.limitOf(rule) };
}

function rejectionOf(state: OriginState, rule: Policy['throttle'], now: number): number | null {
  if (!rule) return null;
  return Throttle.peek(state)?.rejection(rule, now) ?? 0;
}
