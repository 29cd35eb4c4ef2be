import type { Fault } from './failing-server.ts';

/** An answer of a status, in JSON, as most services give it. */
export function status(code: number, headers: Record<string, string> = {}): Fault {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ message: `fault ${code}`, error: { message: `fault ${code}` } }));
  };
}

/** The connection is reset when all of the request has come: it may have been acted on. */
export const reset: Fault = (_, socket) => socket.resetAndDestroy();

/** Headers that promise more than comes before the connection ends. */
export function cut(code: number): Fault {
  return (response, socket) => {
    response.writeHead(code, { 'content-type': 'application/json', 'content-length': 1_000 });
    response.write('{"message":', () => socket.end());
  };
}

/** No answer. */
export const silence: Fault = () => {};

/** What a call that may be repeated survives, each once. */
export const survivable: ReadonlyMap<string, Fault> = new Map([
  ['a 503', status(503)],
  ['a 503 with Retry-After: 1', status(503, { 'retry-after': '1' })],
  ['a 429', status(429)],
  ['a 429 with Retry-After: 1', status(429, { 'retry-after': '1' })],
  ['a reset connection', reset],
  ['a 503 whose body breaks off', cut(503)],
]);
