import {
  CircuitOpenError,
  type ClientOptions,
  createClient,
  type EventName,
  explain,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, scriptByHost } from '../support/script.ts';
import { seeded } from '../support/seeded.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const east = 'https://east.test';
const west = 'https://west.test';
const north = 'https://north.test';

/** A client of 2 places, or of 3 where there are lines for a third, which answer as told. */
function travelling(lines: Record<string, Line | readonly Line[]>, options: ClientOptions = {}) {
  const fetch = scriptByHost({ 'east.test': 200, 'west.test': 200, ...lines });
  const baseUrl = 'north.test' in lines ? [east, west, north] : [east, west];
  const client = createClient({ baseUrl, fetch, random: () => 0.5, ...options });
  return {
    fetch,
    client,
    hosts: () =>
      fetch
        .hosts()
        .map((host) => host.split('.')[0])
        .join(' '),
    circuit: (origin: string) => client.health().origins[origin],
  };
}

/** Status by status, in a response of its own each time, since a body can be read once. */
const asking = (status: number, seconds: number) => () =>
  new Response(null, { status, headers: { 'retry-after': String(seconds) } });

/** Answers after so long. */
const delayed =
  (milliseconds: number, answer: () => Response): Line =>
  () =>
    new Promise((resolve) => setTimeout(() => resolve(answer()), milliseconds));

const certificate = networkError('DEPTH_ZERO_SELF_SIGNED_CERT');
const timeouts = { timeout: { total: 600_000, attempt: 1_000 } } as const;
const keyed = { method: 'POST', body: 'order', headers: { 'idempotency-key': 'mine' } };

describe('where a call goes', () => {
  it('is the 1st place while that is well: 5 calls, 5 requests', async () => {
    const { client, hosts } = travelling({});
    for (let call = 0; call < 5; call++) await settle(client('users'));
    expect(hosts()).toBe('east east east east east');
  });

  for (const [what, line, init, places] of [
    ['503, a GET', 503, {}, 'east west'],
    ['500, a PUT', 500, { method: 'PUT', body: 'order' }, 'east west'],
    ['ECONNREFUSED, a GET', networkError('ECONNREFUSED'), {}, 'east west'],
    ['ECONNREFUSED, a POST', networkError('ECONNREFUSED'), { method: 'POST' }, 'east west'],
    ['ENOTFOUND, a PATCH', networkError('ENOTFOUND'), { method: 'PATCH' }, 'east west'],
    ['ECONNRESET, a GET', networkError('ECONNRESET'), {}, 'east west'],
    ['an attempt timeout, a GET', hang, {}, 'east west'],
    ['503, a POST with a key', 503, keyed, 'east west'],
    ['ECONNRESET, a POST with a key', networkError('ECONNRESET'), keyed, 'east west'],
    ['503, a POST', 503, { method: 'POST' }, 'east'],
    ['ECONNRESET, a POST', networkError('ECONNRESET'), { method: 'POST' }, 'east'],
    ['an attempt timeout, a POST', hang, { method: 'POST' }, 'east'],
    ['404, a GET', 404, {}, 'east'],
    ['501, a GET', 501, {}, 'east'],
    ['a certificate error, a GET', certificate, {}, 'east'],
    ['a bug, a GET', new TypeError('x is not a function'), {}, 'east'],
    ['429, a GET', [429, 200], {}, 'east east'],
    ['429, a POST', [429, 200], { method: 'POST' }, 'east east'],
    ['408, a GET', [408, 200], {}, 'east east'],
  ] as [string, Line | Line[], RequestInit, string][]) {
    it(`after ${what}: ${places.split(' ').length} requests, to ${places}`, async () => {
      const { client, hosts } = travelling({ 'east.test': line }, timeouts);
      await settle(client('users', init)).catch(() => {});
      expect(hosts()).toBe(places);
    });
  }

  it('is the 3rd place where 2 fail, with 1 key and 1 body for all: 3 requests', async () => {
    const { client, hosts, fetch } = travelling({
      'east.test': 503,
      'west.test': networkError('ECONNREFUSED'),
      'north.test': 201,
    });
    const resilience = { idempotencyKey: true };
    const response = await settle(client('orders', { method: 'POST', body: 'order', resilience }));
    expect(response.status).toBe(201);
    expect(hosts()).toBe('east west north');
    expect(new Set(fetch.requests.map(({ init }) => init.body))).toEqual(new Set(['order']));
    const keys = fetch.requests.map(({ init }) => new Headers(init.headers).get('idempotency-key'));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toHaveLength(36);
  });

  it('is another place for a body that can be sent once, if 0 chunks were read of it', async () => {
    async function* chunks() {
      yield 'order';
    }
    const { client, hosts } = travelling({ 'east.test': networkError('ECONNREFUSED') });
    const init = { method: 'POST', body: chunks(), duplex: 'half' } as unknown as RequestInit;
    expect((await settle(client('orders', init))).status).toBe(200);
    expect(hosts()).toBe('east west');
  });

  it('is within the folder of each: 2 prefixes, and 1 query', async () => {
    const baseUrl = ['https://east.test/v3', 'https://west.test/api/v3/'];
    const { client, fetch } = travelling({ 'east.test': 503 }, { baseUrl });
    await settle(client('users?page=2'));
    expect(fetch.urls()).toEqual([
      'https://east.test/v3/users?page=2',
      'https://west.test/api/v3/users?page=2',
    ]);
  });

  it('is the 2nd path of the 1 origin that is given with 2', async () => {
    const baseUrl = ['https://east.test/blue', 'https://east.test/green'];
    const lines = { 'east.test': [503, 200] };
    const { client, fetch, circuit } = travelling(lines, { baseUrl });
    expect((await settle(client('users'))).status).toBe(200);
    expect(fetch.urls()).toEqual(['https://east.test/blue/users', 'https://east.test/green/users']);
    expect(fetch.times()[1]).toBe(0);
    expect(circuit(east)).toMatchObject({ attempts: 2, failures: 1 });
  });
});

