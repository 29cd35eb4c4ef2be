import {
  CircuitOpenError,
  ConcurrencyLimitError,
  CooldownError,
  explain,
  ResilienceError,
  ThrottledError,
  TimeoutError,
} from 'resilient-fetch';
import { type Answer, BadRequest } from './handlers.ts';
import { CallerGone, Overdue } from './scope.ts';
import { NotFound, UpstreamError } from './services.ts';

/** A failure, what the caller is told of it, and whether it is a bug of ours. Nothing of what an upstream said is passed on. */
export interface Failure {
  readonly error: unknown;
  readonly answer: Answer;
  readonly bug: boolean;
  /** The call that failed, attempt by attempt, if it was one. */
  readonly timeline?: readonly string[] | undefined;
}

/**
 * Every error that can come out of a handler, in one place. What is not known here was not foreseen, so it is a bug: a
 * 500, and an error in the log with its stack.
 */
export function failureOf(error: unknown): Failure {
  const known = knownTo(error);
  if (known) return { error, answer: known, bug: false, timeline: timelineOf(error) };
  return { error, answer: { status: 500, body: { error: 'a bug of ours' } }, bug: true };
}

function knownTo(error: unknown): Answer | undefined {
  if (error instanceof BadRequest) return answer(400, error.message);
  if (error instanceof NotFound) return answer(404, error.message);
  // never read, as he is gone; it is the status that proxies put into their logs
  if (error instanceof CallerGone) return answer(499, error.message);
  if (error instanceof TimeoutError || error instanceof Overdue) {
    return answer(504, 'an upstream did not answer in time');
  }
  if (error instanceof ResilienceError) {
    return answer(503, 'an upstream is spared for now', { 'retry-after': secondsAfter(error) });
  }
  // what the network said is an error of fetch, and has a log, which a bug has not
  if (error instanceof UpstreamError || explain(error)) return answer(502, 'an upstream failed');
  return undefined;
}

function timelineOf(error: unknown): string[] | undefined {
  const log = error instanceof UpstreamError ? error.log : explain(error);
  return log?.attempts.map(({ outcome, duration, delay, source, hedge }) => {
    const wait = delay === undefined ? '' : `, then ${Math.round(delay)} ms (${source})`;
    return `${hedge ? 'second copy: ' : ''}${outcome} after ${Math.round(duration)} ms${wait}`;
  });
}

function answer(status: number, error: string, headers: Record<string, string> = {}): Answer {
  return { status, body: { error }, headers };
}

/** For a circuit that was isolated by hand nobody knows how long it takes; a minute is polite. */
function secondsAfter(error: ResilienceError): string {
  if (error instanceof CircuitOpenError || error instanceof CooldownError) {
    return String(Math.ceil(Math.min(error.retryAfter, 60_000) / 1_000));
  }
  const full = error instanceof ConcurrencyLimitError || error instanceof ThrottledError;
  return full ? '1' : '5';
}
