import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One version of a file. */
export interface Version {
  readonly body: Buffer;
  /** Headers that tell it from others; a strong ETag if left out. */
  readonly headers?: Record<string, string>;
}

/** One request that the server saw. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface CuttingServer extends AsyncDisposable {
  readonly origin: string;
  readonly requests: readonly Asked[];
  /** Answers that are neither complete nor cut off. */
  readonly held: ReadonlySet<ServerResponse>;
  /** What it serves from now on. */
  version: Version;
}

/** What happens to one answer: the whole of it, so many bytes and then the end of the connection, or something else. */
export type Cut = number | 'whole' | ((response: ServerResponse, from: number) => void);

/** Serves a file and its ranges, as RFC 9110 has it, and cuts the answers as a script says; the last line is for all that come after. */
export async function cuttingServer(first: Version, cuts: readonly Cut[]): Promise<CuttingServer> {
  const requests: Asked[] = [];
  const held = new Set<ServerResponse>();
  const state = { version: first };

  const server = createServer(({ headers, url = '' }, response) => {
    const cut = cuts[Math.min(requests.length, cuts.length - 1)] ?? 'whole';
    requests.push({ path: url, headers });
    held.add(response);
    response.on('close', () => held.delete(response));
    const { body, headers: own = { etag: '"one"' } } = state.version;
    const validator = own.etag ?? own['last-modified'];
    const isMeant = headers['if-range'] === undefined || headers['if-range'] === validator;
    const range = isMeant ? /^bytes=(\d+)-$/.exec(headers.range ?? '') : null;
    const from = Number(range?.[1] ?? 0);
    if (typeof cut === 'function') {
      cut(response, from);
      return;
    }
    const rest = body.subarray(from);
    const about = range && { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` };
    response.writeHead(range ? 206 : 200, { 'content-length': rest.length, ...own, ...about });
    if (cut === 'whole') response.end(rest);
    else write(response, rest.subarray(0, cut));
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    held,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  });
}

/** Sends it, and ends the connection once it is on its way. */
function write(response: ServerResponse, bytes: Buffer): void {
  response.flushHeaders();
  const cut = () => response.socket?.end();
  if (bytes.length === 0) cut();
  else response.write(bytes, cut);
}
