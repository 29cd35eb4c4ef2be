import { setTimeout as pass } from 'node:timers/promises';
import { type ClientOptions, createClient, explain, TimeoutError } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import {
  answer,
  drip,
  faultServer,
  type Line,
  type Reply,
  reset,
  silence,
  stall,
  stillHeld,
} from '../support/fault-server.ts';
import { heapInUse } from '../support/heap.ts';
import { rejection, until } from '../support/wire-call.ts';

/** Every part at once. */
const everything = {
  timeout: { total: 8_000, attempt: 3_000, body: 3_000 },
  retry: { backoff: { base: 1, cap: 5 }, retryAfter: { scope: 'origin' } },
  retryBudget: { capacity: 50 },
  concurrency: { max: 4, hold: 'body' },
  hedge: { delay: 40, maxExtraLoad: 1 },
  throttle: true,
  circuitBreaker: { probes: 2, slowCallDuration: 250 },
  idempotencyKey: true,
} as const satisfies ClientOptions;

const outcomes = (of: unknown) => explain(of)?.attempts.map(({ outcome }) => outcome);

/** An answer that begins after so long, and that comes whole. */
const slow =
  (after: number, status = 200, body = 'late'): Reply =>
  (...given) =>
    void setTimeout(() => answer(status, body)(...given), after);

const redirect: Reply = (response) => {
  response.writeHead(302, { location: '/there', 'content-length': 0 }).end();
};

describe('a second copy, with every part on', () => {
  const ways: Record<string, (url: string) => [string | Request, RequestInit?]> = {
    'a URL': (url) => [url],
    'a signal': (url) => [url, { signal: new AbortController().signal }],
    'a Request': (url) => [new Request(url)],
    'a POST with a key': (url) => [url, { method: 'POST', body: 'order' }],
  };
  for (const [name, argumentsFor] of Object.entries(ways)) {
    it(`gives its body, and leaves 0 of the first, which is silent or in the middle of a 503: ${name}`, async () => {
      const begins = Promise.withResolvers<unknown>();
      const begun: Reply = (response) =>
        void setTimeout(() => response.writeHead(503).write('begun', begins.resolve), 80);
      for (const first of [silence, begun]) {
        const second: Reply = async (...given) => {
          if (first === begun) await begins.promise;
          slow(first === begun ? 220 : 80, 200, 'second')(...given);
        };
        await using server = await faultServer([200, first, second]);
        await using client = createClient(everything);
        await (await client(server.origin)).text();
        const response = await client(...argumentsFor(server.origin));
        const slots = () => client.health().origins[server.origin]?.concurrency?.inUse;
        expect(slots()).toBe(1);
        expect(await response.text()).toBe('second');
        expect(slots()).toBe(0);
        const lost = first === begun ? '503' : 'superseded';
        expect(outcomes(response)?.toSorted()).toEqual(['200', lost]);
        expect(await stillHeld(server)).toBe(0);
        const sent = server.requests.slice(1).map(({ body, headers }) => ({
          body: String(body),
          key: headers['idempotency-key'],
        }));
        expect(sent[0]).toEqual(sent[1]);
      }
    });
  }

  it('can still be stopped in the middle of its body: 0 held, 0 slots in use', async () => {
    const endless = drip(200, Number.POSITIVE_INFINITY, 5);
    await using server = await faultServer([200, silence, endless]);
    await using client = createClient(everything);
    await (await client(server.origin)).text();
    const caller = new AbortController();
    const response = await client(server.origin, { signal: caller.signal });
    const reading = rejection(response.text());
    caller.abort(new Error('enough'));
    expect(await reading).toMatchObject({ message: 'enough' });
    expect(await stillHeld(server)).toBe(0);
    expect(client.health().origins[server.origin]?.concurrency?.inUse).toBe(0);
  });

  it('is ended by the silence of its body, after 2 requests, and its slot is free', async () => {
    await using server = await faultServer([200, silence, stall()]);
    await using client = createClient({ ...everything, timeout: { body: 60 } });
    await (await client(server.origin)).text();
    const error = await rejection((await client(server.origin)).text());
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'body', attempts: 2 });
    expect(await stillHeld(server)).toBe(0);
    expect(client.health().origins[server.origin]?.concurrency?.inUse).toBe(0);
  });

  it('goes through a redirect of its own, whoever dispatches it: 4 requests', async () => {
    for (const pool of [false, true]) {
      const lines: Line[] = [200, redirect, silence, redirect, answer(200, 'there')];
      await using server = await faultServer(lines);
      await using client = createClient({ ...everything, pool });
      await (await client(server.origin)).text();
      const response = await client(server.origin);
      expect(await response.text()).toBe('there');
      expect(response.redirected).toBe(true);
      expect(outcomes(response)).toEqual(['superseded', '200']);
      expect(server.requests).toHaveLength(5);
      expect(await stillHeld(server)).toBe(0);
    }
  });

  it('that waits for the only connection never leaves: 1 request, and the next call has its turn', async () => {
    await using server = await faultServer([200, slow(150)]);
    await using client = createClient({ ...everything, pool: { connections: 1 } });
    await (await client(server.origin)).text();
    const response = await client(server.origin);
    expect(await response.text()).toBe('late');
    expect(outcomes(response)).toEqual(['200', 'superseded']);
    expect(server.requests).toHaveLength(2);
    expect(await (await client(server.origin)).text()).toBe('late');
    expect(server.requests).toHaveLength(3);
  });

  for (const [name, body] of Object.entries({ '4 bytes': 'late', '300 KB': 'x'.repeat(300_000) })) {
    it(`of a coalesced request is the same 1, and its ${name} stay whole`, async () => {
      await using server = await faultServer([200, slow(120, 200, body)]);
      await using client = createClient({ ...everything, pool: { deduplicate: true } });
      await (await client(server.origin)).text();
      expect(await (await client(`${server.origin}/slow`)).text()).toBe(body);
      expect(server.requests).toHaveLength(2);
      expect(await stillHeld(server)).toBe(0);
    });
  }
});

