import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Pace } from './pace.ts';

/** One request, from when all of it was there. */
export interface Arrived {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of the body; a form's boundary, which is drawn by lot, is not in it. */
  readonly hash: string;
  /** When it was there, in milliseconds of `performance.now()`. */
  readonly at: number;
  /** Resolves when the connection is gone before the answer is complete. */
  readonly dropped: Promise<void>;
}

/** What happens to a request in the place of an answer. */
export type Fault = (response: ServerResponse, socket: Socket) => void;

/** Answers what gets through. */
export type Service = (arrived: Arrived, response: ServerResponse, pace: Pace) => unknown;

export interface FailingServer extends AsyncDisposable {
  readonly origin: string;
  readonly requests: readonly Arrived[];
}

/** A server that meets the first requests with faults, one each, and answers all that come after. */
export async function failingServer(
  faults: readonly Fault[],
  service: Service,
  pace: Pace,
): Promise<FailingServer> {
  const requests: Arrived[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const { socket, method = '', url: path = '', headers } = request;
    const dropped = new Promise<void>((resolve) => {
      response.on('close', () => response.writableFinished || resolve());
    });
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part);
    } catch {
      return; // no request, then: its sender went away in the middle of it
    }
    const body = Buffer.concat(parts);
    const hash = hashOf(body, headers['content-type']);
    const arrived = { method, path, headers, body, hash, at: performance.now(), dropped };
    const fault = faults[requests.length];
    requests.push(arrived);
    if (fault) fault(response, socket);
    else await service(arrived, response, pace);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function hashOf(body: Buffer, type = ''): string {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(type)?.slice(1).find(Boolean);
  const text = body.toString('latin1');
  // undici 6, which is Node 22's, ends a form without a line break
  const form = boundary && text.replaceAll(boundary, 'boundary').replace(/--\r\n$/, '--');
  return createHash('sha256')
    .update(form ?? text, 'latin1')
    .digest('hex');
}
