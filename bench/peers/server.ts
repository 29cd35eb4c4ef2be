import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request, from the moment its head was there. Times are of `performance.now()`. */
export interface Hit {
  readonly at: number;
  readonly path: string;
  /** Bytes of the body that have come. */
  received: number;
  /** Whether the body came to its end. */
  ended: boolean;
  /** When the answer was handed over in full. */
  answeredAt: number | undefined;
}

/** What happens to the request number so-and-so, once its body is there. */
export type Reply = (number: number, response: ServerResponse, hit: Hit) => void;

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly hits: readonly Hit[];
  /** Sockets that are open now. */
  readonly open: ReadonlySet<Socket>;
}

/** A server on a port of its own that misbehaves as told, and writes down what it sees. */
export async function serve(reply: Reply): Promise<Server> {
  const hits: Hit[] = [];
  const open = new Set<Socket>();
  const server = createServer();
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  server.on('request', async (request, response) => {
    const hit: Hit = {
      at: performance.now(),
      path: request.url ?? '',
      received: 0,
      ended: false,
      answeredAt: undefined,
    };
    const number = hits.push(hit);
    response.on('finish', () => {
      hit.answeredAt = performance.now();
    });
    try {
      for await (const chunk of request) hit.received += chunk.length;
    } catch {
      return;
    }
    hit.ended = true;
    reply(number, response, hit);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    hits,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An ordinary answer of a known length. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body: string = `answer ${status}`,
): void {
  const known = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...known, ...headers });
  response.end(body);
}

/** The connection is reset: the request may have been acted on. */
export const reset: Reply = (_, response) => {
  (response.socket as Socket).resetAndDestroy();
};