describe('2 servers that misbehave under 120 calls with every part on', () => {
  it('leave 0 in flight, 0 slots in use and 0 exchanges held, and no error but the documented ones', async () => {
    const lines: Line[] = [200, slow(90), reset, 200, stall(503), silence, 200, 200, slow(60, 500)];
    await using one = await faultServer(Array<Line[]>(40).fill(lines).flat());
    await using two = await faultServer(
      [...Array<Line[]>(40).fill([200, 200, 429, slow(50)])].flat(),
    );
    const client = createClient({
      ...everything,
      baseUrl: [one.origin, two.origin],
      timeout: { total: 3_000, attempt: 300, body: 300 },
    });
    const counts = { started: 0, ended: 0 };
    client.on('attempt.started', () => counts.started++);
    client.on('attempt.ended', () => counts.ended++);
    const gone = new Error('gone');
    const calls = Array.from({ length: 120 }, async (_, index) => {
      await pass(index * 4);
      const caller = new AbortController();
      const method = index % 3 === 0 ? 'POST' : 'GET';
      if (index % 10 === 0) setTimeout(() => caller.abort(gone), 30);
      if (index === 60) client.reconfigure({ concurrency: 'adaptive' });
      if (index === 90) client.reconfigure({ concurrency: everything.concurrency });
      const { signal } = caller;
      const outcome = await client(`calls/${index}`, { method, signal }).catch((error) => error);
      if (outcome instanceof Response) await outcome.text().catch(() => {});
      return outcome;
    });
    const ends = await Promise.all(calls);
    const errors = ends.filter((end) => !(end instanceof Response));
    const documented =
      /^(TypeError|TimeoutError|CircuitOpenError|ThrottledError|ConcurrencyLimitError|CooldownError)$/;
    const strange = errors.filter((error) => error !== gone && !documented.test(error.name));
    expect(strange).toEqual([]);
    expect(ends.filter((end) => end instanceof Response && end.ok).length).toBeGreaterThan(40);
    expect(ends.every((end) => explain(end)?.stopped !== 'pending')).toBe(true);
    expect(counts.ended).toBe(counts.started);
    await client.close();
    expect([await stillHeld(one), await stillHeld(two)]).toEqual([0, 0]);
    const { inFlight, origins } = client.health();
    expect(inFlight).toBe(0);
    for (const { concurrency, inFlight } of Object.values(origins)) {
      expect([concurrency?.inUse, concurrency?.queued, inFlight]).toEqual([0, 0, 0]);
    }
  });
});

describe('a process that stood still for 200 ms, past a deadline of 100', () => {
  const waits: Record<string, ClientOptions> = {
    'of a retry': { retry: { backoff: { type: 'constant', base: 60, jitter: 'none' } } },
    'for a second copy': { hedge: 60 },
  };
  for (const [name, options] of Object.entries(waits)) {
    it(`sends nothing when it goes on in the wait ${name}: 1 request`, async () => {
      let requests = 0;
      const client = createClient({
        ...options,
        timeout: 100,
        fetch: (_, init) => {
          requests++;
          if (!options.hedge) return Promise.resolve(new Response(null, { status: 503 }));
          return new Promise((_, reject) => {
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
          });
        },
      });
      const call = rejection(client('https://api.test/'));
      await pass(1);
      const end = performance.now() + 200;
      while (performance.now() < end);
      expect(await call).toBeInstanceOf(TimeoutError);
      expect(requests).toBe(1);
    });
  }
});

describe('5,000 calls with every part on', () => {
  it('leave less than 2 MB behind', async () => {
    let sent = 0;
    const fetch = async () => {
      const status = ++sent % 31 === 0 ? 503 : 200;
      if (sent % 50 === 0) await pass(60);
      return new Response('hello', { status, headers: { 'content-length': '5' } });
    };
    const client = createClient({
      ...everything,
      fetch,
      concurrency: { max: 200, hold: 'body' },
      // a machine that has much else to do is not to open it
      circuitBreaker: { slowCallDuration: 3_000 },
    });
    const { signal } = new AbortController();
    const heapAfter = async (calls: number) => {
      for (let done = 0; done < calls; done += 200) {
        await Promise.all(
          Array.from({ length: 200 }, async () => {
            await (await client('https://api.test/', { signal })).text();
          }),
        );
      }
      return heapInUse();
    };
    const before = await heapAfter(2_000);
    const after = await heapAfter(5_000);
    expect((after - before) / 1e6).toBeLessThan(2);
    await until(() => client.health().origins['https://api.test']?.concurrency?.inUse === 0);
  });
});
