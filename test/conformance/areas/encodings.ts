import * as zlib from 'node:zlib';
import { chunk, chunked, head, lastChunk, raw, redirect, reply } from '../answers.ts';
import { callOf, headOf, outcome } from '../observation.ts';
import type { Server } from '../server.ts';
import type { Area, Play } from '../stage.ts';

const text = Buffer.from('a text that is worth to be compressed, compressed, compressed');
const gzip = zlib.gzipSync(text);
const brotli = zlib.brotliCompressSync(text);
const deflate = zlib.deflateSync(text);

/** A content-encoding, and what is sent under it. */
const contents: Readonly<Record<string, readonly [string, Uint8Array]>> = {
  gzip: ['gzip', gzip],
  'x-gzip': ['x-gzip', gzip],
  'GZIP in upper case': ['GZIP', gzip],
  'gzip of nothing': ['gzip', zlib.gzipSync('')],
  'gzip in 2 members': ['gzip', Buffer.concat([gzip, gzip])],
  'gzip with bytes after it': ['gzip', Buffer.concat([gzip, Buffer.from('more')])],
  'gzip and 0 bytes': ['gzip', Buffer.alloc(0)],
  'gzip that ends early': ['gzip', gzip.subarray(0, -12)],
  'gzip that is broken': ['gzip', Buffer.from('no gzip at all')],
  'gzip with a wrong checksum': ['gzip', Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)])],
  deflate: ['deflate', deflate],
  'deflate without a head': ['deflate', zlib.deflateRawSync(text)],
  'deflate with bytes after it': ['deflate', Buffer.concat([deflate, Buffer.from('more')])],
  'deflate that is broken': ['deflate', Buffer.from('no deflate')],
  'deflate and 0 bytes': ['deflate', Buffer.alloc(0)],
  br: ['br', brotli],
  'br with bytes after it': ['br', Buffer.concat([brotli, Buffer.from('more')])],
  'br that is broken': ['br', Buffer.from('no brotli')],
  'br that ends early': ['br', brotli.subarray(0, -4)],
  zstd: ['zstd', zlib.zstdCompressSync(text)],
  'zstd that is broken': ['zstd', Buffer.from('no zstd')],
  identity: ['identity', text],
  'an unknown one': ['rot13', text],
  'an empty one': ['', text],
  'gzip, br': ['gzip, br', zlib.brotliCompressSync(gzip)],
  'gzip and an unknown one': ['gzip, rot13', gzip],
  'gzip twice': ['gzip, gzip', zlib.gzipSync(gzip)],
  '6 of them': ['gzip, gzip, gzip, gzip, gzip, gzip', gzip],
};

function answered(name: string, method: string, way: 'known' | 'chunked'): Play {
  const [encoding, body] = contents[name] ?? ['', text];
  const lines = [`content-encoding: ${encoding}`, 'x-a: 1'];
  return async (stage) => {
    const server = await stage.serve(
      way === 'known'
        ? reply(200, lines, body)
        : chunked([body.subarray(0, 9), body.subarray(9)], lines),
    );
    return callOf(() => stage.fetch(server.at('/'), { method }));
  };
}

const table: Record<string, Play> = {};
for (const name of Object.keys(contents)) {
  table[`${name}, of a known length`] = answered(name, 'GET', 'known');
  table[`${name}, in 2 chunks`] = answered(name, 'POST', 'chunked');
}
for (const name of ['gzip', 'br', 'zstd', 'gzip that is broken']) {
  table[`${name}, to a HEAD`] = async (stage) => {
    const server = await stage.serve(
      raw(head(200, [`content-encoding: ${contents[name]?.[0]}`, 'content-length: 5'])),
    );
    return callOf(() => stage.fetch(server.at('/'), { method: 'HEAD' }));
  };
}
for (const status of [204, 304, 404]) {
  table[`gzip, with a ${status}`] = async (stage) => {
    const answer =
      status === 404
        ? reply(404, ['content-encoding: gzip'], gzip)
        : raw(head(status, ['content-encoding: gzip']));
    const server = await stage.serve(answer);
    return callOf(() => stage.fetch(server.at('/')));
  };
}

export const encodingCases: Area = {
  name: 'encodings',
  cases: {
    ...table,
    'gzip that is given out as it comes': async (stage) => {
      const encoder = zlib.createGzip({ flush: zlib.constants.Z_SYNC_FLUSH });
      const server: Server = await stage.serve(({ write }) => {
        write(head(200, ['transfer-encoding: chunked', 'content-encoding: gzip']));
      });
      encoder.on('data', (data: Buffer) => server.exchanges[0]?.write(chunk(data)));
      encoder.on('end', () => server.exchanges[0]?.write(lastChunk));
      const response = await stage.fetch(server.at('/'));
      const reader = response.body?.getReader();
      const parts: unknown[] = [];
      for (const part of ['one', 'two ', 'three']) {
        encoder.write(part);
        parts.push(await reader?.read());
      }
      encoder.end();
      parts.push(await reader?.read());
      return parts;
    },
    'gzip that is cancelled after its first chunk': async (stage) => {
      const server = await stage.serve(({ write }) => {
        write(head(200, ['transfer-encoding: chunked', 'content-encoding: gzip']));
        write(chunk(zlib.gzipSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH })));
      });
      const response = await stage.fetch(server.at('/'));
      const reader = response.body?.getReader();
      const first = await reader?.read();
      const cancelled = await outcome(() => reader?.cancel('left'));
      return { first, cancelled, closed: await server.closed(), head: headOf(response) };
    },
    'gzip behind a redirect': async (stage) => {
      const server = await stage.serve(
        redirect(302, '/b'),
        reply(200, ['content-encoding: gzip'], gzip),
      );
      return callOf(() => stage.fetch(server.at('/a')));
    },
    'gzip of a redirect that is not followed': async (stage) => {
      const server = await stage.serve(
        reply(302, ['location: /b', 'content-encoding: gzip'], gzip),
      );
      return callOf(() => stage.fetch(server.at('/a'), { redirect: 'manual' }));
    },
    'gzip of 300,000 bytes': async (stage) => {
      const large = zlib.gzipSync(Buffer.alloc(300_000, 'abcdef'));
      const server = await stage.serve(reply(200, ['content-encoding: gzip'], large));
      const bytes = await (await stage.fetch(server.at('/'))).arrayBuffer();
      return [bytes.byteLength, Buffer.from(bytes).equals(Buffer.alloc(300_000, 'abcdef'))];
    },
  },
};