describe('an input that names its host', () => {
  for (const [what, input] of [
    ['an absolute URL', `${west}/users`],
    ['a URL object', new URL(`${west}/users`)],
    ['a URL without a scheme', '//west.test/users'],
    ['a Request', new Request(`${west}/users`, { headers: { 'x-own': '1' } })],
  ] as const) {
    it(`as ${what} goes there and nowhere else: 4 requests`, async () => {
      const { client, hosts, fetch } = travelling({ 'west.test': 503 });
      expect((await settle(client(input))).status).toBe(503);
      expect(hosts()).toBe('west west west west');
      expect(new Set(fetch.urls())).toEqual(new Set([`${west}/users`]));
    });
  }

  it('as a Request is handed on as it is, with its method and body: 1 request', async () => {
    const { client, fetch } = travelling({ 'north.test': 200 });
    const request = new Request(`${north}/users`, { method: 'PUT', body: 'order' });
    await settle(client(request));
    expect(fetch.requests.map(({ input }) => input)).toEqual([request]);
  });

  it('is told to stop where its circuit will outlast the wait: 1 request, 0 ms', async () => {
    const circuitBreaker = { consecutiveFailures: 1, openFor: 5_000 };
    const { client, hosts } = travelling({ 'west.test': 503 }, { circuitBreaker });
    const start = performance.now();
    const response = await client(`${west}/users`);
    expect(performance.now() - start).toBe(0);
    expect(explain(response)?.stopped).toBe('circuit-open');
    expect(await rejection(client(`${west}/users`))).toBeInstanceOf(CircuitOpenError);
    expect(hosts()).toBe('west');
  });
});

