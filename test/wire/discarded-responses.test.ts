import { setImmediate as tick } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import {
  answer,
  drip,
  faultServer,
  type Reply,
  stall,
  stillHeld,
  unfinished,
} from '../support/fault-server.ts';
import { quick, until } from '../support/wire-call.ts';

const patient = { retry: { backoff: { base: 20, jitter: 'none', type: 'constant' } } } as const;
const large = answer(503, Buffer.alloc(100 * 1024, 'x'));
const endless = drip(503, Number.POSITIVE_INFINITY, 5);

describe.concurrent('a response that is retried', () => {
  it('and is large holds no socket: 50 calls that throw away 100 KiB 4 times leave 2 idle at most', async () => {
    await using server = await faultServer([large]);
    const client = createClient({ ...quick, circuitBreaker: false, retryBudget: false });
    for (let call = 0; call < 50; call++) {
      const response = await client(server.origin);
      expect(response.status).toBe(503);
      expect((await response.arrayBuffer()).byteLength).toBe(100 * 1024);
      await tick();
    }
    expect(server.requests).toHaveLength(200);
    expect(await stillHeld(server)).toBe(0);
    await until(() => server.open.size <= 2);
  });

  it('and is endless holds neither the socket nor the retry: 200 in less than 900 ms', async () => {
    await using server = await faultServer([endless, endless, endless, 200]);
    const start = performance.now();
    const response = await createClient(quick)(server.origin);
    expect(performance.now() - start).toBeLessThan(900);
    expect(await response.text()).toBe('answer 200');
    expect(server.requests).toHaveLength(4);
    expect(await stillHeld(server)).toBe(0);
    await until(() => server.open.size <= 2);
  });

  it('and stalls without a length holds neither: 200 in less than 900 ms', async () => {
    await using server = await faultServer([stall(503), 200]);
    const start = performance.now();
    const response = await createClient(quick)(server.origin);
    expect(performance.now() - start).toBeLessThan(900);
    expect(response.status).toBe(200);
    await response.text();
    expect(await stillHeld(server)).toBe(0);
  });

  it('and stalls before its 1,000 bytes are there holds the socket for 1 s and the retry not at all', async () => {
    await using server = await faultServer([unfinished, 200]);
    const start = performance.now();
    const response = await createClient(quick)(server.origin);
    expect(performance.now() - start).toBeLessThan(900);
    expect(response.status).toBe(200);
    await response.text();
    await until(() => server.held === 0);
  });

  it('and unpacks from 50 KiB to 50 MiB holds up nobody: 200 in less than 900 ms', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    expect(bomb.byteLength).toBeLessThan(64 * 1024);
    const bombed = answer(503, bomb, { 'content-encoding': 'gzip' });
    await using server = await faultServer([bombed, 200]);
    const start = performance.now();
    const response = await createClient(quick)(server.origin);
    expect(performance.now() - start).toBeLessThan(900);
    expect(await response.text()).toBe('answer 200');
    expect(await stillHeld(server)).toBe(0);
  });

  for (const size of [0, 1_024, 32 * 1_024]) {
    it(`and has ${size} bytes leaves its connection for the next attempt: 4 requests on 1`, async () => {
      const small = answer(503, Buffer.alloc(size, 'x'));
      await using server = await faultServer([small, small, small, 200]);
      const response = await createClient(patient)(server.origin);
      expect(await response.text()).toBe('answer 200');
      expect(server.requests).toHaveLength(4);
      expect(server.connections).toBe(1);
    });
  }

  it('and whose 1,000 bytes come a little later leaves its connection all the same: 2 requests on 1', async () => {
    const later: Reply = (response) => {
      response.writeHead(503, { 'content-length': 1_000 }).flushHeaders();
      setTimeout(() => response.end(Buffer.alloc(1_000, 'x')), 10);
    };
    await using server = await faultServer([later, 200]);
    const client = createClient({
      retry: { backoff: { type: 'constant', base: 100, jitter: 'none' } },
    });
    const response = await client(server.origin);
    expect(await response.text()).toBe('answer 200');
    expect(server.requests).toHaveLength(2);
    expect(server.connections).toBe(1);
  });

  it('to a HEAD is no body to wait for, whatever its length says: 4 requests', async () => {
    const promise: Reply = (response) => response.writeHead(503, { 'content-length': 1_000 }).end();
    await using server = await faultServer([promise, promise, promise, 200]);
    const start = performance.now();
    const response = await createClient(patient)(server.origin, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(performance.now() - start).toBeLessThan(900);
    expect(server.requests).toHaveLength(4);
    expect(await stillHeld(server)).toBe(0);
  });

  it('to a POST that stands is left unread: the caller reads all of its 100 KiB', async () => {
    await using server = await faultServer([large]);
    const response = await createClient(quick)(server.origin, { method: 'POST', body: 'order 1' });
    expect(explain(response)?.attempts).toHaveLength(1);
    expect(response.bodyUsed).toBe(false);
    expect((await response.arrayBuffer()).byteLength).toBe(100 * 1024);
  });
});
