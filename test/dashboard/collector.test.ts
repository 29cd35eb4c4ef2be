import { type Client, createClient } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Collector } from '../../src/dashboard/collector.ts';
import type { OriginPicture } from '../../src/dashboard/feed.ts';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, networkError, script, scriptByHost } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

const url = 'https://api.example.com/orders?token=secret';
const origin = 'https://api.example.com';
const quick = { backoff: { base: 10, jitter: 'none' as const } };

function watching(...clients: readonly Client[]): Collector {
  const collector = new Collector(120);
  for (const client of clients) collector.watch(client);
  return collector;
}

const sum = (list: readonly (number | null)[] = []) =>
  list.reduce<number>((total, value) => total + (value ?? 0), 0);

/** What was counted at an origin, in all of its buckets. */
function counted(picture: OriginPicture | undefined) {
  const { calls, succeeded, refused, attempts, retries, hedges } = picture?.series ?? {};
  return [calls, succeeded, refused, attempts, retries, hedges].map((list) => sum(list));
}

/** One line an origin: who, where, and its calls, successes, refusals, attempts, retries and hedges. */
const rows = (collector: Collector) =>
  collector
    .picture()
    .origins.map((one) => `${one.client} ${new URL(one.origin).host} ${counted(one).join(' ')}`);