describe('a failover', () => {
  it('waits for nothing: 3 places at 0 ms', async () => {
    const { client, hosts, fetch } = travelling({
      'east.test': 503,
      'west.test': 503,
      'north.test': 200,
    });
    const response = await settle(client('users'));
    expect(hosts()).toBe('east west north');
    expect(fetch.times()).toEqual([0, 0, 0]);
    expect(explain(response)?.attempts.map(({ delay, source }) => [delay, source])).toEqual([
      [0, 'failover'],
      [0, 'failover'],
      [undefined, undefined],
    ]);
  });

  it('does not ask for a wait: 0 calls of `backoff`, and none for the Retry-After of 20 s', async () => {
    const backoff = vi.fn(() => 50);
    const { client, fetch } = travelling({ 'east.test': asking(503, 20) }, { retry: { backoff } });
    expect((await settle(client('users'))).status).toBe(200);
    expect(fetch.times()[1]).toBe(0);
    expect(backoff).toHaveBeenCalledTimes(0);
  });

  for (const [retry, places] of [
    [false, 'east'],
    [0, 'east'],
    [1, 'east west'],
    [2, 'east west north'],
  ] as const) {
    it(`counts as a retry: with retry ${retry} ${places} at the most`, async () => {
      const all = { 'east.test': 503, 'west.test': 503, 'north.test': 503 };
      const { client, hosts } = travelling(all, { retry });
      expect((await settle(client('users'))).status).toBe(503);
      expect(hosts()).toBe(places);
    });
  }

  it('is not begun when the deadline of 1 s has passed: the 2nd place hears nothing', async () => {
    const { client, hosts } = travelling({ 'east.test': hang }, { timeout: { total: 1_000 } });
    expect(await rejection(client('users'))).toMatchObject({ name: 'TimeoutError', origin: east });
    expect(hosts()).toBe('east');
  });

  it('is cut short by the deadline of 1.5 s in the 2nd place, which is not held against it', async () => {
    const options = { timeout: { total: 1_500, attempt: 1_000 } };
    const { client, hosts, circuit } = travelling(
      { 'east.test': hang, 'west.test': hang },
      options,
    );
    const error = await rejection(client('users'));
    expect(error).toMatchObject({ timeout: 'total', attempts: 2 });
    expect(hosts()).toBe('east west');
    expect(circuit(east)).toMatchObject({ attempts: 1, failures: 1, inFlight: 0 });
    expect(circuit(west)).toMatchObject({ attempts: 0, failures: 0, inFlight: 0 });
  });

  it('leaves 0 responses of the 1st place behind', async () => {
    const answer = new Response('0123456789', { status: 503, headers: { 'content-length': '10' } });
    const { client } = travelling({ 'east.test': () => answer });
    await settle(client('users'));
    expect(answer.bodyUsed).toBe(true);
  });

  it('is of its call alone: the next 1 begins at the 1st place again', async () => {
    const { client, hosts } = travelling({ 'east.test': [503, 200] });
    await settle(client('users'));
    await settle(client('users'));
    expect(hosts()).toBe('east west east');
  });

  it('of 20 calls at once is 20 times 1 request to each place', async () => {
    const { client, fetch } = travelling({ 'east.test': 503 }, { circuitBreaker: false });
    const resilience = { retryBudget: false };
    const calls = Array.from({ length: 20 }, () => client('users', { resilience }));
    const statuses = await settle(Promise.all(calls));
    expect(statuses.every(({ status }) => status === 200)).toBe(true);
    for (const host of ['east.test', 'west.test']) {
      expect(fetch.hosts().filter((one) => one === host)).toHaveLength(20);
    }
  });
});

