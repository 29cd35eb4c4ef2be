import { explain } from 'resilient-fetch';
import { type FailureKind, verdictOf } from 'resilient-fetch/server';
import { type Answer, BadRequest } from './handlers.ts';
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
export function failureOf(error: unknown, method: string): Failure {
  const known = knownTo(error);
  if (known) return { error, answer: known, bug: false, timeline: timelineOf(error) };
  const { kind, status, retryAfter } = verdictOf(error, method);
  const headers = { ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }) };
  const answer = answerOf(status, words[kind], headers);
  return { error, answer, bug: kind === 'bug', timeline: timelineOf(error) };
}

const words: Readonly<Record<FailureKind, string>> = {
  bug: 'a bug of ours',
  timeout: 'an upstream did not answer in time',
  refused: 'an upstream is spared for now',
  upstream: 'an upstream failed',
  gone: 'the caller hung up',
  ended: 'the service is shutting down',
};

/** What handlers throw by design. */
function knownTo(error: unknown): Answer | undefined {
  if (error instanceof BadRequest) return answerOf(400, error.message);
  if (error instanceof NotFound) return answerOf(404, error.message);
  if (error instanceof UpstreamError) return answerOf(502, words.upstream);
  return undefined;
}

function timelineOf(error: unknown): string[] | undefined {
  const log = error instanceof UpstreamError ? error.log : explain(error);
  return log?.attempts.map(({ outcome, duration, delay, source, hedge }) => {
    const wait = delay === undefined ? '' : `, then ${Math.round(delay)} ms (${source})`;
    return `${hedge ? 'second copy: ' : ''}${outcome} after ${Math.round(duration)} ms${wait}`;
  });
}

function answerOf(status: number, error: string, headers: Record<string, string> = {}): Answer {
  return { status, body: { error }, headers };
}