describe('a picture', () => {
  it('counts 3 calls of which 1 was retried once, and 1 failed after 3 retries', async () => {
    const client = createClient({
      name: 'api',
      retry: quick,
      fetch: script(200, 503, 200, 500),
    });
    const collector = watching(client);
    for (let count = 0; count < 3; count++) await settle(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['api api.example.com 3 2 0 7 4 0']);
  });

  it('is that of 120 s at the most: what is 121 s ago is gone', async () => {
    const client = createClient({ fetch: script(200) });
    const collector = watching(client);
    await settle(client(url));
    await pass(1_000);
    expect(collector.picture().origins[0]?.series.calls.at(-1)).toBe(1);
    await pass(119_000);
    expect(collector.picture().origins[0]?.series.calls[0]).toBe(1);
    await pass(1_000);
    expect(rows(collector)).toEqual(['default api.example.com 0 0 0 0 0 0']);
  });

  it('ends where the last second ended: at 5,000 ms of the clock', async () => {
    vi.setSystemTime(1_000_000_000_000);
    const collector = watching();
    await pass(5_400);
    expect(collector.picture()).toEqual({
      at: 1_000_000_005_000,
      bucket: 1_000,
      origins: [],
      decisions: [],
    });
  });

  it('counts 429 and 500 as no success, 404 as one, and a fallback as none', async () => {
    const fallback = ({ response }: { response?: Response | undefined }) =>
      response?.status === 418 ? new Response() : undefined;
    const client = createClient({ retry: false, fallback, fetch: script(429, 500, 404, 418) });
    const collector = watching(client);
    for (let count = 0; count < 4; count++) await settle(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['default api.example.com 4 1 0 4 0 0']);
    expect(collector.picture().decisions[0]?.text).toBe(
      'GET /orders was answered 418: its caller got the fallback',
    );
  });

  it('counts 2 refusals by an open circuit, and has no latency of them', async () => {
    const client = createClient({ fetch: script(200) });
    const collector = watching(client);
    client.circuit(url).open();
    for (let count = 0; count < 2; count++) await rejection(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['default api.example.com 2 0 2 0 0 0']);
    expect(sum(collector.picture().origins[0]?.series.p99)).toBe(0);
  });

  it('leaves out the 1 of 2 calls that its caller gave up', async () => {
    const client = createClient({ fetch: script(hang, 200) });
    const collector = watching(client);
    const caller = new AbortController();
    const given = rejection(client(url, { signal: caller.signal }));
    await pass(500);
    caller.abort();
    await given;
    await settle(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['default api.example.com 1 1 0 2 0 0']);
  });

  it('tells a second copy from a retry: 1 hedge, 0 retries', async () => {
    const client = createClient({ hedge: 50, fetch: script(200, hang, 200) });
    const collector = watching(client);
    for (let count = 0; count < 2; count++) await settle(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['default api.example.com 2 2 0 3 0 1']);
  });

  it('counts a call where it was answered, and each of its 2 attempts where it went', async () => {
    const client = createClient({
      baseUrl: ['https://a.test/', 'https://b.test/'],
      fetch: scriptByHost({ 'a.test': networkError('ECONNREFUSED'), 'b.test': 200 }),
    });
    const collector = watching(client);
    await settle(client('orders'));
    await pass(1_000);
    expect(rows(collector)).toEqual(['default a.test 0 0 0 1 0 0', 'default b.test 1 1 0 1 1 0']);
  });

  it('has latencies in the second in which the call ended: 5 % above 250 ms at most', async () => {
    const slow = async () => {
      await pass(250);
      return new Response();
    };
    const client = createClient({ fetch: script(slow) });
    const collector = watching(client);
    await client(url);
    await pass(1_000);
    const { p50, p95, p99 } = collector.picture().origins[0]?.series ?? {};
    for (const list of [p50, p95, p99]) {
      expect(sum(list)).toBeGreaterThanOrEqual(250);
      expect(sum(list)).toBeLessThanOrEqual(262.5);
    }
  });

  it('knows how it stands with circuit, budget, slots and calls in flight', async () => {
    const client = createClient({
      name: 'api',
      ...{ retryBudget: { capacity: 4 }, concurrency: 2, hedge: 700, throttle: true },
      fetch: script(hang),
    });
    const collector = watching(client);
    const calls = [1, 2, 3].map(() => client(url).catch(() => {}));
    await pass(1_500);
    const [picture] = collector.picture().origins;
    expect(picture).toMatchObject({
      ...{ client: 'api', origin, circuit: 'closed', retryAfter: 0, inFlight: 3 },
      ...{
        budget: { tokens: expect.closeTo(2, 1), capacity: 4 },
        slots: { inUse: 2, queued: 1, limit: 2 },
      },
      ...{ cooldown: 0, throttle: 0, hedgeAfter: 700 },
    });
    expect(picture?.series.tokens.at(-1)).toBeCloseTo(2, 1);
    expect(picture?.series.queued.at(-1)).toBe(1);
    expect(picture?.series.inUse.at(-1)).toBe(2);
    expect(picture?.series.limit.at(-1)).toBe(2);
    await settle(Promise.all(calls));
  });

  it('has null for each of 5 parts that are off or isolated', async () => {
    const client = createClient({ retryBudget: false, fetch: script(200) });
    const collector = watching(client);
    await settle(client(url));
    client.circuit(url).isolate();
    const [picture] = collector.picture().origins;
    expect(picture).toMatchObject({
      ...{ circuit: 'isolated', retryAfter: null, budget: null },
      ...{ slots: null, throttle: null, hedgeAfter: null },
    });
  });

  it('follows a circuit second by second, though nobody looks: open for 5, closed after', async () => {
    const client = createClient({
      retry: false,
      circuitBreaker: { consecutiveFailures: 2 },
      fetch: script(500, 500, 200),
      random: () => 0,
    });
    const collector = watching(client);
    for (let count = 0; count < 2; count++) await settle(client(url));
    await pass(6_000);
    await settle(client(url));
    await pass(1_000);
    const { circuit } = collector.picture().origins[0]?.series ?? {};
    expect(circuit?.slice(-7)).toEqual([...Array(5).fill('open'), 'half-open', 'closed']);
    expect(collector.picture().decisions.map(({ text }) => text)).toEqual([
      'The circuit closed: a probe went well',
      'The circuit is half-open: a probe may pass',
      'The circuit opened for 5 s: too many failures in a row, 2 of 2 attempts failed',
    ]);
  });

  it('tells nothing private: 0 times the query or a header', async () => {
    const client = createClient({
      headers: { 'x-key': 'secret' },
      retry: quick,
      fetch: script(503),
    });
    const collector = watching(client);
    await settle(client(url));
    const text = JSON.stringify(collector.picture());
    expect(text).toContain('GET /orders was answered 503');
    expect(text).not.toContain('secret');
  });

  it('shows an origin that was called before anybody watched, with 120 empty buckets', async () => {
    const client = createClient({ fetch: script(200) });
    await settle(client(url));
    const { origins } = watching(client).picture();
    expect(origins.map((one) => [one.origin, one.series.calls.length])).toEqual([[origin, 120]]);
  });
});

