import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  ClientClosedError,
  type ClientOptions,
  createClient,
  OptionsError,
  resilientFetch,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const url = 'https://api.example.com/things';

describe('a client', () => {
  it('is a fetch: callable with a string, a URL and a Request, 1 request each', async () => {
    const fetch = script(200);
    const client: typeof globalThis.fetch = createClient({ fetch });
    for (const input of [url, new URL(url), new Request(url)]) await settle(client(input));
    expect(fetch.requests.map(({ input }) => String((input as Request).url ?? input))).toEqual([
      url,
      url,
      url,
    ]);
  });

  it('looks the process’s fetch up at each call', async () => {
    const client = createClient();
    for (const status of [201, 202]) {
      vi.stubGlobal('fetch', script(status));
      expect((await settle(client(url))).status).toBe(status);
    }
  });

  it('does not call itself where it was put in the place of the global fetch', async () => {
    vi.stubGlobal('fetch', resilientFetch);
    const response = await settle(createClient({ fetch: script(200) })(url));
    expect(response.status).toBe(200);
    const error = await rejection(
      resilientFetch('http://127.0.0.1:1/', { resilience: { retry: 0 } }),
    );
    expect(error).toBeInstanceOf(TypeError);
  });

  it('leaves data: and blob: URLs, and what is no URL, to the platform', async () => {
    expect(await (await resilientFetch('data:text/plain,hello')).text()).toBe('hello');
    const blob = URL.createObjectURL(new Blob(['there']));
    expect(await (await resilientFetch(blob)).text()).toBe('there');
    const ours = await rejection(resilientFetch('/relative'));
    const theirs = await rejection(fetch('/relative'));
    expect(ours).toBeInstanceOf(TypeError);
    expect((ours as Error).message).toBe((theirs as Error).message);
  });

  it('resolves relative inputs in the folder of baseUrl, and leaves absolute ones alone', async () => {
    const fetch = script(200);
    const client = createClient({ fetch, baseUrl: 'https://api.example.com/v3' });
    for (const input of ['users/octocat', '?page=2', '/root', 'https://other.example.com/x']) {
      await settle(client(input));
    }
    expect(fetch.requests.map(({ input }) => String(input))).toEqual([
      'https://api.example.com/v3/users/octocat',
      'https://api.example.com/v3/?page=2',
      'https://api.example.com/root',
      'https://other.example.com/x',
    ]);
  });

  it('adds its headers under the caller’s own, in an init and in a Request', async () => {
    const fetch = script(200);
    const client = createClient({ fetch, headers: { accept: 'text/plain', 'x-client': 'one' } });
    await settle(client(url, { headers: { Accept: 'application/json' } }));
    await settle(client(new Request(url, { headers: { accept: 'image/png' } })));
    const sent = fetch.requests.map(({ init }) => Object.fromEntries(new Headers(init.headers)));
    expect(sent).toEqual([
      { accept: 'application/json', 'x-client': 'one' },
      { accept: 'image/png', 'x-client': 'one' },
    ]);
  });

  it('refuses wrong options of 1 call by rejecting it, and sends nothing', async () => {
    const fetch = script(200);
    const resilience = { retries: 3 } as object;
    const error = await rejection(createClient({ fetch })(url, { resilience }));
    expect(error).toBeInstanceOf(OptionsError);
    expect((error as Error).message).toBe('retries: unknown option; did you mean retry?');
    expect(fetch.requests).toHaveLength(0);
  });
});

describe('host rules', () => {
  it('stand over the client’s options and under the call’s: 1, 3 and 6 requests', async () => {
    const fetch = script(503);
    const client = createClient({
      fetch,
      retry: 0,
      timeout: 600_000,
      hosts: { 'uploads.example.com': { retry: 2 } },
    });
    const sent = async (input: string, resilience = {}) => {
      const before = fetch.requests.length;
      await settle(client(input, { resilience }));
      return fetch.requests.length - before;
    };
    expect(await sent('https://api.example.com/')).toBe(1);
    expect(await sent('https://uploads.example.com/')).toBe(3);
    expect(await sent('https://uploads.example.com/', { retry: 5 })).toBe(6);
  });

  it('switch the breaker off for a suffix: 30 failures are 30 requests', async () => {
    const fetch = script(500);
    const hosts = { '*.githubusercontent.com': { circuitBreaker: false } };
    const client = createClient({ fetch, retry: false, hosts });
    for (let call = 0; call < 30; call++) {
      await settle(client('https://raw.githubusercontent.com/x'));
    }
    expect(fetch.requests).toHaveLength(30);
  });
});

