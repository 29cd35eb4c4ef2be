import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { selfSigned } from '../support/wire-certificate.ts';

/** One request, and the wire on which the answer goes: bytes, so that an answer can be anything. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** As much of the body as has come. */
  readonly body: () => string;
  /** Settled when all of the request is there. */
  readonly received: Promise<void>;
  write(bytes: string | Uint8Array): void;
}

/** Called when the head of a request is there. */
export type Answer = (exchange: Exchange) => unknown;

/** What a server saw of a request. */
export interface Seen {
  readonly request: string;
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
  readonly body: string;
  readonly complete: boolean;
}

/** Where a server listens. */
export interface Place {
  readonly host?: string;
  readonly secure?: boolean;
}

/** A real server that answers each request with the next of the answers; the last is for all that come after. */
export class Server implements AsyncDisposable {
  readonly #server: HttpServer;
  readonly #sockets = new Set<Socket>();
  readonly exchanges: Exchange[] = [];
  readonly #place: Place;

  private constructor(answers: readonly Answer[], place: Place) {
    this.#place = place;
    const settings = { maxHeaderSize: 1_000_000, requireHostHeader: false };
    this.#server = place.secure
      ? createSecureServer({ ...settings, ...selfSigned })
      : createServer(settings);
    this.#server.requestTimeout = 0;
    this.#server.on(place.secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('request', (request) => {
      const exchange = exchangeOf(request);
      const answer = answers[Math.min(this.exchanges.length, answers.length - 1)];
      this.exchanges.push(exchange);
      answer?.(exchange);
    });
  }

  static async open(answers: readonly Answer[], place: Place = {}): Promise<Server> {
    const server = new Server(answers, place);
    const opened = Promise.withResolvers<void>();
    server.#server.on('error', opened.reject);
    server.#server.listen(0, place.host ?? '127.0.0.1', opened.resolve);
    await opened.promise;
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    const { host = '127.0.0.1', secure } = this.#place;
    return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** The address of a resource. */
  at(path: string): string {
    return this.origin + path;
  }

  seen(): Seen[] {
    return this.exchanges.map(({ request, body }) => ({
      request: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
      headers: linesOf(request),
      trailers: [...request.rawTrailers],
      body: body(),
      complete: request.complete,
    }));
  }

  /** How many exchanges there are once there are as many as expected, or none came for 3 s. */
  async asked(count: number = 1): Promise<number> {
    await within(3_000, () => this.exchanges.length >= count);
    return this.exchanges.length;
  }

  /** Whether the connection of an exchange was closed from the other side, within 3 s. */
  async closed(index: number = 0): Promise<boolean> {
    await this.asked(index + 1);
    return within(3_000, () => this.exchanges[index]?.socket.destroyed !== false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Waits for a condition, and tells whether it came true. */
export async function within(milliseconds: number, condition: () => boolean): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return true;
}

function exchangeOf(request: IncomingMessage): Exchange {
  const { socket } = request;
  const chunks: Buffer[] = [];
  const received = Promise.withResolvers<void>();
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', received.resolve);
  request.on('error', () => {});
  return {
    request,
    socket,
    received: received.promise,
    body: () => Buffer.concat(chunks).toString('latin1'),
    write: (bytes) => void (socket.destroyed || socket.write(bytes)),
  };
}

/** The headers as they came, in their order. */
function linesOf({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? `${name}: ${rawHeaders[index + 1]}` : [],
  );
}
