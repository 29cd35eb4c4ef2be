import { type CallOptions, createClient, type Outcome } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkCallOptions, checkClientOptions } from '../src/options.ts';
import { defaults, overlay, type Policy } from '../src/policy.ts';
import { presets } from '../src/presets.ts';
import { pass, rejection, settle, useFakeClock } from './support/clock.ts';
import { hang, script } from './support/script.ts';

const url = 'https://api.example.com/things';
const names = Object.keys(presets) as (keyof typeof presets)[];

/** Lays sets of options one over another, the first upon the defaults. */
const laid = (...sets: CallOptions[]): Policy =>
  sets.map((set) => checkCallOptions(set)).reduce<Policy>(overlay, defaults);

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

describe('a preset', () => {
  test.each(names)('%s is a set of options with 0 faults', (name) => {
    expect(() => checkCallOptions(presets[name])).not.toThrow();
    expect(() => checkClientOptions({ preset: name })).not.toThrow();
    expect(() => checkClientOptions({ hosts: { 'a.test': { preset: name } } })).not.toThrow();
  });

  test.each(names)('%s has 0 faults with the defaults spelt out that stand under it', (name) => {
    const { timeout, circuitBreaker, retryBudget } = laid({ preset: name });
    expect(() => checkCallOptions({ timeout, circuitBreaker, retryBudget })).not.toThrow();
  });

  test.each(names)('%s is plain data: the same after a trip through JSON', (name) => {
    expect(JSON.parse(JSON.stringify(presets[name]))).toEqual(presets[name]);
  });

  test.each(names)('%s says only what differs from the defaults', (name) => {
    for (const [part, given] of Object.entries(presets[name])) {
      if (typeof given !== 'object' || !(part in defaults)) continue;
      const under = defaults[part as keyof typeof defaults] as unknown as Record<string, unknown>;
      for (const [key, value] of Object.entries(given)) {
        expect([part, key, value]).not.toEqual([part, key, under[key]]);
      }
    }
  });

  test.each(names)('%s is not changed by options that are laid over it, 1 of each kind', (name) => {
    const before = JSON.stringify(presets);
    laid({ preset: name, timeout: 1, retry: { backoff: { base: 1 } }, circuitBreaker: false });
    laid({ preset: name }, { timeout: false, retry: false, retryBudget: false });
    expect(JSON.stringify(presets)).toBe(before);
  });

  test('interactive is over after 5 s and 2 retries, and shows a pause longer than 2 s', () => {
    expect(laid({ preset: 'interactive' })).toMatchObject({
      timeout: { total: 5_000, attempt: 2_000, body: false },
      retry: {
        maxRetries: 2,
        backoff: { type: 'exponential', base: 100, factor: 2, cap: 1_000, jitter: 'full' },
        retryAfter: { max: 2_000, scope: 'call' },
      },
      circuitBreaker: defaults.circuitBreaker,
    });
  });

  test('batch takes 300 s and 8 retries, and tells all calls of a pause', () => {
    expect(laid({ preset: 'batch' })).toMatchObject({
      timeout: { total: 300_000, attempt: 60_000 },
      retry: {
        maxRetries: 8,
        backoff: { base: 500, cap: 30_000 },
        retryAfter: { max: 120_000, scope: 'origin' },
      },
    });
  });

  test('streaming waits 60 s for a first byte and 60 s for each further one', () => {
    expect(laid({ preset: 'streaming' })).toMatchObject({
      timeout: { total: 120_000, attempt: 60_000, body: 60_000 },
      retry: { maxRetries: 2 },
    });
  });

  test('critical has 6 retries from a budget of 50, and a circuit that opens at 80 %', () => {
    expect(laid({ preset: 'critical' })).toMatchObject({
      timeout: { total: 60_000, attempt: 10_000 },
      retry: { maxRetries: 6 },
      retryBudget: { capacity: 50, deposit: 0.5 },
      circuitBreaker: { failureRatio: 0.8, consecutiveFailures: 20, minimumThroughput: 20 },
    });
  });
});

