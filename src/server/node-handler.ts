import type { IncomingMessage, ServerResponse } from 'node:http';
import { runInside } from '../core/inside.ts';
import { answerFor, isToBeMarked, reportLate, type Unanswered } from './answer.ts';
import { CallerGoneError } from './caller-gone.ts';
import { contextOf } from './open.ts';
import { ruleFrom, type ServerOptions, type ServerRule } from './options.ts';

/** A handler for `node:http`, and for whatever is made like it. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * Puts around a handler what every request needs: a context with the time that its caller has left, an end when he hangs
 * up, a 504 when time runs out before anything was sent, and an answer for whatever it throws. An application of a
 * framework's is such a handler as well. The context lasts until the response is closed.
 *
 * @throws OptionsError
 */
export function nodeHandler(
  handler: NodeHandler,
  options: ServerOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const rule = ruleFrom(options);
  return function handle(request, response) {
    const ambient = contextOf(rule, (name) => headerOf(request, name));
    const { method = 'GET', url = '/' } = request;
    const unanswered = { ambient, method, path: url.split(/[?#]/, 1)[0] ?? '/' };
    const leave = ambient.enter();
    let hasFailed = false;
    const fail = (error: unknown) => {
      if (hasFailed) return;
      hasFailed = true;
      if (response.writableEnded) reportLate(error, response.statusCode, rule, unanswered);
      else end(response, error, rule, unanswered);
    };
    // calls have failed by then, and a handler that makes something of it is heard first
    const letGo = ambient.stop.onAbort(() => setImmediate(() => fail(ambient.stop.reason)));
    let isSent = false;
    response.once('finish', () => {
      isSent = true;
    });
    response.once('close', () => {
      if (!isSent) ambient.end(new CallerGoneError());
      letGo();
      leave();
    });
    // a handler that goes on after it was answered for writes into nothing, and must not end the process with that
    response.on('error', () => {});
    markFailures(response, rule, unanswered);
    runInside(ambient, async () => handler(request, response)).catch(fail);
  };
}

function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : null;
}

/** What is half sent can't be answered anew: it is broken off, so that nobody takes it for the whole. */
function end(
  response: ServerResponse,
  error: unknown,
  rule: ServerRule,
  unanswered: Unanswered,
): void {
  const answer = answerFor(error, rule, unanswered);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) {
    if (describesBody.test(name)) response.removeHeader(name);
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  answer.arrayBuffer().then(
    (body) => response.end(new Uint8Array(body)),
    () => response.destroy(),
  );
}

/** Headers of the answer that was to be; those about the exchange itself (CORS, a request's id) hold for any. */
const describesBody = /^(content-|transfer-encoding$|etag$|last-modified$|cache-control$|expires$)/;

/** A status that the handler sends by itself gets its mark when its head is written, the last moment at which it can. */
function markFailures(
  response: ServerResponse,
  { mark }: ServerRule,
  { ambient }: Unanswered,
): void {
  if (mark === false) return;
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse;
  response.writeHead = (...head: unknown[]) => {
    if (isToBeMarked(Number(head[0]), ambient)) response.setHeader(mark, 'true');
    return writeHead(...head);
  };
}
