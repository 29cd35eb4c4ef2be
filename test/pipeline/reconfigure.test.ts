import {
  type Client,
  type ClientOptions,
  createClient,
  explain,
  OptionsError,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, networkError, script } from '../support/script.ts';

const url = 'https://api.example.com/things';
const origin = 'https://api.example.com';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const health = (client: Client) => client.health().origins[origin];

describe('reconfigure', () => {
  it('changes the next call: 1 request, then 3, then the default 4', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, retry: 0, retryBudget: false });
    const sent = async () => {
      const before = fetch.requests.length;
      await settle(client(url));
      return fetch.requests.length - before;
    };
    expect(await sent()).toBe(1);
    client.reconfigure({ retry: 2 });
    expect(await sent()).toBe(3);
    client.reconfigure({ retry: undefined });
    expect(await sent()).toBe(4);
  });

  it('changes the next call of 2 clients that extend it, and not what those set themselves', async () => {
    const fetch = script(503);
    const parent = createClient({ fetch, retry: 0, retryBudget: false, circuitBreaker: false });
    const child = parent.extend({ name: 'child' });
    const grandchild = child.extend({ retry: 1 });
    const sent = async () => {
      const counts = [];
      for (const client of [parent, child, grandchild]) {
        const before = fetch.requests.length;
        await settle(client(url));
        counts.push(fetch.requests.length - before);
      }
      return counts;
    };
    expect(await sent()).toEqual([1, 1, 2]);
    parent.reconfigure({ retry: 2 });
    expect(await sent()).toEqual([3, 3, 2]);
    grandchild.reconfigure({ retry: undefined });
    expect(await sent()).toEqual([3, 3, 3]);
    child.reconfigure({ retry: 0 });
    expect(await sent()).toEqual([3, 1, 1]);
  });

  it('keeps the old policy where 1 of 2 new options is wrong: 1 request, as before', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, retry: 0 });
    for (const wrong of [null, 'retry', { retries: 5 }, { timeout: 5, retry: -1 }]) {
      expect(() => client.reconfigure(wrong as ClientOptions)).toThrow(OptionsError);
    }
    await settle(client(url));
    expect(fetch.requests).toHaveLength(1);
  });

  it('keeps the old headers where the new ones are none: every call after it is answered', async () => {
    const fetch = script(200);
    const client = createClient({ fetch, headers: { a: '1' } });
    expect(() => client.reconfigure({ headers: { 'bad name': '2' } })).toThrow(OptionsError);
    expect((await settle(client(url))).status).toBe(200);
    expect(new Headers(fetch.requests[0]?.init.headers).get('a')).toBe('1');
  });

  it('changes headers, base URL and fetch for the next call: 3 of each', async () => {
    const [one, two] = [script(200), script(200)];
    const client = createClient({ fetch: one, baseUrl: 'https://a.test', headers: { a: '1' } });
    await settle(client('x'));
    client.reconfigure({ fetch: two, baseUrl: 'https://b.test', headers: { b: '2' } });
    await settle(client('x'));
    vi.stubGlobal('fetch', script(201));
    client.reconfigure({ fetch: undefined, headers: undefined });
    expect((await settle(client('x'))).status).toBe(201);
    const sent = ({ requests }: typeof one) =>
      requests.map(({ input, init }) => [
        String(input),
        Object.fromEntries(new Headers(init.headers)),
      ]);
    expect(sent(one)).toEqual([['https://a.test/x', { a: '1' }]]);
    expect(sent(two)).toEqual([['https://b.test/x', { b: '2' }]]);
  });

  it('goes from 1 endpoint to 2 and back', async () => {
    const fetch = script((input) => {
      if (String(input).startsWith('https://a.')) throw networkError('ECONNREFUSED');
      return new Response('here');
    });
    const client = createClient({ fetch, baseUrl: 'https://a.test', retry: 1, random: () => 0 });
    await rejection(client('x'));
    client.reconfigure({ baseUrl: ['https://a.test', 'https://b.test'] });
    expect(await (await settle(client('x'))).text()).toBe('here');
    client.reconfigure({ baseUrl: 'https://a.test' });
    await rejection(client('x'));
    expect(client.health().inFlight).toBe(0);
  });

  it('is possible 10,000 times within 5 s, and leaves 0 timers', async () => {
    const client = createClient({ fetch: script(200) });
    const start = process.hrtime.bigint();
    for (let count = 0; count < 10_000; count++) client.reconfigure({ retry: count % 5 });
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(5_000);
    expect((await settle(client(url))).status).toBe(200);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what is known of an origin stays', () => {
  it('an open circuit is open, for as long as it was to be: 5,000 ms', async () => {
    const fetch = script(...Array(10).fill(500), 200);
    const client = createClient({ fetch, retry: false });
    for (let call = 0; call < 10; call++) await settle(client(url));
    client.reconfigure({ circuitBreaker: { openFor: 60_000, consecutiveFailures: 1 } });
    expect(health(client)).toMatchObject({ circuit: 'open', retryAfter: 5_000 });
    expect(await rejection(client(url))).toMatchObject({ name: 'CircuitOpenError' });
    await pass(5_000);
    expect((await settle(client(url))).status).toBe(200);
    expect(fetch.requests).toHaveLength(11);
  });

  it('also while the breaker is off for 1,000 ms: calls pass, then are refused again', async () => {
    const fetch = script(...Array(10).fill(500), 200);
    const client = createClient({ fetch, retry: false });
    for (let call = 0; call < 10; call++) await settle(client(url));
    client.reconfigure({ circuitBreaker: false });
    expect((await settle(client(url))).status).toBe(200);
    await pass(1_000);
    client.reconfigure({ circuitBreaker: true });
    expect(await rejection(client(url))).toMatchObject({ name: 'CircuitOpenError' });
    expect(fetch.requests).toHaveLength(11);
    await client.close();
  });

  it('9 failures count towards the 10 that open it', async () => {
    const fetch = script(500);
    const client = createClient({ fetch, retry: false });
    for (let call = 0; call < 9; call++) await settle(client(url));
    client.reconfigure({ timeout: 5_000 });
    expect(client.circuit(url).state).toBe('closed');
    await settle(client(url));
    expect(client.circuit(url).state).toBe('open');
    await client.close();
  });

  it('a circuit’s handle opens by the rule of the moment: for 100 ms, not for 5,000', async () => {
    const client = createClient({ fetch: script(200) });
    const circuit = client.circuit(url);
    client.reconfigure({ circuitBreaker: { openFor: 100 } });
    circuit.open();
    expect(health(client)?.retryAfter).toBe(100);
    client.reconfigure({ circuitBreaker: false });
    expect(() => circuit.open()).toThrow(TypeError);
    circuit.close();
  });

  it('a budget of 10 that was spent by 3 has 7, and of 4 has 1', async () => {
    const fetch = script(503);
    const retryBudget = { capacity: 10, deposit: 0, trickle: 0 };
    const client = createClient({ fetch, retryBudget });
    await settle(client(url));
    expect(health(client)?.retryBudget).toBe(7);
    client.reconfigure({ timeout: 5_000 });
    expect(health(client)?.retryBudget).toBe(7);
    client.reconfigure({ retryBudget: { ...retryBudget, capacity: 4 } });
    expect(health(client)?.retryBudget).toBe(1);
  });

  it('a throttle’s share is what it was, 0.9, also after 1 change that switched it off', async () => {
    const options = { retry: false, circuitBreaker: false, random: () => 0.999 } as const;
    const client = createClient({ ...options, fetch: script(429), throttle: true });
    for (let call = 0; call < 9; call++) await settle(client(url));
    client.reconfigure({ throttle: { k: 1.5 } });
    expect(health(client)?.throttle).toBe(0.9);
    client.reconfigure({ throttle: false });
    expect(health(client)?.throttle).toBeNull();
    client.reconfigure({ throttle: true });
    expect(health(client)?.throttle).toBe(0.9);
  });

  it('a pause of 5,000 ms is kept, and calls that are held by it stay held', async () => {
    const busy = new Response(null, { status: 429, headers: { 'retry-after': '5' } });
    const fetch = script(busy, 200);
    const retry = { maxRetries: 0, retryAfter: { scope: 'origin' } } as const;
    const client = createClient({ fetch, retry, random: () => 0 });
    await settle(client(url));
    const held = client(url);
    await pass(1_000);
    client.reconfigure({ retry: 0 });
    await pass(3_999);
    expect(fetch.requests).toHaveLength(1);
    expect(health(client)?.cooldown).toBe(1);
    await pass(1);
    expect((await held).status).toBe(200);
  });

  it('listeners stay, and the 1 call in flight is counted', async () => {
    const client = createClient({ fetch: script(hang), timeout: 1_000 });
    const ended = vi.fn();
    client.on('call.ended', ended);
    const call = client(url).catch((reason: unknown) => reason);
    await pass(10);
    client.reconfigure({ timeout: 5_000 });
    expect(client.health()).toMatchObject({ inFlight: 1, origins: { [origin]: { inFlight: 1 } } });
    expect(await settle(call)).toMatchObject({ name: 'TimeoutError', milliseconds: 1_000 });
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

describe('slots', () => {
  const slots = (client: Client) => health(client)?.concurrency;

  it('2 that are taken stay taken, whether 3 or 1 are to be had now', async () => {
    const fetch = script(hang);
    const client = createClient({ fetch, concurrency: 2, retry: false, timeout: 1_000 });
    const ended = () => client(url).catch((reason: unknown) => reason);
    const calls = [ended(), ended()];
    await pass(10);
    expect(slots(client)).toEqual({ inUse: 2, queued: 0, limit: 2 });
    client.reconfigure({ concurrency: 3 });
    expect(slots(client)).toEqual({ inUse: 2, queued: 0, limit: 3 });
    calls.push(ended());
    await pass(10);
    expect(fetch.requests).toHaveLength(3);
    client.reconfigure({ concurrency: 1 });
    expect(slots(client)).toEqual({ inUse: 3, queued: 0, limit: 1 });
    calls.push(ended());
    await pass(10);
    expect(fetch.requests).toHaveLength(3);
    await settle(Promise.all(calls));
    expect(slots(client)).toEqual({ inUse: 0, queued: 0, limit: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('1 that is taken is given back where the limit was switched off and on meanwhile', async () => {
    const client = createClient({ fetch: script(hang), concurrency: 1, timeout: 1_000 });
    const call = client(url).catch((reason: unknown) => reason);
    await pass(10);
    client.reconfigure({ concurrency: false });
    expect(slots(client)).toBeNull();
    client.reconfigure({ concurrency: 1 });
    expect(slots(client)).toEqual({ inUse: 1, queued: 0, limit: 1 });
    await settle(call);
    expect(slots(client)).toEqual({ inUse: 0, queued: 0, limit: 1 });
  });
});

describe('a call under way keeps what it began with', () => {
  it('its 3 retries, where they were switched off in its first wait', async () => {
    const fetch = script(503);
    const client = createClient({ fetch });
    const call = client(url);
    await pass(1);
    client.reconfigure({ retry: false });
    const response = await settle(call);
    expect(fetch.requests).toHaveLength(4);
    expect(explain(response)?.stopped).toBe('retries-exhausted');
  });

  it('its deadline of 1,000 ms, its headers, its fallback and its fetch, in all 2 attempts', async () => {
    const [one, two] = [script(503, hang), script(200)];
    const client = createClient({
      fetch: one,
      timeout: 1_000,
      headers: { version: 'old' },
      fallback: () => new Response('old'),
    });
    const call = client(url);
    await pass(1);
    client.reconfigure({
      fetch: two,
      timeout: 60_000,
      headers: { version: 'new' },
      fallback: () => new Response('new'),
    });
    expect(await (await settle(call)).text()).toBe('old');
    const versions = one.requests.map(({ init }) => new Headers(init.headers).get('version'));
    expect(versions).toEqual(['old', 'old']);
    expect(two.requests).toHaveLength(0);
    expect(await (await settle(client(url))).text()).toBe('answer 1');
  });

  it('its attempt’s 10,000 ms also at the 2nd place, which was never asked before', async () => {
    const late = () =>
      new Promise<Response>((resolve) => setTimeout(() => resolve(new Response('late')), 50));
    const fetch = script(503, late);
    const client = createClient({ fetch, baseUrl: ['https://a.test', 'https://b.test'], retry: 1 });
    client.on('attempt.ended', () => client.reconfigure({ timeout: { attempt: 5 } }));
    expect(await (await settle(client('x'))).text()).toBe('late');
    expect(fetch.requests).toHaveLength(2);
  });

  for (const event of [
    'call.started',
    'attempt.started',
    'attempt.ended',
    'retry.scheduled',
  ] as const) {
    it(`also where a listener of ${event} changes it 4 times: 4 requests, then 1`, async () => {
      const fetch = script(503);
      const client = createClient({ fetch, retryBudget: false });
      const changes: number[] = [];
      const stop = client.on(event, () => {
        changes.push(0);
        client.reconfigure({ retry: 0 });
      });
      await settle(client(url));
      expect(fetch.requests).toHaveLength(4);
      expect(changes.length).toBeGreaterThanOrEqual(1);
      stop();
      await settle(client(url));
      expect(fetch.requests).toHaveLength(5);
    });
  }

  it('where a listener makes a wrong change: 1 warning, and 4 requests as if it had not', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const fetch = script(503);
    const client = createClient({ fetch });
    client.on('call.started', () => client.reconfigure({ retry: -1 }));
    expect((await settle(client(url))).status).toBe(503);
    expect(fetch.requests).toHaveLength(4);
    expect(warnings).toHaveBeenCalledTimes(1);
  });

  it('where the fallback function, `when` and the fetch itself change it: 2 requests', async () => {
    const change = () => client.reconfigure({ retry: false, fallback: false });
    const fetch = script(() => {
      change();
      return new Response(null, { status: 503 });
    });
    const client: Client = createClient({
      fetch,
      retry: {
        maxRetries: 1,
        when: () => {
          change();
          return undefined;
        },
      },
      fallback: () => {
        change();
        return new Response('spare');
      },
    });
    expect(await (await settle(client(url))).text()).toBe('spare');
    expect(fetch.requests).toHaveLength(2);
    expect((await settle(client(url))).status).toBe(503);
    expect(fetch.requests).toHaveLength(3);
  });

  it('to the end, where the client is closed meanwhile, which can still be changed', async () => {
    const client = createClient({ fetch: script(503, 200) });
    const call = client(url);
    await pass(0);
    const closing = client.close();
    client.reconfigure({ retry: false });
    expect((await settle(call)).status).toBe(200);
    await closing;
    expect(await rejection(client(url))).toMatchObject({ name: 'ClientClosedError' });
  });
});