describe('when every place has failed', () => {
  it('there is the usual wait, and the one that failed longest ago comes next: 4 requests', async () => {
    const both = { 'east.test': 503, 'west.test': 503 };
    const backoff = { type: 'constant', base: 300, jitter: 'none' } as const;
    const { client, hosts, fetch } = travelling(both, { retry: { backoff } });
    const response = await settle(client('users'));
    expect(response.status).toBe(503);
    expect(hosts()).toBe('east west east west');
    const [, second = 0, third = 0, fourth = 0] = fetch.times();
    expect(second).toBe(0);
    expect([third - second, fourth - third]).toEqual([300, 300]);
    const { attempts = [], stopped } = explain(response) ?? {};
    expect(stopped).toBe('retries-exhausted');
    expect(attempts.map(({ source }) => source)).toEqual([
      'failover',
      'backoff',
      'backoff',
      undefined,
    ]);
  });

  it('no place is asked before the time it asked for: 20 s, though the other asked for none', async () => {
    const { client, hosts, fetch } = travelling({
      'east.test': asking(503, 20),
      'west.test': 503,
    });
    await settle(client('users'));
    expect(hosts()).toBe('east west west west');
    expect(fetch.times().at(-1)).toBeLessThan(5_000);
  });

  it('the place that asked for 2 s is waited for, and not the one that asked for 20', async () => {
    const lines = { 'east.test': asking(503, 20), 'west.test': [asking(503, 2), 200] };
    const { client, hosts, fetch } = travelling(lines);
    expect((await settle(client('users'))).status).toBe(200);
    expect(hosts()).toBe('east west west');
    expect(fetch.times()[2]).toBeGreaterThanOrEqual(2_000);
    expect(fetch.times()[2]).toBeLessThanOrEqual(2_210);
  });

  it('a later failure does not shorten it: the 1st place asked for 2 s, the 2nd for 4', async () => {
    const lines = { 'east.test': [asking(503, 2), 200], 'west.test': asking(503, 4) };
    const { client, hosts, fetch } = travelling(lines);
    await settle(client('users'));
    expect(hosts()).toBe('east west east');
    expect(fetch.times()[2]).toBeGreaterThanOrEqual(2_000);
    expect(fetch.times()[2]).toBeLessThanOrEqual(2_210);
  });

  it('the answer comes at once where both ask for 31 s and 30 s are the most', async () => {
    const lines = { 'east.test': asking(503, 31), 'west.test': asking(503, 32) };
    const { client, hosts } = travelling(lines, { timeout: 600_000 });
    const response = await settle(client('users'));
    expect(explain(response)?.stopped).toBe('retry-after');
    expect(hosts()).toBe('east west');
  });
});

