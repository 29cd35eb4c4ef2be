import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { type ClientOptions, createClient } from 'resilient-fetch';
import { expect, it } from 'vitest';
import { selfSigned } from '../support/wire-certificate.ts';

const body = randomBytes(3_000_001);
const digest = createHash('sha256').update(body).digest('hex');

/** Says the length first, or sends it in chunks of many sizes. */
function answer(path: string | undefined, response: ServerResponse): void {
  response.setHeader('cache-control', 'max-age=60');
  if (path === '/known') response.setHeader('content-length', body.length);
  if (path === '/known') response.end(body);
  else {
    for (let start = 0, size = 1; start < body.length; start += size, size = (size * 7) % 99_991) {
      response.write(body.subarray(start, start + size));
      if (start + size >= body.length) response.end();
    }
  }
}

async function serve(server: Server, scheme: string) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

const open: Readonly<Record<string, () => ReturnType<typeof serve>>> = {
  'HTTP/1.1': () =>
    serve(
      createServer(({ url }, response) => answer(url, response)),
      'http',
    ),
  TLS: () =>
    serve(
      createTlsServer(selfSigned, ({ url }, response) => answer(url, response)),
      'https',
    ),
  'HTTP/2': () =>
    serve(
      createSecureServer(selfSigned, ({ url }, response) =>
        answer(url, response as unknown as ServerResponse),
      ),
      'https',
    ),
};

const connect = { ca: selfSigned.cert };
const pools: Readonly<Record<string, ClientOptions['pool']>> = {
  'as it comes': { agent: { connect } },
  'with 2 connections, on which requests are sent ahead': {
    connections: 2,
    pipelining: 3,
    agent: { connect },
  },
  'with a cache': { cache: true, agent: { connect } },
  'with coalescing': { deduplicate: true, agent: { connect } },
};

async function hashOf(response: Response): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of response.body ?? []) {
    hash.update(chunk);
    await new Promise(setImmediate);
  }
  return hash.digest('hex');
}

for (const [protocol, start] of Object.entries(open)) {
  for (const [name, pool] of Object.entries(pools)) {
    it(`8 bodies of 3 MB arrive byte for byte over ${protocol} by a pool ${name}`, async () => {
      await using server = await start();
      const allowH2 = protocol === 'HTTP/2';
      const agent = { connect, allowH2 };
      await using client = createClient({ pool: { ...(pool as object), agent } });
      const round = () =>
        ['/known', '/in-chunks'].flatMap((path) =>
          Array.from({ length: 2 }, async () => hashOf(await client(`${server.origin}${path}`))),
        );
      const hashes = [...(await Promise.all(round())), ...(await Promise.all(round()))];
      expect(hashes).toEqual(Array(8).fill(digest));
    });
  }
}
