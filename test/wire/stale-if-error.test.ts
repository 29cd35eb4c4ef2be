import { type ClientOptions, createClient, explain } from 'resilient-fetch';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  answer,
  bytes,
  faultServer,
  type Line,
  reset,
  resetOnAccept,
  silence,
  stillHeld,
} from '../support/fault-server.ts';
import { quick, rejection, until } from '../support/wire-call.ts';

afterEach(() => vi.useRealTimers());

const cacheable = (control: string) =>
  answer(200, 'the answer', { 'cache-control': control, etag: '"1"' });
const stale = cacheable('max-age=0, stale-if-error=60');

/** A client with a cache that has an answer, and the server that gave it and goes on by the lines. */
async function primed(options: ClientOptions, first: Line, ...lines: Line[]) {
  const server = await faultServer([first, ...lines]);
  const client = createClient({ ...quick, pool: { cache: true }, ...options });
  await (await client(server.origin)).text();
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('stale-if-error', () => {
  for (const status of [500, 501, 502, 503, 504]) {
    it(`gives the stale answer for a ${status}: 1 request, 1 attempt, and nothing to retry`, async () => {
      await using given = await primed({}, stale, status);
      const { client, server } = given;
      const response = await client(server.origin);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('the answer');
      expect(response.headers.get('warning')).toBe('110 - "response is stale"');
      expect(Number(response.headers.get('age'))).toBeGreaterThanOrEqual(0);
      expect(explain(response)).toMatchObject({ stopped: 'final', attempts: [{ outcome: '200' }] });
      expect(server.requests).toHaveLength(2);
    });
  }

  for (const [name, fault] of Object.entries<Line>({
    'a reset': reset,
    'the end of the connection': bytes('', 'FIN'),
    garbage: bytes('what is this\r\n\r\n', 'FIN'),
    'a connection that is reset before it is read': resetOnAccept,
  })) {
    it(`gives it for ${name}`, async () => {
      await using given = await primed({}, stale, fault);
      const response = await given.client(given.server.origin);
      expect(await response.text()).toBe('the answer');
    });
  }

  it('gives it 20 times where nobody listens any more, and the circuit stays closed', async () => {
    const given = await primed({}, stale);
    const { client, server } = given;
    await server[Symbol.asyncDispose]();
    for (let call = 0; call < 20; call++) {
      expect(await (await client(server.origin)).text()).toBe('the answer');
    }
    expect(client.circuit(server.origin).state).toBe('closed');
    expect(client.health().origins[server.origin]).toMatchObject({ failures: 0 });
    await client.close();
  });

  it('can be asked for by the request, with 1 header of its own', async () => {
    await using given = await primed({}, cacheable('max-age=0'), 503);
    const headers = { 'cache-control': 'stale-if-error=60' };
    const response = await given.client(given.server.origin, { headers });
    expect(await response.text()).toBe('the answer');
  });

  for (const status of [404, 429, 507]) {
    it(`hands a ${status} through: that is an answer, and not an error of RFC 5861`, async () => {
      await using given = await primed({ retry: false }, stale, status);
      const response = await given.client(given.server.origin);
      expect(response.status).toBe(status);
      expect(await response.text()).toBe(`answer ${status}`);
    });
  }

  for (const control of [
    'max-age=0',
    'max-age=0, must-revalidate, stale-if-error=60',
    's-maxage=0, stale-if-error=60',
    'no-store, stale-if-error=60',
  ]) {
    it(`gives the 503 after 4 requests where the answer said ${control}`, async () => {
      await using given = await primed({}, cacheable(control), 503);
      expect((await given.client(given.server.origin)).status).toBe(503);
      expect(given.server.requests).toHaveLength(5);
    });
  }

  it('is over after its 60 s: the stale answer 59 s later, the 503 at 61', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await using given = await primed({ retry: false }, stale, 503);
    const { client, server } = given;
    vi.setSystemTime(Date.now() + 59_000);
    expect((await client(server.origin)).status).toBe(200);
    vi.setSystemTime(Date.now() + 2_000);
    expect((await client(server.origin)).status).toBe(503);
  });

  it('comes before the fallback, which is asked 0 times while it holds and 1 time after', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const fallback = vi.fn(() => new Response('spare'));
    await using given = await primed({ retry: false, fallback }, stale, 503);
    const { client, server } = given;
    expect(await (await client(server.origin)).text()).toBe('the answer');
    expect(fallback).toHaveBeenCalledTimes(0);
    vi.setSystemTime(Date.now() + 61_000);
    expect(await (await client(server.origin)).text()).toBe('spare');
    expect(fallback).toHaveBeenCalledTimes(1);
  });
});

