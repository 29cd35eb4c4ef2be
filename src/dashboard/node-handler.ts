import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { strippedWay, type Way, wayTo } from './mount.ts';
import type { Asked } from './routes.ts';

/** What a router may have added. */
interface Incoming extends IncomingMessage {
  /** The whole URL, where `url` is only what is below the router. */
  readonly originalUrl?: string;
  /** What a parser has made of the body, which can't be read again. */
  readonly body?: unknown;
}

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Bytes of a body that are read: more than any that is taken may have. */
const longest = 8_192;

/** The same handler for `node:http`, and for whatever is made like it. */
export function nodeHandler(
  respond: (way: Way | undefined, asked: Asked) => Promise<Response>,
  mount: string | undefined,
): NodeHandler {
  return function dashboard(request, response) {
    serve(request, response).catch(() => response.destroy());
  };

  async function serve(incoming: Incoming, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET' } = incoming;
    const request = await requestOf(incoming);
    const { status, headers, body } = await respond(wayOf(incoming, mount), { method, request });
    outgoing.writeHead(status, Object.fromEntries(headers));
    if (body) await pipeline(Readable.fromWeb(body as never), outgoing).catch(() => {});
    else outgoing.end();
  }
}

function wayOf({ url = '/', originalUrl }: Incoming, mount: string | undefined): Way | undefined {
  if (mount !== undefined) return wayTo(pathOf(originalUrl ?? url), mount);
  return originalUrl === undefined
    ? wayTo(pathOf(url), '/')
    : strippedWay(pathOf(url), pathOf(originalUrl));
}

/** Not by `new URL`, which takes `//host` for one. */
function pathOf(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1);
  return path.startsWith('/') ? path : (URL.parse(target)?.pathname ?? path);
}

/** A method that a Request can't have is answered by that of the incoming message. */
async function requestOf(incoming: Incoming): Promise<Request> {
  const { method, url = '/', originalUrl = url, socket } = incoming;
  const headers = headersOf(incoming);
  const scheme = 'encrypted' in socket ? 'https' : 'http';
  const href = `${scheme}://${headers.get('host') ?? 'localhost'}${originalUrl}`;
  const place = URL.canParse(href) ? href : 'http://localhost/';
  if (method !== 'POST') return new Request(place, { headers });
  const body = await bodyOf(incoming);
  return new Request(place, { method: 'POST', headers, body });
}

function headersOf({ headers }: IncomingMessage): Headers {
  const named = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  const all = new Headers();
  const authority = headers[':authority'];
  if (typeof authority === 'string') all.set('host', authority);
  for (const [name, value] of named) {
    for (const one of [value ?? []].flat()) all.append(name, one);
  }
  return all;
}

/** What is too long is cut off, but the rest is let come in: who is still sending does not read an answer. */
function bodyOf(incoming: Incoming): string | Promise<Uint8Array<ArrayBuffer>> {
  const { body } = incoming;
  if (incoming.readableEnded) return typeof body === 'string' ? body : JSON.stringify(body ?? '');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = () => resolve(new Uint8Array(Buffer.concat(chunks)));
    incoming.on('data', (chunk: Buffer) => {
      if (length > longest) return;
      chunks.push(chunk);
      length += chunk.length;
      if (length > longest) end();
    });
    incoming.once('end', end).once('close', end);
  });
}
