import type { Answer } from './answer.ts';
import type { CallLog, StopReason } from './call-log.ts';
import { isRefusal, type Refusal, superseded, TimeoutError } from './errors.ts';
import type { Outcome } from './outcome.ts';
import type { Stop } from './stop.ts';

/** Why a call ended as it did, where no strategy has said so. */
export function endReason({ stopped }: CallLog, outcome: Outcome<Answer>, stop: Stop): StopReason {
  const { response, error } = outcome;
  if (stopped !== 'pending') return stopped;
  if (response?.ok) return 'final';
  if (stop.aborted) return isOfContext(stop.reason) ? 'timeout' : 'aborted';
  if (error instanceof TimeoutError && error.timeout === 'total') return 'timeout';
  return isRefusal(error) ? 'refused' : 'retries-off';
}

function isOfContext(reason: unknown): boolean {
  return reason instanceof TimeoutError && reason.timeout === 'context';
}

/** What a stop means for the call: its deadline, or its caller. */
export function stoppedBy({ reason }: Stop): StopReason {
  return reason instanceof TimeoutError ? 'timeout' : 'aborted';
}

/** The last failure that the network or the server was the author of: what a refusal gives as its cause. */
export function lastFailure({ attempts }: CallLog): unknown {
  const failed = attempts.findLast(
    ({ outcome, error }) => outcome !== 'pending' && error !== superseded,
  );
  if (!failed) return undefined;
  return failed.error ?? new Error(`Attempt ${failed.attempt} was answered ${failed.outcome}`);
}

/** What a refusal tells of the call that it ends. */
export function refusalAt(origin: string, log: CallLog): Refusal {
  return { origin, attempts: log.attempts.length, cause: lastFailure(log) };
}
