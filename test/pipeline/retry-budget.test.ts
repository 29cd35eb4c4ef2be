import { type ClientOptions, createClient, explain } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script, scriptByHost } from '../support/script.ts';
import { seeded } from '../support/seeded.ts';

const url = 'https://api.test/things';
const origin = 'https://api.test';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** A 503 that can wait unread for a retry, since it has no body. */
const down = () => new Response(null, { status: 503 });

/** A client whose bucket is filled by nothing but what is said, and whose waits take 100 ms. */
function spending(lines: Line | readonly Line[], options: ClientOptions = {}) {
  const fetch = script(...[lines].flat());
  const client = createClient({
    fetch,
    circuitBreaker: false,
    retry: { backoff: { type: 'constant', base: 100, jitter: 'none' } },
    retryBudget: { capacity: 2, deposit: 0, trickle: 0 },
    ...options,
  });
  return {
    fetch,
    client,
    left: (at: string = origin) => client.health().origins[at]?.retryBudget,
    /** Sends so many calls, one after another, and tells why each stopped. */
    async send(count: number, init: Parameters<typeof client>[1] = {}) {
      const stopped: unknown[] = [];
      for (let call = 0; call < count; call++) {
        const outcome = await settle(client(url, init)).catch((error: unknown) => error);
        stopped.push(explain(outcome)?.stopped);
      }
      return stopped;
    },
  };
}

describe('as it comes', () => {
  it('pays for 10 retries of an origin that answers nothing else, and then for none: 30 requests of 20 calls', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, circuitBreaker: false, random: () => 0 });
    const stopped: unknown[] = [];
    for (let call = 0; call < 20; call++) {
      stopped.push(explain(await settle(client(url)))?.stopped);
    }
    expect(fetch.requests).toHaveLength(30);
    expect(stopped).toEqual([...Array(3).fill('retries-exhausted'), ...Array(17).fill('budget')]);
  });

  it('pays for every retry of an origin that fails 1 request in 21: 0 failures of 2,000 calls', async () => {
    const lines = Array.from({ length: 2_200 }, (_, index) => (index % 21 === 0 ? 503 : 200));
    const fetch = script(...lines);
    const client = createClient({ fetch, random: () => 0, circuitBreaker: false });
    let failures = 0;
    for (let call = 0; call < 2_000; call++) if (!(await settle(client(url))).ok) failures++;
    expect(failures).toBe(0);
  });

  it('lets every first attempt out, also where it is empty: 50 requests of 50 calls', async () => {
    const { send, fetch, left } = spending(503);
    await send(1);
    expect(left()).toBe(0);
    const before = fetch.requests.length;
    await send(50);
    expect(fetch.requests.length - before).toBe(50);
  });

  it('is each origin’s own: 2 retries for each of 3', async () => {
    const { client, fetch, left } = spending(503);
    for (const host of ['a', 'b', 'c']) {
      await settle(client(`https://${host}.test/`));
      expect(left(`https://${host}.test`)).toBe(0);
    }
    expect(fetch.requests).toHaveLength(9);
  });

  it('is 1 for all clients that extend each other', async () => {
    const { client, left } = spending(503);
    const child = client.extend({ name: 'child' });
    await settle(child(url));
    expect(left()).toBe(0);
    expect(child.health().origins[origin]?.retryBudget).toBe(0);
    expect(explain(await settle(client(url)))?.attempts).toHaveLength(1);
  });
});

describe('a retry that it refuses', () => {
  it('leaves the last answer standing, its body unread: 3 attempts, stopped by `budget`', async () => {
    const { client, fetch } = spending(503);
    const response = await settle(client(url));
    expect(fetch.requests).toHaveLength(3);
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('answer 3');
    expect(explain(response)).toMatchObject({
      stopped: 'budget',
      attempts: [
        { attempt: 1, delay: 100, source: 'backoff' },
        { attempt: 2, delay: 100, source: 'backoff' },
        { attempt: 3 },
      ],
    });
    expect(explain(response)?.attempts[2]).not.toHaveProperty('delay');
  });

  it('leaves the last error standing, the very one that fetch threw: after 3 attempts', async () => {
    const failure = networkError('ECONNRESET');
    const { client, fetch } = spending([networkError('EPIPE'), networkError('EPIPE'), failure]);
    const error = await rejection(client(url));
    expect(error).toBe(failure);
    expect(fetch.requests).toHaveLength(3);
    expect(explain(error)?.stopped).toBe('budget');
  });

  it('is told of 1 time, with the outcome that stands and the number of its attempt', async () => {
    const { client } = spending(503);
    const told: unknown[] = [];
    client.on('retry.refused', ({ attempt, reason, outcome, origin }) =>
      told.push([attempt, reason, outcome, origin]),
    );
    await settle(client(url));
    expect(told).toEqual([[3, 'budget', '503', origin]]);
  });
});