describe('extend', () => {
  const options: ClientOptions = { name: 'parent', retry: 1, headers: { a: '1', b: '1' } };

  it('inherits options under its own: 2 requests with 3 headers', async () => {
    const fetch = script(503);
    const child = createClient({ ...options, fetch }).extend({ headers: { b: '2', c: '2' } });
    await settle(child(url));
    expect(fetch.requests).toHaveLength(2);
    expect(Object.fromEntries(new Headers(fetch.requests[0]?.init.headers))).toEqual({
      a: '1',
      b: '2',
      c: '2',
    });
  });

  it('shares the state of an origin: 10 failures of the child are known to the parent', async () => {
    const parent = createClient({ fetch: script(500) });
    const child = parent.extend({ name: 'child', retry: false });
    const opened = vi.fn();
    child.on('circuit.opened', opened);
    for (let call = 0; call < 10; call++) await settle(child(url));
    expect(parent.circuit(url).state).toBe('open');
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('lets the parent hear the child, and not the other way round', async () => {
    const parent = createClient({ fetch: script(200) });
    const child = parent.extend({ name: 'child' });
    const heard: string[] = [];
    parent.on('call.ended', ({ client }) => heard.push(`parent: ${client}`));
    child.on('call.ended', ({ client }) => heard.push(`child: ${client}`));
    await settle(child(url));
    await settle(parent(url));
    expect(heard).toEqual(['child: child', 'parent: child', 'parent: default']);
  });
});

describe('what it tells of itself', () => {
  it('gives health as plain JSON: 1 origin with 2 attempts, 1 failure, 1 in flight', async () => {
    const client = createClient({ name: 'users', fetch: script(200, 500, hang), retry: false });
    await settle(client(url));
    await settle(client(url));
    const pending = client(url);
    await Promise.resolve();
    const health = client.health();
    expect(JSON.parse(JSON.stringify(health))).toEqual(health);
    expect(health).toEqual({
      name: 'users',
      inFlight: 1,
      origins: {
        'https://api.example.com': {
          circuit: 'closed',
          retryAfter: 0,
          attempts: 2,
          failures: 1,
          slow: 0,
          inFlight: 1,
          retryBudget: 10,
          retryBudgetCapacity: 10,
          hedge: null,
          concurrency: null,
          cooldown: 0,
          throttle: null,
        },
      },
    });
    await rejection(pending);
    expect(client.health().inFlight).toBe(0);
  });

  it('gives in health what each part that is on knows, and null for 2 that are off', async () => {
    const busy = new Response(null, { status: 429, headers: { 'retry-after': '2' } });
    const client = createClient({
      fetch: script(busy),
      retry: { maxRetries: 0, retryAfter: { scope: 'origin' } },
      throttle: true,
      retryBudget: { capacity: 20 },
      random: () => 0.999,
      hosts: { 'plain.example.com': { throttle: false, retryBudget: false, retry: false } },
    });
    await settle(client(url));
    await settle(client('https://plain.example.com/'));
    expect(client.health().origins).toMatchObject({
      'https://api.example.com': {
        retryBudget: 20,
        retryBudgetCapacity: 20,
        cooldown: 2_000,
        throttle: 0.5,
      },
      'https://plain.example.com': {
        retryBudget: null,
        retryBudgetCapacity: null,
        cooldown: 0,
        throttle: null,
      },
    });
    await pass(1_999.5);
    expect(client.health().origins['https://api.example.com']?.cooldown).toBe(1);
    await pass(0.5);
    expect(client.health().origins['https://api.example.com']?.cooldown).toBe(0);
    await pass(118_000);
    expect(client.health().origins['https://api.example.com']?.throttle).toBe(0);
  });

  it('gives each of 2 clients that share an origin its health by its own policy', async () => {
    const parent = createClient({ fetch: script(200), retryBudget: { capacity: 5 } });
    const child = parent.extend({ name: 'child', retryBudget: false, throttle: 2 });
    await settle(child(url));
    const [above, below] = [parent, child].map((client) => client.health());
    expect(above?.origins['https://api.example.com']).toMatchObject({
      retryBudget: 5,
      throttle: null,
    });
    expect(below?.origins['https://api.example.com']).toMatchObject({
      retryBudget: null,
      throttle: 0,
    });
    expect(below?.name).toBe('child');
  });

  it('changes nothing by giving health 1,000 times, and knows no origin before a call', async () => {
    const client = createClient({ fetch: script(503), throttle: true, random: () => 0.999 });
    expect(client.health()).toEqual({ name: 'default', inFlight: 0, origins: {} });
    expect(client.circuit(url).state).toBe('closed');
    expect(client.health().origins).toEqual({});
    await settle(client(url));
    const before = client.health();
    for (let count = 0; count < 1_000; count++) client.health();
    expect(client.health()).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('publishes to the diagnostics channel `resilient-fetch`: 4 messages for a call of 1 attempt', async () => {
    const messages: string[] = [];
    const hear = (message: unknown) => messages.push((message as { event: string }).event);
    subscribe('resilient-fetch', hear);
    await settle(createClient({ fetch: script(200) })(url));
    unsubscribe('resilient-fetch', hear);
    expect(messages).toEqual(['call.started', 'attempt.started', 'attempt.ended', 'call.ended']);
  });

  it('knows 1,000 origins at the most, and forgets no open circuit before a closed one', async () => {
    const client = createClient({ fetch: script(500, 200), retry: false, maxOrigins: 1_000 });
    client.circuit('https://down.example.com').open();
    client.circuit('https://closed.example.com').isolate();
    for (let host = 0; host < 1_500; host++) await client(`https://host-${host}.example.com/`);
    expect(Object.keys(client.health().origins)).toHaveLength(1_000);
    expect(client.circuit('https://down.example.com').state).toBe('open');
    expect(client.circuit('https://closed.example.com').state).toBe('isolated');
  });
});

describe('close', () => {
  it('refuses further calls with a ClientClosedError, and waits for the 1 under way', async () => {
    const client = createClient({ fetch: script(hang), timeout: 1_000 });
    const pending = rejection(client(url));
    let closed = false;
    const closing = client.close().then(() => {
      closed = true;
    });
    expect(await rejection(client(url))).toBeInstanceOf(ClientClosedError);
    expect(closed).toBe(false);
    expect(await pending).toMatchObject({ name: 'TimeoutError' });
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('works with `await using`', async () => {
    let leaked: ReturnType<typeof createClient>;
    {
      await using client = createClient({ fetch: script(200) });
      await settle(client(url));
      leaked = client;
    }
    expect(await rejection(leaked(url))).toBeInstanceOf(ClientClosedError);
  });
});
