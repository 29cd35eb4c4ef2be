import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerTo, fileOf } from './upstream-answers.ts';

/*
 * A server that follows the plan in a request's path, `/hang,ok`: the first request of an id gets the first word, the second
 * one the second, and those that come after it the last. Each is told on stdout before anything is done about it, so that a
 * process that is killed has counted what it took.
 */
interface Exchange {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const words: Record<string, (exchange: Exchange) => void> = {
  ok: (exchange) => exchange.response.end(begin(exchange, answerTo(exchange.id))),
  lag: (exchange) => setTimeout(() => words.ok?.(exchange), 20),
  hang: () => {},
  file: (exchange) => exchange.response.end(begin(exchange, fileOf(exchange.id))),
  cut: (exchange) => {
    const rest = begin(exchange, fileOf(exchange.id));
    exchange.response.write(rest.subarray(0, rest.length / 2));
    breakOff(exchange);
  },
  'cut-chunked': (exchange) => {
    exchange.response.write(fileOf(exchange.id).subarray(0, 30_000));
    breakOff(exchange);
  },
};

/** Sends the head of an answer with all of a body or with its rest, and gives what is to follow. */
function begin({ id, request, response }: Exchange, body: Buffer): Buffer {
  const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = { 'content-range': `bytes ${first}-${body.length - 1}/${body.length}` };
  response.writeHead(first > 0 ? 206 : 200, {
    ...{ etag: `"${id}"`, 'content-length': body.length - first },
    ...(first > 0 && range),
  });
  return body.subarray(first);
}

/** Not at once: a proxy that reads half a body together with its end may drop both. */
function breakOff({ request }: Exchange): void {
  setTimeout(() => request.socket.destroy(), 50);
}

const seen = new Map<string, number>();
const server = createServer((request, response) => {
  const { headers, method, url = '' } = request;
  const id = String(headers['x-request-id']);
  const times = seen.get(id) ?? 0;
  seen.set(id, times + 1);
  console.log(`${method} ${id} ${headers['idempotency-key'] ?? ''}`);
  const plan = url.slice(url.lastIndexOf('/') + 1).split(',');
  const word = plan[Math.min(times, plan.length - 1)] ?? '';
  request.resume().on('end', () => words[word]?.({ id, request, response }));
});
const [, , port, host] = process.argv;
server.keepAliveTimeout = 60_000;
server.listen(Number(port), host, () => console.log('listening'));
// whoever started this process has ended, however that came about
process.stdin.on('end', () => process.exit()).resume();