describe('when the place that a retry waited for falls ill meanwhile', () => {
  const asked = (seconds: number) => ({
    'east.test': [asking(503, seconds), 200],
    'west.test': asking(503, 2),
  });

  it('the other one, which asked for 4 s, is not asked after 2 for that', async () => {
    const { client, fetch, hosts } = travelling(asked(4), timeouts);
    const call = client('users');
    await pass(1_000);
    client.circuit(west).isolate();
    const response = await settle(call);
    expect([response.status, hosts()]).toEqual([200, 'east west east']);
    expect(fetch.times()).toEqual([0, 0, 4_000]);
    expect(explain(response)?.steps?.map(({ step }) => step)).toEqual(['held']);
  });

  it.each([
    ['7 s more are longer than `retryAfter.max`', { retry: { retryAfter: { max: 6_000 } } }],
    ['the call has 5 s in all', { timeout: { total: 5_000 } }],
  ] as const)('the 503 stands where %s: 2 requests', async (_, options) => {
    const { client, hosts } = travelling(asked(9), options);
    const call = client('users');
    await pass(1_000);
    client.circuit(west).isolate();
    const response = await settle(call);
    expect([response.status, hosts()]).toEqual([503, 'east west']);
    expect(explain(response)?.stopped).toBe('cooldown');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a place that is busy', () => {
  it('and asked for 2 s is not asked at once where the other copy of the call failed', async () => {
    const lines = {
      'east.test': [delayed(20, asking(429, 2)), 200],
      'west.test': [networkError('ECONNRESET'), delayed(9, () => new Response())],
    };
    const { client, hosts, fetch } = travelling(lines, { hedge: { delay: 10, maxExtraLoad: 1 } });
    expect((await settle(client('users'))).status).toBe(200);
    expect([hosts(), fetch.times()]).toEqual(['east west west', [0, 10, 120]]);
  });

  it('is waited for, 2 s, and the other is not asked: 2 requests', async () => {
    const { client, hosts, fetch } = travelling({ 'east.test': [asking(429, 2), 200] });
    await settle(client('users'));
    expect(hosts()).toBe('east east');
    expect(fetch.times()[1]).toBeGreaterThanOrEqual(2_000);
  });

  it('keeps the call where weights would draw another: 4 requests to the 1 that was drawn', async () => {
    const random = seeded(5);
    for (let call = 0; call < 20; call++) {
      const lines = { 'east.test': 429, 'west.test': 429 };
      const options: ClientOptions = { endpoints: 'weighted', random };
      const { client, fetch } = travelling(lines, options);
      await settle(client('users'));
      expect(fetch.requests).toHaveLength(4);
      expect(new Set(fetch.hosts()).size).toBe(1);
    }
  });

  it('is left at once where its pause of 10 s holds everybody: 2 requests at 0 ms, a POST too', async () => {
    for (const method of ['GET', 'POST']) {
      const retry = { retryAfter: { scope: 'origin' as const } };
      const { client, hosts, fetch } = travelling(
        { 'east.test': [asking(429, 10), 200] },
        { retry },
      );
      const first = await settle(client('users', { method }));
      expect(first.status).toBe(200);
      expect(fetch.times()[1]).toBe(0);
      expect(explain(first)?.attempts[0]).toMatchObject({ delay: 0, source: 'failover' });
      await settle(client('users', { method }));
      await pass(10_000);
      await settle(client('users', { method }));
      expect(hosts()).toBe('east west west east');
    }
  });

  it('is left after the usual wait where its pause of 3 s holds everybody and the other has failed', async () => {
    const retry = { retryAfter: { scope: 'origin' as const } };
    const lines = { 'east.test': [503, asking(429, 3), 200], 'west.test': 503 };
    const { client, hosts } = travelling(lines, { retry });
    const response = await settle(client('users'));
    expect(hosts()).toBe('east west east west');
    expect(response.status).toBe(503);
  });
});

describe('a circuit for each place', () => {
  const circuitBreaker = { consecutiveFailures: 3, openFor: 5_000 };

  it('keeps calls from the 1 that is down: 3 requests to it of 10 calls, all of them answered', async () => {
    const { client, fetch, circuit } = travelling({ 'east.test': 500 }, { circuitBreaker });
    for (let call = 0; call < 10; call++) {
      expect((await settle(client('users'))).status).toBe(200);
    }
    expect(fetch.hosts().filter((host) => host === 'east.test')).toHaveLength(3);
    expect(fetch.requests).toHaveLength(13);
    expect(circuit(east)).toMatchObject({ circuit: 'open', attempts: 3, failures: 3 });
    expect(circuit(west)).toMatchObject({ circuit: 'closed', attempts: 10, failures: 0 });
    expect(Object.keys(client.health().origins)).toEqual([east, west]);
  });

  it('keeps POSTs from it too: the 4th goes to the 2nd place, and is answered', async () => {
    const { client, hosts } = travelling({ 'east.test': 500 }, { circuitBreaker });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call++) {
      statuses.push((await settle(client('users', { method: 'POST' }))).status);
    }
    expect(statuses).toEqual([500, 500, 500, 200]);
    expect(hosts()).toBe('east east east west');
  });

  it('lets the 1st place have the calls back when 1 probe of it went well', async () => {
    const lines = { 'east.test': [500, 500, 500, 200] };
    const { client, hosts, circuit } = travelling(lines, { circuitBreaker });
    for (let call = 0; call < 4; call++) await settle(client('users'));
    expect(hosts()).toBe('east west east west east west west');
    await pass(5_000);
    for (let call = 0; call < 2; call++) await settle(client('users'));
    expect(hosts()).toBe('east west east west east west west east east');
    expect(circuit(east)).toMatchObject({ circuit: 'closed' });
  });

  it('lets 1 call of 5 probe the 1st place, the others are answered by the 2nd meanwhile', async () => {
    const probe = Promise.withResolvers<Response>();
    const lines = { 'east.test': [500, 500, 500, () => probe.promise] };
    const { client, fetch } = travelling(lines, { circuitBreaker });
    for (let call = 0; call < 3; call++) await settle(client('users'));
    await pass(5_000);
    const before = fetch.requests.length;
    const calls = Array.from({ length: 5 }, () => client('users'));
    await pass(0);
    probe.resolve(new Response());
    await settle(Promise.all(calls));
    expect(fetch.hosts().slice(before).toSorted()).toEqual([
      'east.test',
      ...Array(4).fill('west.test'),
    ]);
  });

  it('has a probe that fails cost its caller nothing but 1 request more', async () => {
    const { client, hosts } = travelling({ 'east.test': 500 }, { circuitBreaker });
    for (let call = 0; call < 3; call++) await settle(client('users'));
    await pass(5_000);
    const response = await settle(client('users'));
    expect(response.status).toBe(200);
    expect(hosts().slice(-'east west'.length)).toBe('east west');
    expect(explain(response)?.attempts).toHaveLength(2);
  });

  it('hears nothing of 5 calls that their callers aborted, and the 6th goes to the 1st place', async () => {
    const lines = { 'east.test': [...Array(5).fill(hang), 200] };
    const { client, hosts, circuit } = travelling(lines, { circuitBreaker });
    for (let call = 0; call < 5; call++) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const pending = rejection(client('users', { signal: controller.signal }));
      await pass(10);
      expect(circuit(east)).toMatchObject({ inFlight: 1 });
      controller.abort(reason);
      expect(await pending).toBe(reason);
    }
    expect(circuit(east)).toMatchObject({ circuit: 'closed', attempts: 0, inFlight: 0 });
    expect((await settle(client('users'))).status).toBe(200);
    expect(hosts()).toBe('east east east east east east');
  });

  it('counts the timeouts of attempts: 3 of 1 s open it', async () => {
    const options = { circuitBreaker, timeout: { attempt: 1_000 } };
    const { client, circuit } = travelling({ 'east.test': hang }, options);
    for (let call = 0; call < 3; call++) expect((await settle(client('users'))).status).toBe(200);
    expect(circuit(east)).toMatchObject({ circuit: 'open', failures: 3 });
  });

  it('is not in the way of a place of which the policy has none: 30 failures, 30 requests', async () => {
    const { client, fetch } = travelling({ 'east.test': 500 }, { circuitBreaker: false });
    const resilience = { retryBudget: false };
    for (let call = 0; call < 30; call++) await settle(client('users', { resilience }));
    expect(fetch.hosts().filter((host) => host === 'east.test')).toHaveLength(30);
  });
});

