import { lookup } from 'node:dns';
import { setTimeout as pass } from 'node:timers/promises';
import { createClient } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { answer, faultServer, type Reply, reset } from '../support/fault-server.ts';
import { quick, rejection, until } from '../support/wire-call.ts';

const cacheable = (control: string) =>
  answer(200, 'the answer', { 'cache-control': control, etag: '"1"' });

describe('cache: true', () => {
  it('answers the 2nd GET by itself: 1 request, the same text', async () => {
    await using server = await faultServer([cacheable('max-age=60'), 500]);
    await using client = createClient({ ...quick, pool: { cache: true } });
    for (let call = 0; call < 3; call++) {
      const response = await client(server.origin);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('the answer');
    }
    expect(server.requests).toHaveLength(1);
  });

  it('answers at once, and 0 times one who aborts in the turn of his call', async () => {
    await using server = await faultServer([cacheable('max-age=60')]);
    await using client = createClient({ pool: { cache: true } });
    expect(await (await client(server.origin)).text()).toBe('the answer');
    const caller = new AbortController();
    const call = rejection(client(server.origin, { signal: caller.signal }));
    const reason = new Error('left at once');
    caller.abort(reason);
    expect(await call).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('is one client’s own: 2 clients make 2 requests', async () => {
    await using server = await faultServer([cacheable('max-age=60')]);
    for (let number = 0; number < 2; number++) {
      await using client = createClient({ pool: { cache: true } });
      expect(await (await client(server.origin)).text()).toBe('the answer');
    }
    expect(server.requests).toHaveLength(2);
  });

  for (const [name, fault] of Object.entries({ '503s': 503, resets: reset })) {
    it(`with stale-if-error=60 gives the stale answer of a server that gives ${name}: 2 requests`, async () => {
      await using server = await faultServer([
        cacheable('max-age=0, stale-if-error=60'),
        fault as Reply | number,
      ]);
      await using client = createClient({ ...quick, pool: { cache: true } });
      expect(await (await client(server.origin)).text()).toBe('the answer');
      const stale = await client(server.origin);
      expect(stale.status).toBe(200);
      expect(await stale.text()).toBe('the answer');
      expect(server.requests).toHaveLength(2);
    });
  }
});

describe('deduplicate: true', () => {
  const slow: Reply = (response) => void setTimeout(() => response.end('late'), 60);

  it('makes 1 request of 5 identical GETs at a time, and gives all 5 the text', async () => {
    await using server = await faultServer([slow]);
    await using client = createClient({ ...quick, pool: { deduplicate: true } });
    const calls = Array.from({ length: 5 }, async () => (await client(server.origin)).text());
    expect(await Promise.all(calls)).toEqual(Array(5).fill('late'));
    expect(server.requests).toHaveLength(1);
  });

  it('makes 2 requests of 2 POSTs', async () => {
    await using server = await faultServer([slow]);
    await using client = createClient({ ...quick, pool: { deduplicate: true } });
    const init = { method: 'POST', body: 'order 1' };
    const calls = Array.from({ length: 2 }, async () => (await client(server.origin, init)).text());
    expect(await Promise.all(calls)).toEqual(['late', 'late']);
    expect(server.requests).toHaveLength(2);
  });

  const coded = Object.assign(new Error('the page was left'), { code: 'LEFT' });
  for (const [name, reason] of Object.entries({
    'a string': 'stop',
    'an error with a code': coded,
  })) {
    it(`lets 1 of 3 callers abort without harm to the other 2: ${name}`, async () => {
      await using server = await faultServer([slow]);
      await using client = createClient({ ...quick, pool: { deduplicate: true } });
      const caller = new AbortController();
      const first = rejection(client(server.origin, { signal: caller.signal }));
      await until(() => server.requests.length === 1);
      const others = [client(server.origin), client(server.origin)];
      await pass(10);
      caller.abort(reason);
      expect(await first).toBe(reason);
      const texts = await Promise.all(others.map(async (call) => (await call).text()));
      expect(texts).toEqual(['late', 'late']);
      expect(client.health().origins[server.origin]).toMatchObject({ circuit: 'closed' });
    });
  }
});

describe('dns', () => {
  it('true finds localhost: 2 calls, Host as it was asked for', async () => {
    await using server = await faultServer([200]);
    await using client = createClient({ ...quick, pool: { dns: true } });
    for (let call = 0; call < 2; call++) {
      const response = await client(`http://localhost:${server.port}/a`);
      expect(await response.text()).toBe('answer 200');
      expect(response.url).toBe(`http://localhost:${server.port}/a`);
    }
    const hosts = server.requests.map(({ headers }) => headers.host);
    expect(hosts).toEqual(Array(2).fill(`localhost:${server.port}`));
  });

  it('asks 1 time for 3 calls', async () => {
    let asked = 0;
    const counting: typeof lookup.__promisify__ | unknown = (
      origin: URL,
      _options: unknown,
      callback: (error: Error | null, addresses: object[]) => void,
    ) => {
      asked++;
      lookup(origin.hostname, { all: true, family: 4 }, (error, addresses) =>
        callback(
          error,
          addresses.map((address) => ({ ...address, ttl: 60_000 })),
        ),
      );
    };
    await using server = await faultServer([200]);
    await using client = createClient({ ...quick, pool: { dns: { lookup: counting } } });
    for (let call = 0; call < 3; call++) {
      await (await client(`http://localhost:${server.port}/`)).text();
    }
    expect(server.requests).toHaveLength(3);
    expect(asked).toBe(1);
  });
});
