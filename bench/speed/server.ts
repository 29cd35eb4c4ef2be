import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// The server, in a process of its own. It answers by the first part of the path, and ends with the process that began it.

type Route = (response: ServerResponse, rest: string, request: IncomingMessage) => void;

const json = JSON.stringify({ id: 1, name: 'a small answer', tags: ['one', 'two'] });
const down = JSON.stringify({ error: 'down' });
const middle = Buffer.alloc(64 * 2 ** 10, 'a');
const large = Buffer.alloc(10 * 2 ** 20, 'a');
/** Calls whose first request was answered 503. By the call and not by lot, so that no retry meets a second failure. */
const failedOnce = new Set<string>();
/** How many requests are held without an answer, by whose they are. */
const held = new Map<string, number>();

const routes: Readonly<Record<string, Route>> = {
  json: (response) => answer(response, json),
  middle: (response) => answer(response, middle),
  large: (response) => answer(response, large),
  echo(response, _, request) {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(response, Buffer.concat(chunks)));
  },
  some(response, call) {
    if (fails(call)) answer(response, down, 503);
    else answer(response, json);
  },
  down: (response) => answer(response, down, 503),
  silent(response, whose) {
    held.set(whose, (held.get(whose) ?? 0) + 1);
    response.on('close', () => held.set(whose, (held.get(whose) ?? 0) - 1));
  },
  held: (response, whose) => answer(response, JSON.stringify(held.get(whose) ?? 0)),
};

const server = createServer((request, response) => {
  const [, name = '', rest = ''] = (request.url ?? '').split('/');
  routes[name]?.(response, rest, request);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4_096, () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());

function answer(response: ServerResponse, body: string | Buffer, status: number = 200): void {
  const type = body === middle || body === large ? 'application/octet-stream' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': body.length });
  response.end(body);
}

/** The first request of every tenth call. */
function fails(call: string): boolean {
  if (!call.endsWith('0') || failedOnce.delete(call)) return false;
  failedOnce.add(call);
  return true;
}
