import type { AttemptLog, CallLog } from '../core/call-log.ts';
import { TimeoutError } from '../core/errors.ts';
import { isRejection } from './classify.ts';

/** What a call that held a slot says of what its origin can take. */
export interface Measured {
  /** Milliseconds from sending to headers; of a call that was dropped, from first sending it to its end. */
  readonly duration: number;
  readonly dropped: boolean;
}

/**
 * What a call measured, if anything. A call that was told 429 or 503, or not answered in time, at any of its attempts,
 * was dropped. Of the others only those count that were answered at once: a call of several attempts took its time for
 * other reasons. Errors, of the network as of the server, are quick or slow for reasons of their own, and an abort is
 * the caller's.
 */
export function measuredBy({ attempts }: CallLog): Measured | undefined {
  if (attempts.some(wasDropped)) return { duration: lengthOf(attempts), dropped: true };
  const [only, another] = attempts;
  if (!only || another || !(Number(only.outcome) < 500)) return undefined;
  return { duration: only.duration, dropped: false };
}

function wasDropped({ outcome, error }: AttemptLog): boolean {
  return (
    isRejection(Number(outcome)) || (error instanceof TimeoutError && error.timeout !== 'context')
  );
}

/** A second copy runs beside the first. */
function lengthOf(attempts: readonly AttemptLog[]): number {
  return attempts.reduce(
    (sum, { duration, delay = 0, hedge }) => sum + (hedge ? 0 : duration) + delay,
    0,
  );
}
