import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Picture } from '../../src/dashboard/feed.ts';

/** A server of the page whose feed is written by a test. */
export interface Stub extends AsyncDisposable {
  readonly url: string;
  /** What came to `circuit`, oldest first. */
  readonly asked: readonly unknown[];
  /** How many pages listen now. */
  readonly listeners: number;
  send(picture: Picture): void;
  /** Breaks every connection, and refuses new ones with a status until `heal`. */
  fail(status: number): void;
  heal(): void;
  /** What `circuit` answers from now on. */
  answer(status: number, text?: string): void;
}

const folder = join(import.meta.dirname, '../../dist/dashboard/page');

/** Serves the built page below `/live/`, under the policy that the real handler sets. */
export async function startStub(first: Picture): Promise<Stub> {
  const { body, policy } = assemble();
  const listeners = new Set<ServerResponse>();
  const asked: unknown[] = [];
  let picture = first;
  let failing = 0;
  let reply = { status: 204, text: '' };

  const server = createServer(async (request, response) => {
    if (failing > 0) {
      response.writeHead(failing).end();
    } else if (request.url === '/live/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
      response.end(body);
    } else if (request.url === '/live/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(eventOf(picture));
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
    } else if (request.url === '/live/picture') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(picture));
    } else if (request.url === '/live/circuit') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      asked.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(reply.status).end(reply.text);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}/live/`, asked },
    get listeners() {
      return listeners.size;
    },
    send(next) {
      picture = next;
      for (const listener of listeners) listener.write(eventOf(next));
    },
    fail(status) {
      failing = status;
      for (const listener of listeners) listener.destroy();
    },
    heal() {
      failing = 0;
    },
    answer(status, text = '') {
      reply = { status, text };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function eventOf(picture: Picture): string {
  return `event: picture\ndata: ${JSON.stringify(picture)}\n\n`;
}

function assemble() {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const [style, script] = [read('page.css'), read('page.js')];
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const body = read('page.html')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script type="module"></script>', () => `<script type="module">${script}</script>`);
  const policy = [
    ...["default-src 'none'", `style-src ${hash(style)}`, `script-src ${hash(script)}`],
    ...["connect-src 'self'", "img-src 'self' data:", "base-uri 'none'", "form-action 'none'"],
    "frame-ancestors 'none'",
  ].join('; ');
  return { body, policy };
}