describe('what takes no token', () => {
  const untouched: [string, Line, ClientOptions, RequestInit][] = [
    ['an answer of 200', 200, {}, {}],
    ['a 404', 404, {}, {}],
    ['a POST that was answered 503', 503, {}, { method: 'POST' }],
    ['a call without retries', 503, { retry: false }, {}],
    ['a call with 0 retries', 503, { retry: 0 }, {}],
    ['a wait that is longer than the 50 ms left', 503, { timeout: 50 }, {}],
    [
      'a wait of 999.5 ms, for a timer 1 s, where 1 s is left',
      503,
      { retry: { backoff: () => 999.5 }, timeout: 1_000 },
      {},
    ],
    [
      'a server that asks for 60 s',
      () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }),
      { timeout: 600_000 },
      {},
    ],
    [
      'a wait that an open circuit outlasts',
      503,
      { circuitBreaker: { consecutiveFailures: 1 } },
      {},
    ],
    ['an error that would come again', networkError('CERT_HAS_EXPIRED'), {}, {}],
  ];
  for (const [what, line, options, init] of untouched) {
    it(`is ${what}: 2 are left`, async () => {
      const { client, left, fetch } = spending(line, options);
      await settle(client(url, init)).catch(() => {});
      expect(fetch.requests).toHaveLength(1);
      expect(left()).toBe(2);
    });
  }

  it('is what comes after the last retry: 1 token for 1 retry', async () => {
    const { send, left } = spending(503, { retry: { maxRetries: 1, backoff: () => 1 } });
    expect(await send(1)).toEqual(['retries-exhausted']);
    expect(left()).toBe(1);
  });
});

describe('a token', () => {
  it('is taken before the wait of 100 ms: of 5 calls that fail together 2 retry', async () => {
    const { client, fetch, left } = spending(503);
    const calls = Array.from({ length: 5 }, () => client(url));
    await pass(50);
    expect(left()).toBe(0);
    expect(fetch.requests).toHaveLength(5);
    await settle(Promise.all(calls));
    expect(fetch.requests).toHaveLength(7);
  });

  it('comes back where the caller aborts in the wait: 2 are left', async () => {
    const { client, left } = spending(503);
    const controller = new AbortController();
    const call = rejection(client(url, { signal: controller.signal }));
    await pass(50);
    expect(left()).toBe(1);
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ message: 'enough' });
    expect(left()).toBe(2);
  });

  it('comes back where a listener of the decision aborts: 2 are left', async () => {
    const { client, left, fetch } = spending(503);
    const controller = new AbortController();
    client.on('retry.scheduled', () => controller.abort(new Error('enough')));
    await rejection(client(url, { signal: controller.signal }));
    expect(left()).toBe(2);
    expect(fetch.requests).toHaveLength(1);
  });

  it('comes back where the circuit has opened during the wait: 2 are left, and 1 request less', async () => {
    const options = { circuitBreaker: { consecutiveFailures: 3 } };
    const { client, fetch, left } = spending(down, options);
    const waiting = client(url);
    await pass(50);
    expect(left()).toBe(1);
    for (let call = 0; call < 2; call++) await client(url, { resilience: { retry: 0 } });
    const response = await settle(waiting);
    expect(response.status).toBe(503);
    expect(explain(response)?.stopped).toBe('circuit-open');
    expect(fetch.requests).toHaveLength(3);
    expect(left()).toBe(2);
  });

  it('comes back where the throttle refuses the retry: 2 are left, and the 503 stands', async () => {
    const { client, fetch, left } = spending(down, { throttle: { k: 1 }, random: () => 0 });
    const response = await settle(client(url));
    expect(response.status).toBe(503);
    expect(explain(response)?.stopped).toBe('throttled');
    expect(fetch.requests).toHaveLength(1);
    expect(left()).toBe(2);
  });

  it('comes back where another call was asked for a pause of 60 s meanwhile', async () => {
    const asking = () => new Response(null, { status: 429, headers: { 'retry-after': '60' } });
    const retry = { retryAfter: { scope: 'origin' as const }, backoff: () => 100 };
    const { client, fetch, left } = spending([down, asking], { retry });
    const waiting = client(url);
    await pass(50);
    expect((await client(url)).status).toBe(429);
    const response = await settle(waiting);
    expect(response.status).toBe(503);
    expect(explain(response)?.stopped).toBe('cooldown');
    expect(fetch.requests).toHaveLength(2);
    expect(left()).toBe(2);
  });

  it('is gone where the retry was sent, though its caller aborted it then: 1 is left', async () => {
    const { client, left } = spending([503, hang]);
    const controller = new AbortController();
    const call = rejection(client(url, { signal: controller.signal }));
    await pass(150);
    controller.abort(new Error('enough'));
    await call;
    expect(left()).toBe(1);
  });
});

