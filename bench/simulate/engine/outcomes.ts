import { TimeoutError } from '../../../src/core/errors.ts';
import type { Outcome } from '../../../src/core/outcome.ts';

/** How an attempt can end, each made once: as the library is told it, and with what a peer's policy looks at. */
export interface Ending {
  readonly kind: 'answered' | 'unavailable' | 'unreachable' | 'timed out';
  readonly outcome: Outcome;
  /** What came with it as Retry-After, in milliseconds. */
  readonly retryAfter?: number;
}

/** 200. */
export const answered: Ending = {
  kind: 'answered',
  outcome: { response: new Response(null, { status: 200 }) },
};

/** Nobody listens there. */
export const unreachable: Ending = {
  kind: 'unreachable',
  outcome: {
    error: new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    }),
  },
};

/** No answer in the time that an attempt has. */
export const timedOut: Ending = {
  kind: 'timed out',
  outcome: {
    error: new TimeoutError('attempt', 10_000, { origin: 'http://service.test', attempts: 1 }),
  },
};

/** A 503, which may say when to come back, in whole seconds. */
export function unavailable(seconds?: number): Ending {
  const headers = seconds === undefined ? undefined : { 'retry-after': String(seconds) };
  const outcome = {
    response: new Response(null, headers ? { status: 503, headers } : { status: 503 }),
  };
  return { kind: 'unavailable', outcome, ...(seconds && { retryAfter: 1_000 * seconds }) };
}
