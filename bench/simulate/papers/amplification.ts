import { nextAttempt } from '../../../src/decisions/retry-decision.ts';
import { endure, failing } from './ordinary.ts';

/**
 * Requests that reach the innermost of some layers when nothing succeeds there, and each layer decides as we do.
 *
 * @param aware whether each knows of the one around it, as with a context it does.
 */
export function layered(layers: number, maxRetries: number, aware = false, nested = false): number {
  if (layers === 0) return 1;
  let requests = 0;
  for (let retries = 0; ; retries++) {
    requests += layered(layers - 1, maxRetries, aware, aware);
    if (nextAttempt({ ...atOnce, retries, maxRetries, nested }).stop) return requests;
  }
}

/** Nothing but their number bounds the attempts. */
const atOnce = {
  backoff: 0,
  retryAfter: undefined,
  maxRetryAfter: 30_000,
  spreadRetryAfter: 0,
  timeLeft: Number.POSITIVE_INFINITY,
  elsewhere: false,
  circuitRetryAfter: 0,
};

/** How a load grows in the hands of 20 clients whose server rejects a share of all attempts. */
export function growth(rejected: number, budgeted: boolean): number {
  const mishap = { perSecond: 1_000, seconds: 100, clients: 20, fails: failing(rejected) };
  const budget = { capacity: 10, deposit: 0.1, trickle: 0 };
  const policy = budgeted ? ({ retries: 2, budget, fundedBy: 'calls' } as const) : { retries: 2 };
  return endure(policy, mishap, { trials: 1 }).load;
}
