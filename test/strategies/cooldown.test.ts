import fc from 'fast-check';
import {
  type Client,
  type ClientOptions,
  CooldownError,
  createClient,
  type Events,
  explain,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script } from '../support/script.ts';

const url = 'https://api.example.com/things?key=secret';
const origin = 'https://api.example.com';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const busy = (seconds: number, status = 429) =>
  new Response(null, { status, headers: { 'retry-after': String(seconds) } });

/** A client whose calls are tried once, to an origin that all calls heed. */
function polite(options: ClientOptions & { max?: number } = {}, ...lines: Line[]) {
  const { max = 30_000, ...others } = options;
  const fetch = script(...lines);
  const retry = { maxRetries: 0, retryAfter: { max, scope: 'origin' } } as const;
  return { fetch, client: createClient({ fetch, retry, random: () => 0, ...others }) };
}

/** When the requests that leave from now on did so. */
function departures({ requests }: ReturnType<typeof script>) {
  const start = performance.now();
  const before = requests.length;
  return () => requests.slice(before).map(({ at }) => at - start);
}

describe('1 answer that asks for a pause', () => {
  for (const status of [429, 503]) {
    it(`of ${status} holds the next call for the 5,000 ms, and not for 1 less`, async () => {
      const { client, fetch } = polite({}, busy(5, status), 200);
      await client(url);
      const call = client(url);
      await pass(4_999);
      expect(fetch.requests).toHaveLength(1);
      await pass(1);
      expect(fetch.requests).toHaveLength(2);
      expect((await call).status).toBe(200);
    });
  }

  it('holds a call of every method and path, and none to another origin: 1 of 4 leaves', async () => {
    const { client, fetch } = polite({}, busy(5), 200);
    await client(url);
    const calls = [
      client(`${origin}/other`),
      client(url, { method: 'POST', body: 'order' }),
      client(new Request(url)),
      client('https://other.example.com/'),
    ];
    await pass(4_000);
    expect(fetch.requests).toHaveLength(2);
    await settle(Promise.all(calls));
    expect(fetch.requests).toHaveLength(5);
  });

  it('holds nobody else where the scope is the call, as it is by default: 2 requests at once', async () => {
    const fetch = script(busy(5), 200);
    const client = createClient({ fetch, retry: 0 });
    await client(url);
    await client(url);
    expect(fetch.requests).toHaveLength(2);
  });

  it.each([
    ['500 with Retry-After', new Response(null, { status: 500, headers: { 'retry-after': '5' } })],
    ['403 with Retry-After', new Response(null, { status: 403, headers: { 'retry-after': '5' } })],
    ['200 with Retry-After', new Response(null, { headers: { 'retry-after': '5' } })],
    ['429 without', new Response(null, { status: 429 })],
    ['429 with garbage', new Response(null, { status: 429, headers: { 'retry-after': 'soon' } })],
    ['429 with 0', busy(0)],
    ['a reset', networkError('ECONNRESET')],
  ])('holds nobody where it is %s: 2 requests at once', async (_, line) => {
    const { client, fetch } = polite({}, line, 200);
    await client(url).catch(() => {});
    await client(url);
    expect(fetch.requests).toHaveLength(2);
  });

  it.each<Record<string, string>>([
    { ratelimit: '"default";r=0;t=5' },
    { 'ratelimit-remaining': '0', 'ratelimit-reset': '5' },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' },
    { 'retry-after': 'soon', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' },
    { 'retry-after': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' },
    { 'retry-after-ms': '5000' },
  ])('is heeded for 5,000 ms in the words of %j', async (headers) => {
    const { client } = polite({}, new Response(null, { status: 429, headers }), 200);
    await client(url);
    expect(client.health().origins[origin]?.cooldown).toBe(5_000);
  });

  it('is heeded in its own words: a header of 300 ms that `parse` reads', async () => {
    const fetch = script(new Response(null, { status: 503, headers: { 'x-wait': '0.3' } }), 200);
    const parse = ({ headers }: Response) => Number(headers.get('x-wait')) * 1_000;
    const retryAfter = { scope: 'origin', parse } as const;
    const client = createClient({ fetch, retry: { maxRetries: 0, retryAfter } });
    await client(url);
    expect(client.health().origins[origin]?.cooldown).toBe(300);
  });

  it('holds also the retry of the call that was told: 429 at 0, 200 at 2,000 ms', async () => {
    const fetch = script(busy(2), 200);
    const left = departures(fetch);
    const retry = { retryAfter: { scope: 'origin' } } as const;
    const client = createClient({ fetch, retry, random: () => 0 });
    const response = await settle(client(url));
    expect(left()).toEqual([0, 2_000]);
    expect(explain(response)?.attempts[0]).toMatchObject({ delay: 2_000, source: 'retry-after' });
  });

  it('is known to clients that were extended, 5,000 ms for parent and child', async () => {
    const { client } = polite({}, busy(5), 200);
    const child = client.extend({ name: 'child' });
    await child(url);
    for (const one of [client, child]) {
      expect(one.health().origins[origin]?.cooldown).toBe(5_000);
    }
  });

  it('is lifted by 1 change of the scope at run time, and holds again when it is set back', async () => {
    const { client, fetch } = polite({}, busy(5), 200);
    await client(url);
    client.reconfigure({ retry: 0 });
    await client(url, { resilience: { retry: { retryAfter: { scope: 'call' } } } });
    expect(fetch.requests).toHaveLength(2);
    client.reconfigure({ retry: { maxRetries: 0, retryAfter: { scope: 'origin' } } });
    const held = client(url);
    await pass(4_999);
    expect(fetch.requests).toHaveLength(2);
    await settle(held);
  });
});

describe('calls that were held', () => {
  it('are let go over the 10 % that follow, 1,000 of them, and none before the end', async () => {
    let drawn = 0;
    const random = () => (drawn++ % 1_000) / 1_000;
    const { client, fetch } = polite({ random, timeout: 20_000 }, busy(10), 200);
    await client(url);
    const left = departures(fetch);
    const calls = Array.from({ length: 1_000 }, () => client(url));
    await settle(Promise.all(calls));
    const times = left();
    expect(times).toHaveLength(1_000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(11_000);
    for (let tenth = 0; tenth < 10; tenth++) {
      const from = 10_000 + tenth * 100;
      const share = times.filter((time) => time > from && time <= from + 100);
      expect(share.length).toBeGreaterThanOrEqual(95);
      expect(share.length).toBeLessThanOrEqual(105);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wait on where another answer asks for more meanwhile: let go at 8,000 and not at 5,000 ms', async () => {
    const slow = Promise.withResolvers<Response>();
    const { client, fetch } = polite({}, () => slow.promise, busy(5), 200);
    const first = client(url);
    await client(url);
    const left = departures(fetch);
    const held = client(url);
    await pass(2_000);
    slow.resolve(busy(6));
    await first;
    await pass(5_999);
    expect(left()).toEqual([]);
    await settle(held);
    expect(left()).toEqual([8_000]);
  });

  it('do not wait less where another answer asks for less: let go at 5,000 ms', async () => {
    const slow = Promise.withResolvers<Response>();
    const { client, fetch } = polite({}, () => slow.promise, busy(5), 200);
    const first = client(url);
    await client(url);
    const left = departures(fetch);
    const held = client(url);
    slow.resolve(busy(1));
    await first;
    await settle(held);
    expect(left()).toEqual([5_000]);
  });

  it('are told of by 1 event each, with the wait and without the query', async () => {
    const { client } = polite({ name: 'things' }, busy(5), 200);
    const held: Events['call.held'][] = [];
    client.on('call.held', (event) => held.push(event));
    await client(url);
    await settle(client(url));
    expect(held).toEqual([
      { client: 'things', origin, id: held[0]?.id, method: 'GET', path: '/things', delay: 5_000 },
    ]);
  });

  it('spend none of the attempt’s 1,000 ms: held for 5,000, answered after 900', async () => {
    const late: Line = () =>
      new Promise((resolve) => setTimeout(() => resolve(new Response('late')), 900));
    const { client } = polite({ timeout: { attempt: 1_000, total: 10_000 } }, busy(5), late);
    await client(url);
    const response = await settle(client(url));
    expect(await response.text()).toBe('late');
  });

  it('read their body in order: 1 stream is sent once, untouched until then', async () => {
    const { client, fetch } = polite({}, busy(5), 200);
    await client(url);
    const body = new Blob(['order']).stream();
    const call = client(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
    await pass(4_999);
    expect(fetch.requests).toHaveLength(1);
    await settle(call);
    expect(fetch.requests).toHaveLength(2);
    const sent = fetch.requests[1]?.init.body as ReadableStream;
    expect(await new Response(sent).text()).toBe('order');
  });
});

describe('whatever a server asks for', () => {
  it('no request leaves before the end of a pause that is known, 60 times', async () => {
    const answer = fc.record({
      asked: fc.option(fc.integer({ min: 0, max: 5 })),
      after: fc.nat({ max: 800 }),
    });
    const call = fc.record({ at: fc.nat({ max: 4_000 }), aborted: fc.boolean() });
    const calls = fc.array(call, { minLength: 1, maxLength: 8 });
    const answers = fc.array(answer, { minLength: 1, maxLength: 8 });
    const randoms = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
    await fc.assert(fc.asyncProperty(calls, answers, randoms, run), { numRuns: 60, seed: 1 });
  });

  async function run(
    calls: readonly { at: number; aborted: boolean }[],
    answers: readonly { asked: number | null; after: number }[],
    numbers: Iterator<number>,
  ): Promise<void> {
    const ends: number[] = [];
    const lines = answers.map(({ asked, after }): Line => {
      return async (_, init) => {
        for (const end of ends) expect(performance.now()).toBeGreaterThanOrEqual(end);
        await new Promise((resolve) => setTimeout(resolve, after));
        if (asked && !init?.signal?.aborted) ends.push(performance.now() + asked * 1_000);
        return asked === null ? new Response() : busy(asked);
      };
    });
    const retry = { maxRetries: 2, retryAfter: { max: 4_000, scope: 'origin' } } as const;
    const random = () => numbers.next().value;
    const client = createClient({ fetch: script(...lines), retry, random, timeout: 20_000 });
    const outcomes = calls.map(async ({ at, aborted }) => {
      await new Promise((resolve) => setTimeout(resolve, at));
      const controller = new AbortController();
      if (aborted) setTimeout(() => controller.abort('stop'), 1_500);
      const end: unknown = await client(url, { signal: controller.signal }).catch((error) => error);
      expect(end instanceof Response || end instanceof CooldownError || end === 'stop').toBe(true);
    });
    await settle(Promise.all(outcomes));
    await pass(1_500);
    expect(client.health().inFlight).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  }
});

describe('a call that can’t wait', () => {
  it('is refused at once where the pause of 5,000 ms would pass its deadline of 4,000', async () => {
    const { client, fetch } = polite({ timeout: 4_000 }, busy(5), 200);
    await client(url);
    const refused = vi.fn();
    client.on('call.refused', refused);
    const error = await client(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CooldownError);
    expect(error).toMatchObject({
      name: 'CooldownError',
      code: 'ERR_RESILIENCE_COOLDOWN',
      origin,
      retryAfter: 5_000,
      attempts: 0,
      message: `retry.retryAfter.scope: ${origin} asked for a pause that is over in 5000 ms`,
    });
    expect(refused).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'ERR_RESILIENCE_COOLDOWN', path: '/things' }),
    );
    expect(explain(error)).toMatchObject({ stopped: 'refused', attempts: [] });
    expect(fetch.requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is refused at once where the pause is longer than the max, until no more than that is left', async () => {
    const { client, fetch } = polite({ max: 2_000, timeout: 600_000 }, busy(60), 200);
    await client(url);
    expect(await rejection(client(url))).toMatchObject({ retryAfter: 60_000 });
    await pass(57_999);
    expect(await client(url).catch((error: unknown) => error)).toMatchObject({ retryAfter: 2_001 });
    await pass(1);
    await settle(client(url));
    expect(fetch.requests).toHaveLength(2);
  });

  it('waits its 30,000 ms where there is no deadline', async () => {
    const { client, fetch } = polite({ timeout: false }, busy(30), 200);
    await client(url);
    const left = departures(fetch);
    await settle(client(url));
    expect(left()).toEqual([30_000]);
  });

  it('is held no longer than 1 h by a server that says "in 1,000 h"', async () => {
    const { client, fetch } = polite({}, busy(3_600_000), 200);
    await client(url);
    expect(client.health().origins[origin]?.cooldown).toBe(3_600_000);
    await pass(3_600_000);
    await client(url);
    expect(fetch.requests).toHaveLength(2);
  });

  it('is held for the 2 h that were asked for where its own max allows that', async () => {
    const { client, fetch } = polite({ max: 7_200_000, timeout: false }, busy(7_200), 200);
    await client(url);
    const left = departures(fetch);
    const call = client(url);
    await pass(7_199_999);
    expect(left()).toEqual([]);
    await pass(1);
    expect((await call).status).toBe(200);
  });

  it('gets its own last answer where only its retry can’t wait: the 503, stopped by the cooldown', async () => {
    const slow = Promise.withResolvers<Response>();
    const failed = new Response('failed', { status: 503, headers: { 'content-length': '6' } });
    const fetch = script(failed, () => slow.promise, 200);
    const retry = {
      backoff: { jitter: 'none', base: 1_000 },
      retryAfter: { max: 1_000, scope: 'origin' },
    } as const;
    const client = createClient({ fetch, retry, random: () => 0 });
    const call = client(url);
    const other = client(url);
    await pass(500);
    slow.resolve(busy(60));
    expect((await other).status).toBe(429);
    const response = await settle(call);
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('failed');
    expect(explain(response)).toMatchObject({ stopped: 'cooldown' });
    expect(fetch.requests).toHaveLength(2);
    expect(client.health().origins[origin]?.retryBudget).toBe(10);
  });

  it('gets the reset of its first attempt, where its retry is refused', async () => {
    const slow = Promise.withResolvers<Response>();
    const reset = networkError('ECONNRESET');
    const fetch = script(reset, () => slow.promise, 200);
    const retry = {
      backoff: { jitter: 'none', base: 1_000 },
      retryAfter: { max: 1_000, scope: 'origin' },
    } as const;
    const client = createClient({ fetch, retry, random: () => 0 });
    const call = rejection(client(url));
    const other = client(url);
    await pass(500);
    slow.resolve(busy(60));
    await other;
    const error = await call;
    expect(error).toBe(reset);
    expect(explain(error)).toMatchObject({ stopped: 'cooldown' });
  });
});

describe('a held call that is aborted', () => {
  /** A call that is held for 5,000 ms, and the controller that ends it. */
  async function held(options: ClientOptions = {}) {
    const { client, fetch } = polite(options, busy(5), 200);
    await client(url);
    const controller = new AbortController();
    const call = client(url, { signal: controller.signal });
    return { client, fetch, controller, call };
  }

  it.each([
    ['an error', new Error('left the page')],
    ['a string', 'stop'],
    ['null', null],
    ['an object', { code: 'ECONNRESET' }],
  ])('rejects at once with the caller’s own reason, %s, and leaves 0 timers', async (_, reason) => {
    const { fetch, controller, call } = await held();
    await pass(1_000);
    const before = performance.now();
    controller.abort(reason);
    expect(await rejection(call)).toBe(reason);
    expect(performance.now() - before).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    await pass(10_000);
    expect(fetch.requests).toHaveLength(1);
  });

  it('of a retry rejects at once as well, and leaves 0 timers', async () => {
    const slow = Promise.withResolvers<Response>();
    const fetch = script(503, () => slow.promise, 200);
    const retry = {
      backoff: { jitter: 'none', base: 1_000 },
      retryAfter: { scope: 'origin' },
    } as const;
    const client = createClient({ fetch, retry, timeout: 60_000, random: () => 0 });
    const controller = new AbortController();
    const call = client(url, { signal: controller.signal });
    const other = client(url, { resilience: { retry: { maxRetries: 0 } } });
    await pass(500);
    slow.resolve(busy(20));
    await other;
    await pass(1_000);
    controller.abort('stop');
    expect(await rejection(call)).toBe('stop');
    expect(vi.getTimerCount()).toBe(0);
    expect(fetch.requests).toHaveLength(2);
    expect(client.health()).toMatchObject({ inFlight: 0 });
  });

  it('in the very millisecond of its release does 1 of the 2, and leaves 0 timers', async () => {
    for (const order of ['abort first', 'release first']) {
      const { fetch, controller, call } = await held();
      const outcome = call.then(
        ({ status }) => status,
        (reason: unknown) => reason,
      );
      if (order === 'abort first') setTimeout(() => controller.abort('stop'), 4_000);
      await pass(1_000);
      if (order === 'release first') setTimeout(() => controller.abort('stop'), 4_000);
      await pass(4_000);
      const end = await outcome;
      expect(end === 'stop' || end === 200).toBe(true);
      expect(fetch.requests.length).toBeLessThanOrEqual(2);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it('leaves the other 9 held: 9 requests at 5,000 ms', async () => {
    const { client, fetch, controller, call } = await held();
    const others = Array.from({ length: 9 }, () => client(url));
    controller.abort('stop');
    expect(await rejection(call)).toBe('stop');
    await settle(Promise.all(others));
    expect(fetch.requests).toHaveLength(10);
  });

  it('by its deadline of 6,000 ms in the attempt that follows gets a TimeoutError', async () => {
    const { client } = polite({ timeout: { total: 6_000, attempt: false } }, busy(5), hang);
    await client(url);
    const start = performance.now();
    expect(await rejection(client(url))).toMatchObject({ name: 'TimeoutError', timeout: 'total' });
    expect(performance.now() - start).toBeGreaterThanOrEqual(6_000);
    expect(performance.now() - start).toBeLessThan(6_200);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('close()', () => {
  it('waits for 3 calls that are held, and refuses a 4th', async () => {
    const { client, fetch } = polite({}, busy(5), 200);
    await client(url);
    const calls = [1, 2, 3].map(() => client(url));
    let closed = false;
    const closing = client.close().then(() => {
      closed = true;
    });
    expect(await rejection(client(url))).toMatchObject({ name: 'ClientClosedError' });
    await pass(4_900);
    expect(closed).toBe(false);
    await settle(Promise.all(calls));
    await closing;
    expect(fetch.requests).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('several endpoints', () => {
  it('have a pause of their own each: a call goes to the other one, 0 ms later', async () => {
    const fetch = script((input) =>
      String(input).startsWith('https://one.') ? busy(5) : new Response('here'),
    );
    const client: Client = createClient({
      fetch,
      baseUrl: ['https://one.example.com', 'https://two.example.com'],
      retry: { maxRetries: 0, retryAfter: { scope: 'origin' } },
    });
    await client('things');
    const response = await client('things');
    expect(await response.text()).toBe('here');
    expect(client.health().origins).toMatchObject({
      'https://one.example.com': { cooldown: 5_000 },
      'https://two.example.com': { cooldown: 0 },
    });
  });

  it('that all asked for a pause hold the call for the shortest of them, 2,000 ms', async () => {
    const fetch = script(busy(5), busy(2), 200);
    const client = createClient({
      fetch,
      random: () => 0,
      baseUrl: ['https://one.example.com', 'https://two.example.com'],
      retry: { maxRetries: 0, retryAfter: { scope: 'origin' } },
    });
    await client('things');
    await client('things');
    const left = departures(fetch);
    await settle(client('things'));
    expect(left()).toEqual([2_000]);
    expect(fetch.requests.map(({ input }) => new URL(String(input)).host)).toEqual([
      'one.example.com',
      'two.example.com',
      'two.example.com',
    ]);
  });
});

describe('an origin with a circuit that is open too', () => {
  it('is not asked twice over: held for 3,000 ms, then refused by the circuit', async () => {
    const circuitBreaker = { consecutiveFailures: 1, openFor: 10_000 };
    const { client, fetch } = polite({ circuitBreaker }, busy(3, 503), 200);
    await client(url);
    const error = await rejection(client(url));
    expect(error).toMatchObject({ name: 'CircuitOpenError' });
    expect(fetch.requests).toHaveLength(1);
  });
});
