import { Stop, sleep } from '../core/stop.ts';
import { type AnswerContent, contentOf } from './content.ts';
import { checkMockedAnswers, type MockedAnswer } from './mocked-answer.ts';

/** Answers in turn, as a resolver of msw or a handler that takes a Request. It counts what it was asked. */
export interface Flaky {
  (asked: Request | { readonly request: Request }): Promise<Response>;
  /** How often it was asked. */
  readonly requests: number;
}

/**
 * Answers in turn, for a handler of msw: `http.get(url, flaky([503, 'network-error', 200]))`. The last answer is for all
 * that comes after. It is a function of a request and has msw in no import, so that it goes with the version that you
 * have, and with whatever else takes a Request.
 *
 * @throws OptionsError if an answer is wrong.
 */
export function flaky(answers: readonly MockedAnswer[]): Flaky {
  const lines = checkMockedAnswers(answers);
  let requests = 0;

  async function resolve(asked: Request | { readonly request: Request }): Promise<Response> {
    const request = asked instanceof Request ? asked : asked.request;
    const line = lines[Math.min(requests++, lines.length - 1)] ?? 200;
    if (line === 'network-error') return Response.error();
    if (line === 'silence') return never();
    if (typeof line === 'function') return line(request);
    return answer(typeof line === 'number' ? { status: line } : line, request.signal);
  }

  return Object.defineProperty(resolve as Flaky, 'requests', { get: () => requests });
}

async function answer(given: AnswerContent, signal: AbortSignal): Promise<Response> {
  const { status = 200, delay = 0 } = given;
  if (delay > 0 && !(await waited(delay, signal))) return never();
  const { body, headers } = contentOf(given);
  const isEmpty = status === 204 || status === 304;
  return new Response(isEmpty ? null : new Uint8Array(body), { status, headers });
}

/** Whether the caller is still there after so many milliseconds. */
async function waited(delay: number, signal: AbortSignal): Promise<boolean> {
  const stop = Stop.by(signal);
  try {
    await sleep(delay, stop);
    return true;
  } catch {
    return false;
  } finally {
    stop.release();
  }
}

/** What nobody is told of any more: msw would report a resolver that rejects, also where its caller has left. */
function never(): Promise<Response> {
  return new Promise(() => {});
}
