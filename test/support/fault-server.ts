import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** One request as the server saw it, from the moment its head was there. */
export interface Received {
  /** On which connection it came; 1 for the first that carried a request. */
  readonly connection: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As much of the body as has come, without the framing of its chunks. */
  body: Buffer;
}

/** How the server answers, or fails to. */
export type Reply = (response: ServerResponse, socket: Socket, request: Received) => void;

/**
 * What happens to one request: a status, or a reply to the whole request; `onHead` does not wait for the body, and
 * `onAccept` not even for the request.
 */
export type Line =
  | number
  | Reply
  | { readonly onHead: Reply }
  | { readonly onAccept: (socket: Socket) => void };

export interface FaultServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly Received[];
  /** Connections ever accepted. */
  readonly connections: number;
  /** Sockets that are open now. undici keeps idle ones, and opens a spare one where a request was aborted. */
  readonly open: ReadonlySet<Socket>;
  /** Requests whose exchange is neither complete nor cut off: the sockets that are checked out. */
  readonly held: number;
}

/** Where to listen, and with which key; a free port and no encryption if left out. */
export interface Place {
  readonly port?: number;
  readonly secure?: { readonly key: string; readonly cert: string };
}

/** A server of real sockets that follows a script line by line; the last line is for all that comes after. */
export async function faultServer(lines: readonly Line[], place: Place = {}): Promise<FaultServer> {
  const { port = 0, secure } = place;
  const server = secure ? createSecureServer(secure) : createServer();
  const open = new Set<Socket>();
  const requests: Received[] = [];
  const carriers = new Map<Socket, number>();
  const held = new Set<ServerResponse>();
  let connections = 0;
  let played = 0;
  const upcoming = () => lines[Math.min(played, lines.length - 1)] ?? 200;

  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    const line = upcoming();
    if (typeof line !== 'object' || !('onAccept' in line)) return;
    played++;
    line.onAccept(socket);
  });

  server.on('request', async (request, response) => {
    const { socket, method = '', url = '', headers } = request;
    const connection = carriers.get(socket) ?? carriers.size + 1;
    carriers.set(socket, connection);
    const received = { connection, method, path: url, headers, body: Buffer.alloc(0) };
    requests.push(received);
    held.add(response);
    response.on('close', () => held.delete(response));
    const line = upcoming();
    played++;
    if (typeof line === 'object' && 'onHead' in line) line.onHead(response, socket, received);
    try {
      for await (const chunk of request) received.body = Buffer.concat([received.body, chunk]);
    } catch {
      return;
    }
    if (typeof line === 'number') answer(line)(response, socket, received);
    if (typeof line === 'function') line(response, socket, received);
  });

  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    origin: `${secure ? 'https' : 'http'}://127.0.0.1:${bound}`,
    port: bound,
    requests,
    open,
    get connections() {
      return connections;
    },
    get held() {
      return held.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How many requests are still held when none is or, at the latest, after 2 seconds. */
export async function stillHeld(server: FaultServer): Promise<number> {
  const end = performance.now() + 2_000;
  while (server.held > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return server.held;
}

/**
 * A port where nobody listens. Not one that was free a moment ago: the system gives that to the next server, which may be
 * another test's. From 21,000 to 29,000 it gives none of itself, and fetch blocks none.
 */
export async function deadPort(): Promise<number> {
  for (;;) {
    const port = 21_000 + Math.floor(8_000 * Math.random());
    const socket = connect(port, '127.0.0.1');
    const listens = await new Promise((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    });
    socket.destroy();
    if (!listens) return port;
  }
}

/** An ordinary answer of a known length. */
export function answer(
  status: number,
  body: string | Buffer = `answer ${status}`,
  headers: Record<string, string> = {},
): Reply {
  return (response) => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
    response.end(body);
  };
}

/** The connection is reset when the request is there: the server may have acted on it. */
export const reset: Reply = (_, socket) => socket.resetAndDestroy();

/** The connection is reset before a byte is read. */
export const resetOnAccept: Line = { onAccept: (socket) => socket.resetAndDestroy() };

/** No answer, and no end of the connection. */
export const silence: Reply = () => {};

/** Bytes that need not be HTTP, and then the end of the connection, if there is to be one. */
export function bytes(text: string, end?: 'FIN' | 'RST'): Reply {
  return (_, socket) => {
    socket.write(text);
    if (end === 'FIN') socket.end();
    if (end === 'RST') setTimeout(() => socket.resetAndDestroy(), 20);
  };
}

/** A body in chunks, one every so many milliseconds; it ends after the last, or never. */
export function drip(
  status: number,
  chunks: number,
  interval: number,
  chunk: string = 'drop ',
): Reply {
  return (response) => {
    response.writeHead(status);
    let left = chunks;
    const next = () => {
      if (response.destroyed) return;
      if (left-- <= 0) {
        response.end();
        return;
      }
      response.write(chunk);
      setTimeout(next, interval);
    };
    next();
  };
}

/** Headers that promise 1,000 bytes, and a body that stops before. */
export const unfinished: Reply = (response) => {
  response.writeHead(503, { 'content-length': 1_000 });
  response.write('the beginning');
};

/** Headers and the beginning of a body that is never continued. */
export function stall(status: number = 200, beginning: string = '{"begun":'): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.write(beginning);
  };
}
