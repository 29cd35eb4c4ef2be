import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createClient, explain, TimeoutError } from 'resilient-fetch';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import {
  answer,
  deadPort,
  faultServer,
  type Line,
  reset,
  silence,
  stillHeld,
  unfinished,
} from '../support/fault-server.ts';
import { resilient } from '../support/resilient-agent.ts';
import { quick, rejection } from '../support/wire-call.ts';

describe('undici.request over an agent with the interceptor', () => {
  const faults: Record<string, { lines: Line[]; requests: number }> = {
    'a 503': { lines: [503, 200], requests: 2 },
    'a 503, a 429 and a reset': { lines: [503, 429, reset, 200], requests: 4 },
    'a body of 64 KiB that is drained': {
      lines: [answer(503, 'x'.repeat(64 * 1024)), 200],
      requests: 2,
    },
    'a 503 of 1,000,000 bytes': { lines: [answer(503, Buffer.alloc(1_000_000)), 200], requests: 2 },
    'a 503 whose body never ends': { lines: [unfinished, 200], requests: 2 },
  };
  for (const [fault, { lines, requests }] of Object.entries(faults)) {
    it(`gets a 200 after ${requests} requests past ${fault}, and leaves 0 held`, async () => {
      await using server = await faultServer(lines);
      const { statusCode, body } = await request(server.origin, { dispatcher: resilient() });
      expect([statusCode, await body.text()]).toEqual([200, 'answer 200']);
      expect(server.requests).toHaveLength(requests);
      expect(await stillHeld(server)).toBe(0);
    });
  }

  it('gets the last of 4 answers where all are 503, whole', async () => {
    await using server = await faultServer([503]);
    const { statusCode, body } = await request(server.origin, { dispatcher: resilient() });
    expect([statusCode, await body.text()]).toEqual([503, 'answer 503']);
    expect(server.requests).toHaveLength(4);
  });

  it('sends a POST once, and again only where the 1st was never acted on', async () => {
    await using server = await faultServer([503, 429, 200]);
    const send = () =>
      request(server.origin, { method: 'POST', body: 'order 1', dispatcher: resilient() });
    const first = await send();
    await first.body.dump();
    expect([first.statusCode, server.requests.length]).toEqual([503, 1]);
    const second = await send();
    await second.body.dump();
    expect([second.statusCode, server.requests.length]).toEqual([200, 3]);
    expect(server.requests.map(({ body }) => String(body))).toEqual(Array(3).fill('order 1'));
  });

  it('sends headers as they were written on all 2 attempts, in 4 forms', async () => {
    const forms = [
      { 'X-Name': 'a', cookie: ['b=1', 'c=2'] },
      ['X-Name', 'a', 'cookie', 'b=1', 'cookie', 'c=2'],
      new Map<string, string | string[]>([
        ['X-Name', 'a'],
        ['cookie', ['b=1', 'c=2']],
      ]),
      new Headers([
        ['X-Name', 'a'],
        ['cookie', 'b=1; c=2'],
      ]),
    ];
    for (const headers of forms) {
      await using server = await faultServer([503, 200]);
      const given = { method: 'PUT', headers, body: 'x' } as const;
      const { body } = await request(server.origin, { ...given, dispatcher: resilient() });
      await body.dump();
      for (const { headers } of server.requests) {
        expect(headers).toMatchObject({
          'x-name': 'a',
          cookie: expect.stringContaining('b=1; c=2'),
        });
      }
      expect(server.requests).toHaveLength(2);
    }
  });

  it('adds 1 key to a POST, the same on 2 attempts, where idempotencyKey is on', async () => {
    await using server = await faultServer([503, 200]);
    const dispatcher = resilient({ ...quick, idempotencyKey: true });
    const headers = { 'X-Name': 'a' };
    const { body } = await request(server.origin, {
      method: 'POST',
      headers,
      body: 'x',
      dispatcher,
    });
    await body.dump();
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(server.requests.map(({ headers }) => headers['x-name'])).toEqual(['a', 'a']);
  });

  it('replays 4 kinds of bodies whole on 2 attempts', async () => {
    const bytes = Buffer.from('the body');
    for (const body of ['the body', bytes, new Uint8Array(bytes), new Blob(['the body'])]) {
      await using server = await faultServer([503, 200]);
      const given = { method: 'PUT', body: body as string, dispatcher: resilient() } as const;
      expect((await request(server.origin, given)).statusCode).toBe(200);
      expect(server.requests.map(({ body }) => String(body))).toEqual(['the body', 'the body']);
    }
  });

  it('sends 4 kinds of bodies that are read once with 1 request, whole', async () => {
    const kinds = [
      () => Readable.from(['the ', 'body']),
      () => new Blob(['the body']).stream(),
      async function* () {
        yield 'the ';
        yield 'body';
      },
      function* () {
        yield 'the ';
        yield Buffer.from('body');
      },
    ];
    for (const make of kinds) {
      await using server = await faultServer([503, 200]);
      const body = make() as Readable;
      const { statusCode } = await request(server.origin, {
        ...{ method: 'PUT', body, dispatcher: resilient() },
      });
      expect([statusCode, server.requests.map(({ body }) => String(body))]).toEqual([
        503,
        ['the body'],
      ]);
    }
  });

  it('sends a stream with the 2nd attempt where the 1st found no connection', async () => {
    const port = await deadPort();
    const client = createClient({ retry: { backoff: { base: 50, cap: 50, jitter: 'none' } } });
    let server: Awaited<ReturnType<typeof faultServer>> | undefined;
    const opening = new Promise<void>((resolve) => {
      client.on('retry.scheduled', async () => {
        server = await faultServer([200], { port });
        resolve();
      });
    });
    const { statusCode } = await request(`http://127.0.0.1:${port}`, {
      ...{ method: 'POST', body: Readable.from(['the body']), dispatcher: resilient(client) },
    });
    await opening;
    expect(statusCode).toBe(200);
    expect(server?.requests.map(({ body }) => String(body))).toEqual(['the body']);
    await server?.[Symbol.asyncDispose]();
  });

  it('streams 20,000,000 bytes intact to a reader that is slower, and holds back the server', async () => {
    const bytes = randomBytes(20_000_000);
    await using server = await faultServer([503, answer(200, bytes)]);
    const { body } = await request(server.origin, { dispatcher: resilient() });
    const hash = createHash('sha1');
    let length = 0;
    for await (const chunk of body) {
      hash.update(chunk);
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
      if (length === 0) expect(body.readableLength).toBeLessThan(1_000_000);
      length += chunk.length;
    }
    expect(length).toBe(20_000_000);
    expect(hash.digest('hex')).toBe(createHash('sha1').update(bytes).digest('hex'));
  });

  it('gives trailers, information and the raw headers of the 1 final answer', async () => {
    const trailing: Line = (response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(200, 'Fine', { trailer: 'x-sum', 'X-One': 'a', 'set-cookie': ['b', 'c'] });
      response.write('body');
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    };
    await using server = await faultServer([503, trailing]);
    const information: number[] = [];
    const data = await request(server.origin, {
      dispatcher: resilient(),
      onInfo: ({ statusCode }) => void information.push(statusCode),
    });
    expect(await data.body.text()).toBe('body');
    expect(data.statusText).toBe('Fine');
    expect(data.headers).toMatchObject({ 'x-one': 'a', 'set-cookie': ['b', 'c'] });
    expect(data.trailers).toEqual({ 'x-sum': '42' });
    expect(information).toEqual([103]);
  });

  it('gives 999, 204 and HEAD as they are', async () => {
    await using server = await faultServer([
      (_, socket) => void socket.end('HTTP/1.1 999 Odd\r\ncontent-length: 3\r\n\r\nodd'),
      204,
      answer(200, 'x'.repeat(100)),
    ]);
    const dispatcher = resilient();
    const odd = await request(server.origin, { dispatcher });
    expect([odd.statusCode, await odd.body.text()]).toEqual([999, 'odd']);
    const empty = await request(server.origin, { dispatcher });
    expect([empty.statusCode, await empty.body.text()]).toEqual([204, '']);
    const head = await request(server.origin, { method: 'HEAD', dispatcher });
    expect([head.statusCode, await head.body.text()]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe('100');
    expect(await stillHeld(server)).toBe(0);
  });
});

describe('a timeout over a dispatcher', () => {
  it('of an attempt ends it in 100 to 150 ms, and the next one is answered', async () => {
    await using server = await faultServer([silence, 200]);
    const dispatcher = resilient({ ...quick, timeout: { attempt: 100 } });
    const start = performance.now();
    const { statusCode } = await request(server.origin, { dispatcher });
    const took = performance.now() - start;
    expect(statusCode).toBe(200);
    expect(took).toBeGreaterThanOrEqual(99);
    expect(took).toBeLessThan(200);
    expect(server.requests).toHaveLength(2);
    expect(await stillHeld(server)).toBe(0);
  });

  it('of the whole call gives a TimeoutError after 1 attempt', async () => {
    await using server = await faultServer([silence]);
    const dispatcher = resilient({ timeout: 100 });
    const start = performance.now();
    const error = await rejection(request(server.origin, { dispatcher }));
    expect(performance.now() - start).toBeLessThan(200);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 'total', attempts: 1 });
    expect(explain(error)?.attempts).toHaveLength(1);
    expect(await stillHeld(server)).toBe(0);
  });

  it('of the body’s silence gives a TimeoutError to who reads it, after what had come', async () => {
    await using server = await faultServer([
      (response) => {
        response.writeHead(200);
        response.write('the beginning');
      },
    ]);
    const dispatcher = resilient({ timeout: { body: 100 } });
    const { body } = await request(server.origin, { dispatcher });
    let text = '';
    const reading = (async () => {
      for await (const chunk of body) text += chunk;
    })();
    const error = await rejection(reading);
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'body' });
    expect(text).toBe('the beginning');
    expect(await stillHeld(server)).toBe(0);
  });
});
