import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Arrived } from './failing-server.ts';

/** What arrived, as servers made for (Request) => Response take it. */
export function asRequest({ method, path, headers, body, dropped }: Arrived): Request {
  const gone = new AbortController();
  dropped.then(() => gone.abort());
  return new Request(new URL(path, `http://${headers.host}`), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    body: method === 'GET' ? null : new Uint8Array(body),
    signal: gone.signal,
  });
}

/** Sends a Response, as it comes. */
export async function sendResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.flushHeaders();
  if (!answer.body) {
    response.end();
    return;
  }
  const body = Readable.fromWeb(answer.body as ReadableStream);
  await pipeline(body, response).catch(() => {}); // who read it may go away
}
