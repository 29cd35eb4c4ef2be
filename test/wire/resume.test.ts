import { createHash, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import * as consumers from 'node:stream/consumers';
import { setTimeout as pass } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { BodyChangedError, createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { type Cut, cuttingServer } from '../support/cutting-server.ts';
import { causeCode, rejection, until } from '../support/wire-call.ts';

const resuming = createClient({
  retry: { resume: true, backoff: { base: 1, cap: 5 } },
  retryBudget: false,
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The stream of a body that is known to be there. */
function streamOf(response: Response): ReadableStream<Uint8Array> {
  if (!response.body) throw new Error('expected a body');
  return response.body;
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read())
    parts.push(part.value);
  return Buffer.concat(parts).toString();
}

async function filled(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader({ mode: 'byob' });
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(64));
    if (done) return Buffer.concat(parts).toString();
    parts.push(value.slice());
  }
}

async function iterated(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

async function piped(stream: ReadableStream<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  await stream.pipeTo(new WritableStream({ write: (part) => void parts.push(part) }));
  return Buffer.concat(parts).toString();
}

/** Every way of reading a body to its end, each giving the text of it. */
const ways: Record<string, (response: Response) => Promise<string>> = {
  'text()': (response) => response.text(),
  'json()': async (response) => JSON.stringify(await response.json()),
  'arrayBuffer()': async (response) => Buffer.from(await response.arrayBuffer()).toString(),
  'blob()': async (response) => (await response.blob()).text(),
  'bytes()': async (response) => Buffer.from(await response.bytes()).toString(),
  'a reader': (response) => readAll(streamOf(response).getReader()),
  'a reader of bytes': (response) => filled(streamOf(response)),
  'for await': (response) => iterated(streamOf(response)),
  'values()': (response) => iterated(streamOf(response).values()),
  'pipeTo()': (response) => piped(streamOf(response)),
  'pipeThrough()': (response) =>
    readAll(
      streamOf(response).pipeThrough(new TransformStream<Uint8Array, Uint8Array>()).getReader(),
    ),
  'tee()': async (response) => {
    const [one, other] = streamOf(response).tee();
    const [text, same] = await Promise.all([iterated(one), iterated(other)]);
    expect(same).toBe(text);
    return text;
  },
  'a reader of bytes of a tee()': (response) => filled(streamOf(response).tee()[1]),
  'clone().text(), and text()': async (response) => {
    const copy = response.clone();
    const [text, same] = await Promise.all([copy.text(), response.text()]);
    expect(same).toBe(text);
    return text;
  },
  'clone().clone().text()': (response) => response.clone().clone().text(),
  'a reader of bytes of a clone()': (response) => filled(streamOf(response.clone())),
  'Readable.fromWeb()': (response) =>
    iterated(Readable.fromWeb(streamOf(response) as Parameters<typeof Readable.fromWeb>[0])),
  'Readable.from()': (response) => iterated(Readable.from(streamOf(response))),
  'consumers.text()': (response) => consumers.text(streamOf(response)),
  'new Response(body)': (response) => new Response(response.body).text(),
  'one reader after another': async (response) => {
    const stream = streamOf(response);
    const parts: Uint8Array[] = [];
    for (;;) {
      const reader = stream.getReader();
      const { done, value } = await reader.read();
      reader.releaseLock();
      if (done) return Buffer.concat(parts).toString();
      parts.push(value);
    }
  },
  'a reader that reads ahead': async (response) => {
    const reader = streamOf(response).getReader();
    const reads = await Promise.all(Array.from({ length: 200 }, () => reader.read()));
    const parts = reads.map(({ value }) => value ?? new Uint8Array());
    return Buffer.concat(parts).toString() + (await readAll(reader));
  },
};

const text = JSON.stringify({ letters: 'abcdefghijklmnopqrstuvwxyz'.repeat(400) });
const file = { body: Buffer.from(text) };

describe.concurrent('a body that is cut 3 times', () => {
  for (const [name, read] of Object.entries(ways)) {
    for (const body of [false, 5_000] as const) {
      it(`is read to its end by ${name}${body ? ', with timeout.body of 5,000 ms' : ''}`, async () => {
        await using server = await cuttingServer(file, [3_000, 3_000, 100, 'whole']);
        const response = await resuming(server.origin, { resilience: { timeout: { body } } });
        expect(await read(response)).toBe(text);
        const [first, ...others] = server.requests.map(({ headers }) => headers);
        expect(first).not.toHaveProperty('range');
        expect(others.length).toBeGreaterThanOrEqual(3);
        for (const headers of others) {
          expect(headers).toMatchObject({ range: expect.stringMatching(/^bytes=\d+-$/) });
          expect(headers).toMatchObject({ 'if-range': '"one"', 'accept-encoding': 'identity' });
        }
        expect(explain(response)?.attempts.slice(0, 2)).toMatchObject([
          { attempt: 1, outcome: '200', broken: { outcome: 'UND_ERR_SOCKET' } },
          { attempt: 2, outcome: '206' },
        ]);
      });
    }
  }
});

describe.concurrent('the Response', () => {
  it('stays the platform’s own: 1 class, 1 url, and what it says of its body', async () => {
    await using server = await cuttingServer(file, [3_000, 'whole']);
    const response = await resuming(`${server.origin}/file`);
    expect(response).toBeInstanceOf(Response);
    expect(response.url).toBe(`${server.origin}/file`);
    expect(response.headers.get('content-length')).toBe(String(file.body.length));
    expect(Object.keys(response)).toEqual([]);
    expect(Object.keys(streamOf(response))).toEqual([]);
    expect(response.bodyUsed).toBe(false);
    const stream = streamOf(response);
    const reader = stream.getReader();
    expect(reader).toBeInstanceOf(ReadableStreamDefaultReader);
    expect(stream.locked).toBe(true);
    expect(() => stream.getReader()).toThrow(TypeError);
    await reader.read();
    expect(response.bodyUsed).toBe(true);
    await readAll(reader);
    await reader.closed;
    expect((await reader.read()).done).toBe(true);
    reader.releaseLock();
    expect(stream.locked).toBe(false);
    expect(await rejection(response.text())).toBeInstanceOf(TypeError);
  });
});

/** A rest that begins as it should, and then says nothing more. */
const silentRest: Cut = (response, from) => {
  const range = `bytes ${from}-${text.length - 1}/${text.length}`;
  response.writeHead(206, { etag: '"one"', 'content-range': range });
  response.write(text.slice(from, from + 10));
};

describe('a download of 50 MB', () => {
  const download = randomBytes(50_000_000);
  const cuts: Cut[] = [...Array(10).fill(4_500_000), 'whole'];

  it('that is cut 10 times arrives byte for byte, in 11 requests', async () => {
    await using server = await cuttingServer({ body: download }, cuts);
    const response = await resuming(server.origin);
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of streamOf(response)) {
      hash.update(chunk);
      length += chunk.byteLength;
    }
    expect(length).toBe(50_000_000);
    expect(hash.digest('hex')).toBe(sha256(download));
    expect(server.requests).toHaveLength(11);
  }, 30_000);

  it('that changes after 5 cuts fails with a BodyChangedError, and 0 bytes of the new version', async () => {
    await using server = await cuttingServer({ body: download }, cuts);
    const response = await resuming(server.origin);
    const other = { body: randomBytes(50_000_000), headers: { etag: '"two"' } };
    const read: Uint8Array[] = [];
    const error = await rejection(
      (async () => {
        for await (const chunk of streamOf(response)) {
          read.push(chunk);
          if (server.requests.length >= 6) server.version = other;
        }
      })(),
    );
    const length = read.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(error).toBeInstanceOf(BodyChangedError);
    expect(error).toMatchObject({
      name: 'BodyChangedError',
      code: 'ERR_RESILIENCE_BODY_CHANGED',
      origin: server.origin,
      offset: length,
      attempts: 7,
      cause: { message: 'terminated' },
    });
    expect((error as Error).message).toMatch(/broke off after [\d,]+ bytes, and another version/);
    expect(sha256(Buffer.concat(read))).toBe(sha256(download.subarray(0, length)));
    expect(explain(error)).toMatchObject({
      stopped: 'changed',
      outcome: 'ERR_RESILIENCE_BODY_CHANGED',
    });
  }, 30_000);
});

it('memory stays flat: less than 40 MB more for 200 MB that are cut 20 times', async () => {
  const part = randomBytes(1_000_000);
  const size = 200_000_000;
  let requests = 0;
  const server = createServer(async ({ headers }, response) => {
    const range = /^bytes=(\d+)-$/.exec(headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const about = range && { 'content-range': `bytes ${from}-${size - 1}/${size}` };
    response.writeHead(range ? 206 : 200, { etag: '"1"', 'content-length': size - from, ...about });
    requests++;
    const until = Math.min(size, from + 10_000_000);
    for (let at = from; at < until && !response.destroyed; ) {
      const bytes = part.subarray(
        at % 1_000_000,
        Math.min(1_000_000, (at % 1_000_000) + until - at),
      );
      at += bytes.length;
      if (!response.write(bytes))
        await new Promise((done) => response.once('drain', done).once('close', done));
    }
    if (until < size) response.socket?.end();
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const response = await resuming(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  let length = 0;
  let growth = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for await (const chunk of streamOf(response)) {
    expect(chunk[0]).toBe(part[length % 1_000_000]);
    const before = Math.floor(length / 10_000_000);
    length += chunk.byteLength;
    if (Math.floor(length / 10_000_000) === before) continue;
    collect();
    const { arrayBuffers } = process.memoryUsage();
    // what other tests have left goes meanwhile
    lowest = Math.min(lowest, arrayBuffers);
    growth = Math.max(growth, arrayBuffers - lowest);
  }
  expect(length).toBe(size);
  expect(requests).toBeGreaterThanOrEqual(20);
  expect(growth).toBeLessThan(40_000_000);
  await new Promise((resolve) => server.close(resolve));
}, 30_000);

describe.concurrent('a body that breaks off for good', () => {
  const cut = 3_000;
  const cases: [string, Cut[], Record<string, string>, number][] = [
    ['where it has no validator', [cut], {}, 1],
    ['where its ETag is weak', [cut], { etag: 'W/"one"' }, 1],
    ['where ranges are ignored', [cut, (response) => response.end(text)], { etag: '"one"' }, 2],
    ['where it is gone', [cut, (response) => response.writeHead(404).end()], { etag: '"one"' }, 2],
    [
      'where the server is ill',
      [cut, (response) => response.writeHead(503).end()],
      { etag: '"one"' },
      4,
    ],
    [
      'where a part is longer than it says',
      [
        cut,
        (response, from) => {
          const range = `bytes ${from}-${from + 9}/${text.length}`;
          response.writeHead(206, { etag: '"one"', 'content-range': range });
          response.end(text.slice(from));
        },
      ],
      { etag: '"one"' },
      2,
    ],
    ['where no byte follows 3 retries', [cut, 0], { etag: '"one"' }, 4],
  ];
  it.each(cases)('fails as fetch says %s, 1 of 7', async (_, cuts, headers, requests) => {
    await using server = await cuttingServer({ ...file, headers }, cuts);
    const response = await resuming(server.origin, { resilience: { circuitBreaker: false } });
    const error = await rejection(response.text());
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe('terminated');
    expect(causeCode(error)).toBe('UND_ERR_SOCKET');
    expect(server.requests).toHaveLength(requests);
  });

  it('fails as fetch says where `resume` is off, after 1 request', async () => {
    await using server = await cuttingServer(file, [cut]);
    const response = await resuming(server.origin, { resilience: { retry: { resume: false } } });
    expect(causeCode(await rejection(response.text()))).toBe('UND_ERR_SOCKET');
    expect(server.requests).toHaveLength(1);
  });

  it('is not continued with another file to which the redirect leads now, of 1 length and 1 ETag', async () => {
    const moved = (to: string) => (response: ServerResponse) =>
      response.writeHead(302, { location: to }).end();
    await using server = await cuttingServer(file, [moved('/v1'), cut, moved('/v2'), 'whole']);
    const response = await resuming(`${server.origin}/latest`);
    expect(causeCode(await rejection(response.text()))).toBe('UND_ERR_SOCKET');
    expect(server.requests.map(({ path }) => path)).toEqual(['/latest', '/v1', '/latest', '/v2']);
  });

  it('is not continued where it is compressed: 1 request', async () => {
    const body = gzipSync(randomBytes(50_000));
    const headers = { etag: '"one"', 'content-encoding': 'gzip' };
    await using server = await cuttingServer({ body, headers }, [cut]);
    const response = await resuming(server.origin);
    expect(await rejection(response.arrayBuffer())).toBeInstanceOf(TypeError);
    expect(server.requests).toHaveLength(1);
  });

  it('is not continued where the caller asked for a part of it: 1 request', async () => {
    await using server = await cuttingServer(file, [cut]);
    const response = await resuming(server.origin, { headers: { range: 'bytes=5-' } });
    expect(response.status).toBe(206);
    expect(await rejection(response.text())).toBeInstanceOf(TypeError);
    expect(server.requests).toHaveLength(1);
  });

  it('is not continued where it answers a POST that may be retried: 1 request', async () => {
    await using server = await cuttingServer(file, [cut]);
    const retry = { methods: ['POST'] };
    const response = await resuming(server.origin, { method: 'POST', resilience: { retry } });
    expect(await rejection(response.text())).toBeInstanceOf(TypeError);
    expect(server.requests).toHaveLength(1);
  });
});

describe.concurrent('a body that goes on', () => {
  it('by its date, where that is older than 60 s', async () => {
    const headers = { 'last-modified': new Date(Date.now() - 90_000).toUTCString() };
    await using server = await cuttingServer({ ...file, headers }, [3_000, 'whole']);
    expect(await (await resuming(server.origin)).text()).toBe(text);
    expect(server.requests[1]?.headers['if-range']).toBe(headers['last-modified']);
  });

  it('with all the caller said, and through the redirect once more: 4 requests', async () => {
    await using server = await cuttingServer(file, [
      (response) => response.writeHead(302, { location: '/signed?1' }).end(),
      3_000,
      (response) => response.writeHead(302, { location: '/signed?2' }).end(),
      'whole',
    ]);
    const response = await resuming(`${server.origin}/file`, { headers: { 'x-key': 'mine' } });
    expect(response.url).toBe(`${server.origin}/signed?1`);
    expect(await response.text()).toBe(text);
    expect(server.requests.map(({ path }) => path)).toEqual([
      ...['/file', '/signed?1', '/file', '/signed?2'],
    ]);
    expect(server.requests.at(-1)?.headers).toMatchObject({
      'x-key': 'mine',
      range: 'bytes=3000-',
    });
  });

  it('after a silence that timeout.body ended after 60 ms', async () => {
    const headers = { etag: '"one"', 'content-length': String(file.body.length) };
    await using server = await cuttingServer(file, [
      (response) => response.writeHead(200, headers).write(text.slice(0, 3_000)),
      'whole',
    ]);
    const response = await resuming(server.origin, { resilience: { timeout: { body: 60 } } });
    expect(await response.text()).toBe(text);
    expect(explain(response)?.attempts[0]?.broken).toMatchObject({
      offset: 3_000,
      outcome: 'ERR_RESILIENCE_TIMEOUT',
    });
  });

  it('not before somebody reads it: 1 request after 100 ms, and 2 when he does', async () => {
    await using server = await cuttingServer(file, [3_000, 'whole']);
    const response = await resuming(server.origin);
    await until(() => server.held.size === 0);
    await pass(100);
    expect(server.requests).toHaveLength(1);
    expect(await response.text()).toBe(text);
    expect(server.requests).toHaveLength(2);
  });

  it('and is left holds 0 requests', async () => {
    await using server = await cuttingServer(file, [3_000, silentRest]);
    const response = await resuming(server.origin);
    const reader = streamOf(response).getReader();
    for (let length = 0; length < 3_010; ) length += (await reader.read()).value?.byteLength ?? 0;
    expect(server.held.size).toBeGreaterThan(0);
    await reader.cancel();
    expect((await reader.read()).done).toBe(true);
    await reader.closed;
    await until(() => server.held.size === 0);
  });

  it('and is cancelled while it waits ends at once, and sends 0 requests more', async () => {
    await using server = await cuttingServer(file, [3_000, 'whole']);
    const retry = { backoff: { base: 5_000, cap: 5_000, jitter: 'none' } } as const;
    const response = await resuming(server.origin, { resilience: { retry } });
    const reader = streamOf(response).getReader();
    await reader.read();
    const read = reader.read();
    await pass(50);
    const start = performance.now();
    await reader.cancel();
    expect((await read).done).toBe(true);
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(server.requests).toHaveLength(1);
  });

  it('and is aborted, while it waits or is read on, fails with the caller’s own reason: 2 of 2', async () => {
    for (const cuts of [
      [3_000, 'whole'],
      [3_000, 100, 'whole'],
    ] as const) {
      await using server = await cuttingServer(file, cuts);
      const caller = new AbortController();
      const reason = new Error('the page was left');
      const retry = { backoff: { base: 5_000, cap: 5_000, jitter: 'none' } } as const;
      const { signal } = caller;
      const response = await resuming(server.origin, { signal, resilience: { retry } });
      const read = rejection(response.text());
      setTimeout(() => caller.abort(reason), 50);
      expect(await read).toBe(reason);
      expect(server.requests).toHaveLength(1);
    }
  });

  it('and is aborted in its second part, fails with the caller’s own reason', async () => {
    await using server = await cuttingServer(file, [3_000, silentRest]);
    const caller = new AbortController();
    const reason = { code: 1 };
    const response = await resuming(server.origin, { signal: caller.signal });
    const read = rejection(response.text());
    await until(() => server.requests.length === 2);
    await pass(50);
    caller.abort(reason);
    expect(await read).toBe(reason);
    await until(() => server.held.size === 0);
    expect(server.requests).toHaveLength(2);
  });

  it('holds its reader up to the pace of whoever reads: no more than 12 of 50 MB are sent before', async () => {
    const size = 50_000_000;
    let sent = 0;
    await using server = await cuttingServer({ body: Buffer.alloc(size) }, [
      3_000,
      (response, from) => {
        const range = `bytes ${from}-${size - 1}/${size}`;
        response.writeHead(206, { etag: '"one"', 'content-range': range });
        const write = () => {
          for (;;) {
            sent += 65_536;
            if (response.destroyed || !response.write(Buffer.alloc(65_536))) return;
          }
        };
        response.on('drain', write);
        write();
      },
    ]);
    const reader = streamOf(await resuming(server.origin)).getReader();
    for (let length = 0; length < 4_000; ) length += (await reader.read()).value?.byteLength ?? 0;
    await pass(300);
    expect(sent).toBeLessThan(12_000_000);
    await reader.cancel();
  });
});