describe('a place that refuses to let an attempt out', () => {
  it('costs no retry: with 0 of them, 20 calls to a throttled place are all answered', async () => {
    let drawn = 0.99;
    const { client, fetch } = travelling(
      { 'east.test': [...Array(20).fill(429), 200] },
      { retry: 0, throttle: { k: 1 }, random: () => drawn },
    );
    for (let call = 0; call < 20; call++) await settle(client('users'));
    expect(fetch.hosts()).toEqual(Array(20).fill('east.test'));
    drawn = 0.01;
    for (let call = 0; call < 20; call++) {
      const response = await settle(client('users'));
      expect(response.status).toBe(200);
      expect(explain(response)?.attempts).toHaveLength(1);
      expect(explain(response)?.attempts[0]?.origin).toBe(west);
    }
    expect(client.health().origins[east]?.retryBudget).toBe(10);
    expect(client.health().origins[west]?.retryBudget).toBe(10);
  });

  it('leaves the last real answer standing, a 503 with its body, and takes 0 tokens', async () => {
    const down = new Response('down', { status: 503, headers: { 'content-length': '4' } });
    const { client, hosts } = await throttled({ 'east.test': () => down });
    const response = await settle(client('users'));
    expect(response).toBe(down);
    expect(await response.text()).toBe('down');
    expect(explain(response)).toMatchObject({ stopped: 'throttled', attempts: [{ attempt: 1 }] });
    expect(hosts()).toBe('west east');
    expect(client.health().origins[west]?.retryBudget).toBe(10);
  });

  it('is passed over by a retry, which goes to the 3rd place as attempt 2', async () => {
    const { client, hosts } = await throttled({ 'east.test': 503, 'north.test': 200 });
    const response = await settle(client('users', { resilience: { retry: 1 } }));
    expect(response.status).toBe(200);
    expect(explain(response)?.attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(hosts()).toBe('west east north');
  });

  /** The 2nd place rejected a request, and what goes there now is refused here. */
  async function throttled(lines: Record<string, Line>) {
    const hosts = { 'west.test': { throttle: { k: 1 } } };
    const travel = travelling({ ...lines, 'west.test': 429 }, { hosts, random: () => 0 });
    await settle(travel.client(`${west}/`, { resilience: { retry: 0 } }));
    return travel;
  }
});

describe('the rules of a host', () => {
  const hosts: ClientOptions['hosts'] = {
    'west.test': { timeout: { attempt: 2_000 }, circuitBreaker: { consecutiveFailures: 2 } },
  };

  it('hold at that place: 1 s for an attempt at the 1st, 2 s at the 2nd', async () => {
    const lines = { 'east.test': hang, 'west.test': hang };
    const options = { hosts, timeout: { attempt: 1_000 }, retry: 1 };
    const { client } = travelling(lines, options);
    const error = await rejection(client('users'));
    expect(error).toMatchObject({ timeout: 'attempt', milliseconds: 2_000, origin: west });
    const durations = explain(error)?.attempts.map(({ duration }) => Math.round(duration));
    expect(durations).toEqual([1_000, 2_000]);
  });

  it('open the 2nd circuit at 2 failures, while the 1st has 10 to go', async () => {
    const { client, circuit } = travelling(
      { 'east.test': 500, 'west.test': 500 },
      { hosts, retry: 1 },
    );
    for (let call = 0; call < 2; call++) await settle(client('users'));
    expect(circuit(east)).toMatchObject({ circuit: 'closed', failures: 2 });
    expect(circuit(west)).toMatchObject({ circuit: 'open', failures: 2 });
  });

  it('of the 1st place do not reach the 2nd: without a circuit there, 10 failures open the other', async () => {
    const { client, circuit } = travelling(
      { 'east.test': 500, 'west.test': 500 },
      { hosts: { 'east.test': { circuitBreaker: false } }, retry: 1, retryBudget: false },
    );
    for (let call = 0; call < 10; call++) await settle(client('users'));
    expect(circuit(east)).toMatchObject({ circuit: 'closed', attempts: 0 });
    expect(circuit(west)).toMatchObject({ circuit: 'open', failures: 10 });
  });

  it('stand under the call’s own, at each place: 300 ms for all 2 attempts', async () => {
    const lines = { 'east.test': hang, 'west.test': hang };
    const { client } = travelling(lines, { hosts, retry: 1 });
    const resilience = { timeout: { attempt: 300 } };
    const error = await rejection(client('users', { resilience }));
    const durations = explain(error)?.attempts.map(({ duration }) => Math.round(duration));
    expect(durations).toEqual([300, 300]);
  });
});

describe('options of 1 call', () => {
  it('are heard: 0 retries for it, and 1 for the next', async () => {
    const { client, hosts } = travelling({ 'east.test': 503 });
    expect((await settle(client('users', { resilience: { retry: 0 } }))).status).toBe(503);
    expect((await settle(client('users'))).status).toBe(200);
    expect(hosts()).toBe('east east west');
  });

  it('switch the circuit off for it: its 10 failures open none', async () => {
    const { client, circuit } = travelling({ 'east.test': 500 });
    const resilience = { circuitBreaker: false, retryBudget: false };
    for (let call = 0; call < 10; call++) await settle(client('users', { resilience }));
    expect(circuit(east)).toMatchObject({ circuit: 'closed', attempts: 0 });
  });

  it('that are wrong reject it, and 0 requests leave', async () => {
    const { client, fetch } = travelling({});
    const error = await rejection(client('users', { resilience: { retries: 1 } as object }));
    expect(error).toMatchObject({ code: 'ERR_RESILIENCE_OPTIONS' });
    expect(fetch.requests).toHaveLength(0);
  });
});

describe('what is told of it', () => {
  it('names the place of each attempt, and of what was decided after it: 1 call, 2 origins', async () => {
    const baseUrl = [`${east}/v3`, `${west}/v4`];
    const both = { 'east.test': 503, 'west.test': 503 };
    const { client } = travelling(both, { baseUrl, retry: 1 });
    const told: string[] = [];
    for (const name of [
      ...['call.started', 'attempt.started', 'attempt.ended'],
      ...['retry.scheduled', 'retry.refused', 'call.ended'],
    ] as EventName[]) {
      client.on(name, (event) => {
        const {
          origin,
          path,
          attempt = '',
        } = event as { origin: string; path: string; attempt?: 1 };
        told.push(`${name} ${attempt} ${origin.slice('https://'.length, -'.test'.length)} ${path}`);
      });
    }
    const response = await settle(client('users?key=secret'));
    expect(told).toEqual([
      'call.started  east /v3/users',
      'attempt.started 1 east /v3/users',
      'attempt.ended 1 east /v3/users',
      'retry.scheduled 1 east /v3/users',
      'attempt.started 2 west /v4/users',
      'attempt.ended 2 west /v4/users',
      'retry.refused 2 west /v4/users',
      'call.ended  east /v3/users',
    ]);
    const { origin, attempts } = explain(response) ?? {};
    expect(origin).toBe(east);
    expect(attempts?.map((attempt) => attempt.origin)).toEqual([undefined, west]);
  });

  it('tells `retry.when` where the attempt went: 2 origins', async () => {
    const when = vi.fn(() => undefined);
    const { client } = travelling({ 'east.test': 503 }, { retry: { when } });
    await settle(client('users'));
    expect(when.mock.calls.map(([, info]: unknown[]) => info)).toEqual([
      { origin: east, method: 'GET', attempt: 1 },
      { origin: west, method: 'GET', attempt: 2 },
    ]);
  });

  it('counts what is in flight where it is: 1 at the 2nd place, 0 at the 1st', async () => {
    const { client } = travelling({ 'east.test': 503, 'west.test': hang });
    const pending = rejection(client('users'));
    await pass(5);
    const { inFlight, origins } = client.health();
    expect([inFlight, origins[east]?.inFlight, origins[west]?.inFlight]).toEqual([1, 0, 1]);
    await pending;
    expect(client.health().inFlight).toBe(0);
    expect(client.health().origins[west]?.inFlight).toBe(0);
  });
});

describe('weights', () => {
  const weighted = [
    { url: east, weight: 1 },
    { url: west, weight: 3 },
    { url: north, weight: 6 },
  ];

  it('of 1, 3 and 6 get 100, 300 and 600 of 1,000 calls, to 50', async () => {
    const options = { baseUrl: weighted, random: seeded(1) };
    const { client, fetch } = travelling({ 'north.test': 200 }, options);
    for (let call = 0; call < 1_000; call++) await client('users');
    const of = (host: string) => fetch.hosts().filter((one) => one === host).length;
    expect(Math.abs(of('east.test') - 100)).toBeLessThan(50);
    expect(Math.abs(of('west.test') - 300)).toBeLessThan(50);
    expect(Math.abs(of('north.test') - 600)).toBeLessThan(50);
  });

  it('share what 1 place can’t take: 250 and 750 of 1,000, to 50, and 0 failures', async () => {
    const options = { baseUrl: weighted, random: seeded(2) };
    const { client, fetch } = travelling({ 'north.test': 500 }, options);
    client.circuit(north).open();
    let failures = 0;
    for (let call = 0; call < 1_000; call++) if (!(await client('users')).ok) failures++;
    const of = (host: string) => fetch.hosts().filter((one) => one === host).length;
    expect([failures, of('north.test')]).toEqual([0, 0]);
    expect(Math.abs(of('east.test') - 250)).toBeLessThan(50);
  });

  it('of 0 make a spare: 0 of 100 calls, and all of them when the other is down', async () => {
    const baseUrl = [
      { url: east, weight: 0 },
      { url: west, weight: 1 },
    ];
    const { client, hosts, fetch } = travelling(
      { 'west.test': [...Array(100).fill(200), 503] },
      { baseUrl },
    );
    for (let call = 0; call < 100; call++) await client('users');
    expect(new Set(fetch.hosts())).toEqual(new Set(['west.test']));
    expect((await settle(client('users'))).status).toBe(200);
    expect(hosts().endsWith('west west east')).toBe(true);
  });
});

describe('a client that changes', () => {
  it('hands its places to those that extend it, with 1 circuit each, unless they have their own', async () => {
    const { client, hosts } = travelling({ 'east.test': 503 });
    client.circuit(east).open();
    await settle(client.extend({ name: 'child' })('users'));
    await settle(client.extend({ baseUrl: `${west}/` })('users'));
    expect(hosts()).toBe('west west');
  });

  it('to other places in the middle of a call lets that call end as it began: 2 and 1 requests', async () => {
    const { client, hosts } = travelling({ 'east.test': 503, 'north.test': 200 });
    client.reconfigure({ baseUrl: [east, west] });
    const stop = client.on('attempt.ended', () => client.reconfigure({ baseUrl: [north] }));
    await settle(client('users'));
    stop();
    await settle(client('users'));
    expect(hosts()).toBe('east west north');
  });
});