describe('a server that is silent', () => {
  it('is timed out by the attempt: a TimeoutError after 3 of 100 ms, and 0 sockets held', async () => {
    const options = { retry: { ...quick.retry, maxRetries: 2 }, timeout: { attempt: 100 } };
    await using given = await primed(options, stale, silence);
    const { client, server } = given;
    expect(await rejection(client(server.origin))).toMatchObject({
      name: 'TimeoutError',
      timeout: 'attempt',
      attempts: 3,
    });
    expect(await stillHeld(server)).toBe(0);
  });

  it('gives the stale answer where undici’s own 100 ms are shorter than the attempt’s', async () => {
    const pool = { cache: true, agent: { headersTimeout: 100 } };
    await using given = await primed({ pool }, stale, silence);
    const response = await given.client(given.server.origin);
    expect(await response.text()).toBe('the answer');
    expect(await stillHeld(given.server)).toBe(0);
  });

  for (const control of ['max-age=0, stale-if-error=60', 'max-age=0']) {
    it(`is left at once by a caller who aborts, with ${control}: 0 sockets held`, async () => {
      await using given = await primed({}, cacheable(control), silence);
      const { client, server } = given;
      const controller = new AbortController();
      const call = rejection(client(server.origin, { signal: controller.signal }));
      await until(() => server.requests.length === 2);
      controller.abort('stop');
      expect(await call).toBe('stop');
      expect(await stillHeld(server)).toBe(0);
      expect(client.health().inFlight).toBe(0);
    });
  }

  it('lets 9 of 10 callers have what 1 of them left, where they share the request', async () => {
    const late: Line = (response) => void setTimeout(() => response.end('late'), 100);
    const pool = { cache: true, deduplicate: true };
    await using given = await primed({ pool }, stale, late);
    const { client, server } = given;
    const controller = new AbortController();
    const first = rejection(client(server.origin, { signal: controller.signal }));
    await until(() => server.requests.length === 2);
    const others = Array.from({ length: 9 }, async () => (await client(server.origin)).text());
    controller.abort('stop');
    expect(await first).toBe('stop');
    expect(await Promise.all(others)).toEqual(Array(9).fill('late'));
    expect(await stillHeld(server)).toBe(0);
  });
});

describe('an open circuit', () => {
  it('refuses before the cache is asked, which a fallback can still do: 0 requests more', async () => {
    await using given = await primed({ retry: false }, stale, 503);
    const { client, server } = given;
    const cached = client.extend({ circuitBreaker: false, retry: false });
    const headers = { 'cache-control': 'max-stale=60' };
    client.circuit(server.origin).open();
    expect(await rejection(client(server.origin))).toMatchObject({ name: 'CircuitOpenError' });
    const resilience = { fallback: () => cached(server.origin, { headers }) };
    const response = await client(server.origin, { resilience });
    expect(await response.text()).toBe('the answer');
    expect(explain(response)).toMatchObject({ stopped: 'refused', substituted: true });
    expect(server.requests).toHaveLength(1);
  });
});

describe('stale-while-revalidate', () => {
  it('gives the stale answer at once, and then the new one, to as many calls as like: 0 requests more', async () => {
    const first = cacheable('max-age=0, stale-while-revalidate=60');
    const second = answer(200, 'a newer one', { 'cache-control': 'max-age=60' });
    await using given = await primed({}, first, second);
    const { client, server } = given;
    const controller = new AbortController();
    const response = await client(server.origin, { signal: controller.signal });
    controller.abort('stop');
    expect(await rejection(response.text())).toBeDefined();
    await until(() => server.requests.length === 2 && server.held === 0);
    const newer = async () => {
      expect(await (await client(server.origin)).text()).toBe('a newer one');
    };
    // a call that comes before the new one is stored gets the old one, and asks once more
    await vi.waitFor(newer, { timeout: 5_000 });
    const { length } = server.requests;
    for (let call = 0; call < 3; call++) await newer();
    expect(server.requests).toHaveLength(length);
  });
});
