import type { IncomingMessage, ServerResponse } from 'node:http';
import { nodeHandler } from 'resilient-fetch/server';
import type { Config } from './config.ts';
import { type Failure, failureOf } from './failures.ts';
import { type Answer, type Asked, BadRequest, type Handler } from './handlers.ts';
import { log } from './log.ts';
import { observe } from './observe.ts';
import { routeOf } from './routes.ts';
import { Scope, scopes } from './scope.ts';
import type { Services } from './services.ts';

/** The most that is read of a body, in bytes. */
const bodyLimit = 64 * 1024;

/** The requests under way. */
export type UnderWay = Set<Scope>;

interface Surroundings {
  readonly config: () => Config;
  readonly services: Services;
  readonly underWay: UnderWay;
  readonly isDraining: () => boolean;
  /** Ends all of them. */
  readonly ending: AbortSignal;
}

/**
 * What stands around every handler: whatever it throws becomes an answer and a line in the log, and the process lives. A
 * caller who hangs up, and a deadline that passes, end all that is done for the request.
 */
export function boundary({ config, services, underWay, isDraining, ending }: Surroundings) {
  return nodeHandler(handle, { deadline: () => config().deadline, signal: ending });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/', headers } = request;
    const path = url.split('?', 1)[0] ?? '/';
    const { route, id } = routeOf(method, path);
    const { pattern } = route;
    const scope = new Scope();
    underWay.add(scope);
    response.once('close', () => underWay.delete(scope));
    const asked: Asked = { services, scope, id, headers, body: () => bodyOf(request) };

    await observe({ method, path, route: pattern, headers }, async (span) => {
      const { answer, text, failure } = await answerOf(route.handler, asked, method);
      send(response, answer, text, scope, isDraining());
      const { attempts, degraded } = scope;
      const duration = span.end(answer.status, failure?.error);
      const told = { method, route: pattern, path, status: answer.status, duration, attempts };
      const level = failure?.bug ? 'error' : 'info';
      log[level]({ ...told, degraded: [...degraded], ...(failure && logged(failure)) }, 'request');
    });
  }
}

interface Outcome {
  readonly answer: Answer;
  /** Its body. */
  readonly text: string;
  readonly failure?: Failure;
}

async function answerOf(handler: Handler, asked: Asked, method: string): Promise<Outcome> {
  try {
    const answer = await scopes.run(asked.scope, () => handler(asked));
    return { answer, text: JSON.stringify(answer.body) };
  } catch (error) {
    const failure = failureOf(error, method);
    return { answer: failure.answer, text: JSON.stringify(failure.answer.body), failure };
  }
}

/** A bug with its stack; of what upstreams do, what was done about it. */
function logged({ bug, error, timeline }: Failure): object {
  return bug ? { err: error } : { error: String(error), timeline };
}

function send(
  response: ServerResponse,
  { status, headers }: Answer,
  text: string,
  scope: Scope,
  last: boolean,
): void {
  if (response.destroyed || response.headersSent) return;
  const degraded = [...scope.degraded].join(', ');
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    ...(degraded && { 'x-degraded': degraded }),
    // whoever keeps connections is to open his next one elsewhere
    ...(last && { connection: 'close' }),
  });
  response.end(`${text}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyLimit) throw new BadRequest(`expected at most ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new BadRequest('expected JSON');
  }
}
