/// <reference lib="esnext.disposable" preserve="true" />
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Answer, ReceivedRequest } from './answer.ts';
import { faultSource, type Injection } from './fault-source.ts';
import { checkScript, checkServerOptions, type FaultServerOptions } from './options.ts';
import { play } from './play.ts';

/** A server that misbehaves as it is told, and counts what it saw. */
export interface FaultServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`; a new port for each server. */
  readonly origin: string;
  /** What it was asked, in the order in which the heads came. */
  readonly requests: readonly ReceivedRequest[];
  /** The faults that were drawn. */
  readonly injected: readonly Injection[];
  /** Connections ever accepted. */
  readonly connections: number;
  /** Requests that are neither answered nor cut off. */
  readonly held: number;
  /** Puts other answers in the place of those that are left. */
  play(...script: Answer[]): void;
  /** Breaks every connection, and listens no more. */
  close(): Promise<void>;
}

/**
 * Opens a server of real sockets, on a free port of this machine, that follows a script, or has faults by a seed, or both.
 *
 * @throws OptionsError if an option is unknown or wrong, with a line for each.
 */
export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const { script = [200], faults } = checkServerOptions(options);
  const source = faultSource(faults ?? { rate: 0 });
  const server = createServer();
  const open = new Set<Socket>();
  const carriers = new WeakMap<Socket, number>();
  const requests: Received[] = [];
  const held = new Set<ServerResponse>();
  let lines: readonly Answer[] = script;
  let played = 0;
  let connections = 0;
  let carrying = 0;
  let closing: Promise<void> | undefined;

  // whether an idle connection is closed under a client is not to be chance
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  server.on('request', answer);

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket, method = '', url = '/', headers } = incoming;
    const connection = carriers.get(socket) ?? ++carrying;
    carriers.set(socket, connection);
    const request: Received = { connection, method, path: url, headers, body: Buffer.alloc(0) };
    requests.push(request);
    held.add(response);
    response.on('close', () => held.delete(response));
    const line = lines[Math.min(played++, lines.length - 1)] ?? 200;
    const fault = source.next({ method, url: placeOf(url, origin) });
    try {
      for await (const chunk of incoming) request.body = Buffer.concat([request.body, chunk]);
    } catch {
      return;
    }
    await play(line, fault, request, { response, socket });
  }

  function close(): Promise<void> {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const closeOnce = () => (closing ??= close());
  return {
    origin,
    requests,
    injected: source.injected,
    get connections() {
      return connections;
    },
    get held() {
      return held.size;
    },
    play(...script) {
      lines = checkScript(script);
      played = 0;
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

/** A path may begin with two slashes, which is no host here, and a proxy's request or `*` has none. */
function placeOf(path: string, origin: string): URL {
  return URL.parse(path.startsWith('/') ? origin + path : path) ?? new URL(origin);
}

interface Received extends ReceivedRequest {
  body: Buffer;
}