describe('what fills it', () => {
  const half = { capacity: 2, deposit: 0.5, trickle: 0 };
  const empty: Line[] = [503, 503, 503];

  it('is each call that is answered well: 2 of them pay for 1 retry', async () => {
    const { send, left } = spending([...empty, 200, 200, 503, 503], { retryBudget: half });
    await send(1);
    expect(left()).toBe(0);
    await send(1);
    expect(left()).toBe(0.5);
    await send(1);
    expect(left()).toBe(1);
    expect(await send(1)).toEqual(['budget']);
    expect(left()).toBe(0);
  });

  it('is never more than it holds: 2 after 20 good answers', async () => {
    const { send, left } = spending([503, 200], { retryBudget: half });
    await send(20);
    expect(left()).toBe(2);
  });

  for (const [line, expected] of [
    [200, 0.5],
    [204, 0.5],
    [404, 0.5],
    [401, 0.5],
    [501, 0.5],
    [429, 0],
    [503, 0],
    [networkError('ECONNRESET'), 0],
    [networkError('CERT_HAS_EXPIRED'), 0],
  ] as const) {
    const { cause } = line as { cause?: { code?: string } };
    it(`by ${expected} after an answer of ${cause?.code ?? line}`, async () => {
      const { send, left } = spending([...empty, line], { retryBudget: half });
      await send(2);
      expect(left()).toBe(expected);
    });
  }

  it('is a call that a retry saved: its 1 token is back', async () => {
    const { send, left } = spending([503, 200], { retryBudget: { ...half, deposit: 0 } });
    await send(1);
    expect(left()).toBe(2);
  });

  it('is a retry that saved a call from a timeout only by what a success is worth: 1.5 of 2 are left', async () => {
    const timeout = { attempt: 100 };
    const { send, left } = spending([hang, 200], { retryBudget: half, timeout });
    await send(1);
    expect(left()).toBe(1.5);
  });

  it('is no retry that was answered 503 as well: its 1 token is spent', async () => {
    const { send, left } = spending([503], { retryBudget: { ...half, deposit: 0 }, retry: 1 });
    await send(1);
    expect(left()).toBe(1);
  });

  it('is no fallback, and no call that its caller aborted: 0 are left after 2 of them', async () => {
    const lines = [...empty, 503, hang];
    const { client, send, left } = spending(lines, { retryBudget: half });
    await send(1);
    const fallback = () => new Response('stale');
    await settle(client(url, { resilience: { fallback } }));
    const controller = new AbortController();
    const call = rejection(client(url, { signal: controller.signal }));
    await pass(5);
    controller.abort(new Error('enough'));
    await call;
    expect(left()).toBe(0);
  });

  it('is time: 1 token a second with `trickle: 1`', async () => {
    const trickling = { capacity: 2, deposit: 0, trickle: 1 };
    const { send, left } = spending(503, { retryBudget: trickling, retry: { backoff: () => 0 } });
    await send(1);
    expect(left()).toBeLessThan(0.1);
    await pass(20_000);
    expect(left()).toBe(2);
  });
});

describe('`retryBudget: false`', () => {
  it('bounds nothing: 20 calls are 80 requests, and health knows of no tokens', async () => {
    const { send, fetch, left } = spending(503, { retryBudget: false });
    expect(new Set(await send(20))).toEqual(new Set(['retries-exhausted']));
    expect(fetch.requests).toHaveLength(80);
    expect(left()).toBeNull();
  });

  it('of 1 call neither takes tokens nor waits for them: 4 requests, then 1', async () => {
    const { send, fetch, left } = spending(503);
    await send(1);
    const before = fetch.requests.length;
    expect(await send(1, { resilience: { retryBudget: false } } as RequestInit)).toEqual([
      'retries-exhausted',
    ]);
    expect(fetch.requests.length - before).toBe(4);
    expect(left()).toBe(0);
    expect(await send(1)).toEqual(['budget']);
  });

  it('is taken back by 1 call with `true`: it finds 10 tokens', async () => {
    const { send } = spending(503, { retryBudget: false });
    const budgeted = { resilience: { retryBudget: true } } as RequestInit;
    expect(await send(4, budgeted)).toEqual([...Array(3).fill('retries-exhausted'), 'budget']);
  });

  it('may be the rule of 1 host: 4 requests there, 3 elsewhere', async () => {
    const { client, fetch, left } = spending(503, {
      hosts: { 'api.test': { retryBudget: false } },
    });
    await settle(client(url));
    expect(fetch.requests).toHaveLength(4);
    await settle(client('https://other.test/'));
    expect(fetch.requests).toHaveLength(7);
    expect([left(), left('https://other.test')]).toEqual([null, 0]);
  });
});

