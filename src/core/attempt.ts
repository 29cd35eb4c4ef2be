import type { Answer } from './answer.ts';
import type { AttemptLog } from './call-log.ts';
import type { Context } from './context.ts';
import { labelOf, type Outcome } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import { attemptEvent, type Runtime } from './runtime.ts';

/** Writes into the call's log that an attempt begins, and tells those who listen. */
export function beginAttempt(
  start: number,
  request: Outgoing,
  context: Context,
  runtime: Runtime,
): AttemptLog {
  const { attempt, hedge, origin, log } = context;
  const entry: AttemptLog = { attempt, at: log.at(start), outcome: 'pending', duration: 0 };
  if (hedge > 0) entry.hedge = true;
  if (origin !== log.origin) entry.origin = origin;
  log.attempts.push(entry);
  context.onLeave?.();
  if (runtime.events.heard('attempt.started')) {
    runtime.events.emit('attempt.started', attemptEvent(runtime, context, request));
  }
  return entry;
}

/** Writes its end into the entry that its beginning made, and tells those who listen. */
export function endAttempt(
  entry: AttemptLog,
  start: number,
  outcome: Outcome<Answer>,
  request: Outgoing,
  context: Context,
  runtime: Runtime,
): void {
  entry.duration = performance.now() - start;
  entry.outcome = labelOf(outcome);
  if (!outcome.response) entry.error = outcome.error;
  if (runtime.events.heard('attempt.ended')) {
    const { duration } = entry;
    runtime.events.emit('attempt.ended', {
      ...attemptEvent(runtime, context, request),
      outcome: entry.outcome,
      duration,
    });
  }
}