describe('options beside a preset', () => {
  test('stand over it, 1 by 1: the rest is the preset’s', () => {
    const policy = laid({ preset: 'batch', timeout: { total: 9_000 }, retry: { maxRetries: 1 } });
    expect(policy.timeout).toEqual({ total: 9_000, attempt: 60_000, body: false });
    expect(policy.retry).toMatchObject({
      maxRetries: 1,
      backoff: { base: 500, cap: 30_000 },
      retryAfter: { max: 120_000, scope: 'origin' },
    });
  });

  test('of 1 level stand under a preset of the next, which stands under its own', () => {
    const policy = laid({ retry: 1, timeout: 7 }, { preset: 'critical', timeout: { attempt: 3 } });
    expect(policy.retry).toMatchObject({ maxRetries: 6 });
    expect(policy.timeout).toEqual({ total: 60_000, attempt: 3, body: false });
  });

  test('of 2 presets the inner one stands over the outer, which shows where it is silent', () => {
    const policy = laid({ preset: 'streaming' }, { preset: 'interactive' });
    expect(policy.timeout).toEqual({ total: 5_000, attempt: 2_000, body: 60_000 });
  });

  test('that are `undefined` leave it alone: 60 s', () => {
    expect(laid({ preset: 'critical', timeout: undefined }).timeout.total).toBe(60_000);
    expect(laid({ preset: undefined })).toEqual(defaults);
  });

  test('that switch a part off do: 0 retries', () => {
    expect(laid({ preset: 'batch', retry: false }).retry).toBe(false);
  });
});

describe('in use', () => {
  test('1 word makes a client: interactive gives up after 5,000 ms, where nobody answers', async () => {
    const client = createClient({ fetch: script(hang), preset: 'interactive', hedge: false });
    const start = performance.now();
    expect(await rejection(client(url))).toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - start).toBeLessThanOrEqual(5_100);
  });

  test('1 word makes a call, and a host', async () => {
    const fetch = script(503);
    const client = createClient({
      ...{ fetch, retryBudget: false, circuitBreaker: false, random: () => 0 },
      hosts: { 'bank.example.com': { preset: 'critical' } },
    });
    const sent = async (call: () => Promise<Response>) => {
      const before = fetch.requests.length;
      await settle(call());
      return fetch.requests.length - before;
    };
    expect(await sent(() => client(url))).toBe(4);
    const resilience = { preset: 'interactive', hedge: false } as const;
    expect(await sent(() => client(url, { resilience }))).toBe(3);
    const quiet = { circuitBreaker: false, hedge: false } as const;
    expect(await sent(() => client('https://bank.example.com/', { resilience: quiet }))).toBe(7);
  });

  test('a preset can be changed at run time, and taken back: 8, 2 and 3 retries', async () => {
    const fetch = script(503);
    const client = createClient({
      ...{ fetch, preset: 'batch', random: () => 0 },
      ...{ concurrency: false, circuitBreaker: false, retryBudget: false },
    });
    const counts = [];
    for (const preset of ['batch', 'streaming', undefined] as const) {
      client.reconfigure({ preset });
      const before = fetch.requests.length;
      await settle(client(url));
      counts.push(fetch.requests.length - before - 1);
    }
    expect(counts).toEqual([8, 2, 3]);
  });

  test('batch holds 10 calls where 1 was told to wait 3 s', async () => {
    const busy = new Response(null, { status: 429, headers: { 'retry-after': '3' } });
    const fetch = script(busy, 200);
    const client = createClient({ fetch, preset: 'batch', random: () => 0 });
    const first = client(url);
    await pass(0);
    const calls = Array.from({ length: 10 }, () => client(url));
    await pass(2_900);
    expect(fetch.requests).toHaveLength(1);
    await settle(Promise.all([first, ...calls]));
    expect(fetch.requests).toHaveLength(12);
  });

  test('a fallback beside a preset is asked in the end, after 2 retries', async () => {
    const seen: (number | undefined)[] = [];
    const fallback = ({ response }: Outcome) => {
      seen.push(response?.status);
      return new Response('spare');
    };
    const fetch = script(503);
    const client = createClient({ fetch, preset: 'interactive', hedge: false, fallback });
    expect(await (await settle(client(url))).text()).toBe('spare');
    expect(fetch.requests).toHaveLength(3);
    expect(seen).toEqual([503]);
  });
});
