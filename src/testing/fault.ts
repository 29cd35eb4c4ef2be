import { seeded, seedFor } from './seeded.ts';

/** The kinds of fault, in the order in which they are drawn: a seed means the same as long as it stays. */
export const faultKinds = ['latency', 'status', 'error', 'reset', 'truncation'] as const;

/** What can go wrong: `latency`, `status`, `error`, `reset` or `truncation`. */
export type FaultKind = (typeof faultKinds)[number];

/** One thing that goes wrong. */
export type Fault =
  /** The request is held back for so many milliseconds, and goes on then. */
  | { readonly kind: 'latency'; readonly milliseconds: number }
  /** Another answer than the real one; `retryAfter` in seconds. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number }
  /** The request is never sent. */
  | { readonly kind: 'error'; readonly code: string }
  /** The request is sent and may be acted on; the connection breaks before the answer. */
  | { readonly kind: 'reset' }
  /** The answer's body breaks off when this share of it, from 0 to 1, has come. */
  | { readonly kind: 'truncation'; readonly share: number };

/** How faults are drawn: each figure as it is used. */
export interface FaultPlan {
  readonly seed: number;
  readonly rate: number;
  readonly kinds: { readonly [Kind in FaultKind]?: number };
  readonly latency: readonly [from: number, to: number];
  readonly statuses: readonly number[];
  readonly codes: readonly string[];
  readonly retryAfter: number | undefined;
}

/**
 * Which fault a request gets, if any. That depends on the seed, on what is asked, and on how often that was asked before,
 * and on nothing else: neither on the clock nor on which other requests are under way, so that calls side by side, whose
 * order is chance, have the same faults at every run.
 *
 * @param asked the method and the place, without what differs from run to run, such as a port.
 * @param time 1 for the first time that this is asked.
 */
export function faultFor(plan: FaultPlan, asked: string, time: number): Fault | undefined {
  const draw = seeded(seedFor(plan.seed, `${time} ${asked}`));
  if (draw() >= plan.rate) return undefined;
  const kind = weighted(plan.kinds, draw());
  return kind && faultOf(kind, plan, draw());
}

function weighted(kinds: FaultPlan['kinds'], drawn: number): FaultKind | undefined {
  const weights = faultKinds.map((kind) => kinds[kind] ?? 0);
  let left = drawn * weights.reduce((sum, weight) => sum + weight, 0);
  return faultKinds.find((_, index) => {
    left -= weights[index] ?? 0;
    return left < 0;
  });
}

function faultOf(kind: FaultKind, plan: FaultPlan, drawn: number): Fault | undefined {
  const [from, to] = plan.latency;
  switch (kind) {
    case 'latency':
      return { kind, milliseconds: Math.round(from + drawn * (to - from)) };
    case 'status': {
      const status = pick(plan.statuses, drawn) ?? 503;
      const asks = plan.retryAfter !== undefined && (status === 429 || status === 503);
      return { kind, status, ...(asks ? { retryAfter: plan.retryAfter } : {}) };
    }
    case 'error':
      return { kind, code: pick(plan.codes, drawn) ?? 'ECONNREFUSED' };
    case 'truncation':
      return { kind, share: drawn };
    default:
      return { kind };
  }
}

function pick<T>(list: readonly T[], drawn: number): T | undefined {
  return list[Math.floor(drawn * list.length)];
}
