import { type Backoff, backoffDelay, defaultBackoff } from '../../../src/decisions/backoff.ts';
import type { Call } from './client.ts';

/** The wait before a retry, of which the first is number 0. */
export type Wait = (retry: number, call: Call, random: () => number) => number;

/** One that we have too. */
export function like(backoff: Partial<Backoff>): Wait {
  const rule = { ...defaultBackoff, cap: Number.POSITIVE_INFINITY, ...backoff };
  return (retry, call, random) => backoffDelay(rule, retry, call.previous, random);
}

/** Another wait, and up to so much more. */
export function andUpTo(more: number, wait: Wait): Wait {
  return (retry, call, random) => wait(retry, call, random) + more * random();
}

/** Another wait, of which up to a share may be missing or added. */
export function giveOrTake(share: number, wait: Wait): Wait {
  return (retry, call, random) => wait(retry, call, random) * (1 - share + 2 * share * random());
}

/** Polly's decorrelated jitter V2, which cockatiel has too: `Retry/RetryHelper.cs`. */
export function polly(base: number, cap: number): Wait {
  return (retry, call, random) => {
    const at = retry + random();
    const formula = 2 ** at * Math.tanh(Math.sqrt(4 * at));
    const delay = ((formula - call.previous) * base) / 1.4;
    call.previous = formula;
    return Math.min(delay, cap);
  };
}

/** Envoy's: U(0, (2^N - 1) · 25 ms), 250 ms at the most. */
export const envoy: Wait = (retry, _call, random) =>
  Math.min(250, random() * (2 ** (retry + 1) - 1) * 25);