describe('a family of clients', () => {
  const family = () => {
    const parent = createClient({ name: 'parent', fetch: script(200) });
    return { parent, child: parent.extend({ name: 'child', retryBudget: { capacity: 3 } }) };
  };

  it('is 1 row where only the parent is watched', async () => {
    const { parent, child } = family();
    const collector = watching(parent);
    for (const client of [parent, child, child]) await settle(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['parent api.example.com 3 3 0 3 0 0']);
  });

  it('is 2 rows where both are, with each call once, in whichever order they are given', async () => {
    for (const order of [0, 1]) {
      const { parent, child } = family();
      const collector = order ? watching(child, parent) : watching(parent, child);
      for (const client of [parent, child, child]) await settle(client(url));
      await settle(child('https://other.example.com/'));
      await pass(1_000);
      expect(rows(collector)).toEqual([
        'child api.example.com 2 2 0 2 0 0',
        'child other.example.com 1 1 0 1 0 0',
        'parent api.example.com 1 1 0 1 0 0',
      ]);
      const capacities = collector.picture().origins.map(({ budget }) => budget?.capacity);
      expect(capacities).toEqual([3, 3, 10]);
    }
  });

  it('tells a circuit that it shares once, as that of the 1 client that it was made for', async () => {
    const { parent, child } = family();
    const collector = watching(parent, child);
    await settle(child(url));
    child.circuit(url).open();
    const { origins, decisions } = collector.picture();
    expect(decisions.map(({ client, event }) => [client, event])).toEqual([
      ['child', 'circuit.opened'],
    ]);
    expect(origins.map(({ client, circuit }) => [client, circuit])).toEqual([['child', 'open']]);
  });

  it('hands its calls to the parent when the child is no longer watched: 1 and 2', async () => {
    const { parent, child } = family();
    const collector = watching(parent);
    const end = collector.watch(child);
    await settle(child(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['child api.example.com 1 1 0 1 0 0']);
    end();
    for (let count = 0; count < 2; count++) await settle(child(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['parent api.example.com 2 2 0 2 0 0']);
  });
});

describe('watching', () => {
  it('gives 3 clients of one name 3 labels, and the second its own circuit', async () => {
    const clients = [200, 404, 500].map((status) =>
      createClient({ retry: false, fetch: script(status) }),
    );
    const collector = watching(...clients);
    for (const client of clients) await settle(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual([
      'default api.example.com 1 1 0 1 0 0',
      'default 2 api.example.com 1 1 0 1 0 0',
      'default 3 api.example.com 1 0 0 1 0 0',
    ]);
    collector.circuitOf('default 2', origin)?.isolate();
    expect(clients.map((client) => client.circuit(url).state)).toEqual([
      'closed',
      'isolated',
      'closed',
    ]);
  });

  it('finds no circuit of 3 that it does not know', () => {
    const client = createClient({ name: 'api' });
    const collector = watching(client);
    expect(collector.circuitOf('api', origin)).toBeUndefined();
    expect(collector.circuitOf('api', 'toString')).toBeUndefined();
    expect(collector.circuitOf('other', origin)).toBeUndefined();
    expect(client.health().origins).toEqual({});
  });

  it('does not watch 1 client twice', async () => {
    const client = createClient({ fetch: script(200) });
    const collector = watching(client, client);
    await settle(client(url));
    await pass(1_000);
    expect(rows(collector)).toEqual(['default api.example.com 1 1 0 1 0 0']);
  });

  it('leaves 0 listeners and 0 timers behind when it ends', async () => {
    const client = createClient({ fetch: script(200) });
    const offs: string[] = [];
    const { on } = client;
    vi.spyOn(client, 'on').mockImplementation((name, listener) => {
      const off = on(name, listener);
      offs.push(name);
      return () => {
        offs.splice(offs.indexOf(name), 1);
        off();
      };
    });
    const collector = watching(client);
    expect(offs.length).toBe(17);
    await settle(client(url));
    collector.close();
    expect(offs).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    expect(collector.picture()).toMatchObject({ origins: [] });
  });

  it('keeps 100 of 1,000 origins, and shows those in trouble first', async () => {
    const client = createClient({ fetch: script(200), maxOrigins: 2_000 });
    const collector = watching(client);
    for (let host = 0; host < 1_000; host++) await client(`https://h${host}.test/`);
    await client('https://h999.test/');
    client.circuit('https://h5.test/').open();
    const { origins } = collector.picture();
    expect(origins).toHaveLength(100);
    const shown = origins.map((one) => one.origin);
    expect(shown).toContain('https://h5.test');
    expect(shown).toContain('https://h999.test');
    expect(shown).toEqual(shown.toSorted());
  });

  it('drops the origin that was heard of least recently: 1 of 101', async () => {
    const client = createClient({ fetch: script(200) });
    const collector = watching(client);
    for (let host = 0; host < 100; host++) await client(`https://h${host}.test/`);
    await client('https://h0.test/');
    await client('https://h100.test/');
    await pass(1_000);
    const called = collector.picture().origins.filter(({ series }) => sum(series.calls) > 0);
    const known = called.map((one) => one.origin);
    expect(known).toHaveLength(100);
    expect(known).toContain('https://h0.test');
    expect(known).not.toContain('https://h1.test');
  });
});