describe('options of 1 call', () => {
  it('may bring a larger bucket to the same tokens: 2 are gone of 3, 1 is left', async () => {
    const { send, fetch, left } = spending(503);
    await send(1);
    const before = fetch.requests.length;
    const resilience = { retryBudget: { capacity: 3 } };
    expect(await send(1, { resilience } as RequestInit)).toEqual(['budget']);
    expect(fetch.requests.length - before).toBe(2);
    expect(left()).toBe(0);
  });
});

describe('several places', () => {
  const [east, west, north] = ['https://east.test', 'https://west.test', 'https://north.test'];

  function places(lines: Record<string, Line | readonly Line[]>, options: ClientOptions = {}) {
    const fetch = scriptByHost(lines);
    const client = createClient({
      fetch,
      baseUrl: Object.keys(lines).map((host) => `https://${host}`),
      circuitBreaker: false,
      retry: { backoff: () => 100 },
      retryBudget: { capacity: 2, deposit: 0, trickle: 0 },
      ...options,
    });
    const left = (origin: string) => client.health().origins[origin]?.retryBudget;
    return { fetch, client, left };
  }

  it('pay nothing for a call that they are asked for the 1st time: 0 tokens for a failover', async () => {
    const { client, left } = places({ 'east.test': 503, 'west.test': 200 });
    expect((await settle(client('x'))).status).toBe(200);
    expect([left(east), left(west)]).toEqual([2, 2]);
  });

  it('pay where the retry goes when all were asked: 1 token of the 1st, then 1 of the 2nd', async () => {
    const { client, fetch, left } = places({ 'east.test': 503, 'west.test': 503 });
    await settle(client('x'));
    expect(fetch.hosts()).toEqual(['east.test', 'west.test', 'east.test', 'west.test']);
    expect([left(east), left(west)]).toEqual([1, 1]);
  });

  it('pay where the retry goes also where chance decides: 10 retries after 20 failovers, token by token', async () => {
    const { client, fetch, left } = places(
      { 'east.test': 503, 'west.test': 503, 'north.test': 503 },
      {
        endpoints: 'weighted',
        random: seeded(9),
        retryBudget: { capacity: 100, deposit: 0, trickle: 0 },
      },
    );
    const spent: Record<string, number> = { [east]: 0, [west]: 0, [north]: 0 };
    for (let call = 0; call < 10; call++) {
      const before = fetch.requests.length;
      await settle(client('x'));
      for (const host of fetch.hosts().slice(before + 3)) {
        spent[`https://${host}`] = (spent[`https://${host}`] ?? 0) + 1;
      }
    }
    expect(Object.values(spent).reduce((sum, count) => sum + count)).toBe(10);
    for (const origin of [east, west, north]) {
      expect(left(origin)).toBe(100 - (spent[origin] ?? 0));
    }
  });

  it('refuse a retry that the place it returns to can’t pay: after 1 failover the 503 stands', async () => {
    const { client, fetch, left } = places(
      { 'east.test': 503, 'west.test': 503 },
      { retryBudget: { capacity: 1, deposit: 0, trickle: 0 } },
    );
    await settle(client('x'));
    expect([left(east), left(west)]).toEqual([0, 0]);
    const response = await settle(client('x'));
    expect(response.status).toBe(503);
    expect(explain(response)).toMatchObject({
      stopped: 'budget',
      attempts: [{ source: 'failover' }, { attempt: 2 }],
    });
    expect(fetch.requests).toHaveLength(6);
  });

  it('save all of 50 calls under way when the 1st place dies, with 2 tokens each', async () => {
    const { client } = places({ 'east.test': 503, 'west.test': 200 });
    const calls = Array.from({ length: 50 }, () => client('x'));
    const answers = await settle(Promise.all(calls));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
  });

  it('are funded by what they answer themselves: the 2nd place, and not the 1st', async () => {
    const { client, left } = places(
      { 'east.test': 503, 'west.test': [503, 503, 200] },
      { retryBudget: { capacity: 4, deposit: 0.5, trickle: 0 } },
    );
    await settle(client('x'));
    expect([left(east), left(west)]).toEqual([3, 3]);
    await settle(client('x'));
    expect([left(east), left(west)]).toEqual([3, 3.5]);
  });

  it('take back what was paid for a failover that was aborted before it left: 2 are left', async () => {
    const { client, left, fetch } = places({ 'east.test': 503, 'west.test': 200 });
    const controller = new AbortController();
    client.on('retry.scheduled', () => controller.abort(new Error('enough')));
    await rejection(client('x', { signal: controller.signal }));
    expect(fetch.requests).toHaveLength(1);
    expect([left(east), left(west)]).toEqual([2, 2]);
  });
});
