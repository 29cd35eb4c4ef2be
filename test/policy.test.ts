import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClient } from '../src/client.ts';
import { defaultBackoff } from '../src/decisions/backoff.ts';
import { defaultBudget } from '../src/decisions/retry-budget.ts';
import type { CallOptions, ClientOptions } from '../src/options.ts';
import { checkCallOptions } from '../src/options.ts';
import { defaults, overlay, type Policy } from '../src/policy.ts';
import { pass, useFakeClock } from './support/clock.ts';
import { hang, script } from './support/script.ts';

/** Lays sets of options one over another, the first upon the defaults. */
const laid = (...sets: CallOptions[]): Policy =>
  sets.map((set) => checkCallOptions(set)).reduce<Policy>(overlay, defaults);

describe('the defaults', () => {
  test('are the 15 numbers of the contract, 5 that leave its circuit as it is, and the 3 of the retry budget', () => {
    expect(defaults).toEqual({
      timeout: { total: 30_000, attempt: 10_000, body: false },
      retry: {
        maxRetries: 3,
        resume: false,
        methods: ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'],
        statuses: undefined,
        backoff: { type: 'exponential', base: 200, factor: 2, cap: 10_000, jitter: 'full' },
        retryAfter: { max: 30_000, scope: 'call' },
        when: undefined,
      },
      circuitBreaker: {
        failureRatio: 0.5,
        minimumThroughput: 20,
        window: 10_000,
        consecutiveFailures: 10,
        slowCallDuration: false,
        slowCallRatio: 1,
        openFor: 5_000,
        maxOpenFor: 60_000,
        probes: 1,
        successThreshold: 1,
        enforce: true,
      },
      retryBudget: defaultBudget,
      hedge: false,
      concurrency: false,
      throttle: false,
      propagation: false,
      fallback: false,
      idempotencyKey: false,
    });
  });

  test('stay as they are under 0 options', () => {
    expect(laid({})).toEqual(defaults);
    expect(laid({}, {})).toEqual(defaults);
  });

  test('stay as they are under options that are all undefined, 20 of them', () => {
    const nothing = {
      timeout: { total: undefined, attempt: undefined, body: undefined },
      retry: {
        maxRetries: undefined,
        methods: undefined,
        statuses: undefined,
        backoff: { type: undefined, base: undefined, cap: undefined, jitter: undefined },
        retryAfter: { max: undefined, parse: undefined },
        when: undefined,
      },
      circuitBreaker: { window: undefined, openFor: undefined },
      idempotencyKey: undefined,
    } as unknown as CallOptions;
    expect(laid(nothing)).toEqual(defaults);
    expect(laid({ timeout: undefined, retry: undefined } as unknown as CallOptions)).toEqual(
      defaults,
    );
  });

  test('are not changed by laying 1 set over them', () => {
    const before = JSON.stringify(defaults);
    laid({ timeout: 1, retry: { maxRetries: 9, backoff: { base: 1 } }, circuitBreaker: false });
    expect(JSON.stringify(defaults)).toBe(before);
  });
});

describe('a timeout', () => {
  test.each<[string, CallOptions['timeout'][], Policy['timeout']]>([
    ['2,000 is the total', [2_000], { total: 2_000, attempt: 10_000, body: false }],
    ['of an object is merged, 1 key', [{ body: 5 }], { total: 30_000, attempt: 10_000, body: 5 }],
    ['false switches all 3 off', [false], { total: false, attempt: false, body: false }],
    [
      'false of 1 key switches that off',
      [{ attempt: false }],
      { total: 30_000, attempt: false, body: false },
    ],
    [
      'after false brings back only what it says, 1 key',
      [false, { attempt: 5 }],
      { total: false, attempt: 5, body: false },
    ],
    [
      '2,000 after false is the total',
      [false, 2_000],
      { total: 2_000, attempt: false, body: false },
    ],
    [
      'of the last of 3 sets stands',
      [{ total: 1_000, attempt: 100 }, { attempt: 200 }, 500],
      { total: 500, attempt: 200, body: false },
    ],
    ['undefined after 5 says nothing', [5, undefined], { total: 5, attempt: 10_000, body: false }],
  ])('%s', (_, sets, expected) => {
    expect(laid(...sets.map((timeout) => ({ timeout }) as CallOptions)).timeout).toEqual(expected);
  });
});

describe('a retry', () => {
  const of = (...sets: unknown[]) =>
    laid(...sets.map((retry) => ({ retry }) as CallOptions)).retry || undefined;

  test('of 5 is the number of retries', () => {
    expect(of(5)).toEqual({ ...defaults.retry, maxRetries: 5 });
    expect(of(0)).toEqual({ ...defaults.retry, maxRetries: 0 });
  });

  test('false switches it off, and the next of 2 sets brings it back upon the defaults', () => {
    expect(laid({ retry: false }).retry).toBe(false);
    expect(of(false, 5)).toEqual({ ...defaults.retry, maxRetries: 5 });
    expect(of({ maxRetries: 9 }, false, {})).toEqual(defaults.retry);
  });

  test('is merged key by key, through 2 levels', () => {
    const rule = of(
      { maxRetries: 7, backoff: { base: 50, jitter: 'none' }, retryAfter: { max: 1 } },
      { methods: ['get', 'Post'], backoff: { cap: 60 } },
      2,
    );
    expect(rule).toEqual({
      ...defaults.retry,
      maxRetries: 2,
      methods: ['GET', 'POST'],
      backoff: { ...defaultBackoff, base: 50, jitter: 'none', cap: 60 },
      retryAfter: { max: 1, scope: 'call' },
    });
  });

  test('takes a list of 1 method in place of the 7', () => {
    expect(of({ methods: ['POST'] })?.methods).toEqual(['POST']);
    expect(of({ methods: [] })?.methods).toEqual([]);
  });

  test('takes a list of 1 status in place of the default ones', () => {
    expect(of({ statuses: [418] }, { maxRetries: 1 })?.statuses).toEqual([418]);
  });

  test('takes a function for its backoff, and 1 object after it upon the defaults', () => {
    const backoff = () => 7;
    expect(of({ backoff })?.backoff).toBe(backoff);
    expect(of({ backoff }, { maxRetries: 1 })?.backoff).toBe(backoff);
    expect(of({ backoff }, { backoff: { base: 5 } })?.backoff).toEqual({
      ...defaultBackoff,
      base: 5,
    });
    expect(of({ backoff: { base: 5 } }, { backoff })?.backoff).toBe(backoff);
  });

  test('keeps 2 functions by identity: when and parse', () => {
    const when = () => true;
    const parse = () => 5;
    const rule = of({ when, retryAfter: { parse } }, { retryAfter: { max: 9 } });
    expect(rule?.when).toBe(when);
    expect(rule?.retryAfter).toEqual({ max: 9, parse, scope: 'call' });
  });

  test('ignores Retry-After where that is false, until 1 object brings it back', () => {
    expect(of({ retryAfter: false })?.retryAfter).toBe(false);
    expect(of({ retryAfter: false }, { maxRetries: 1 })?.retryAfter).toBe(false);
    expect(of({ retryAfter: false }, { retryAfter: {} })?.retryAfter).toEqual({
      max: 30_000,
      scope: 'call',
    });
  });
});

describe('a circuit breaker', () => {
  const of = (...sets: unknown[]) =>
    laid(...sets.map((circuitBreaker) => ({ circuitBreaker }) as CallOptions)).circuitBreaker;

  test('is merged key by key, 2 of 11', () => {
    expect(of({ openFor: 1 }, { window: 2 })).toEqual({
      ...defaults.circuitBreaker,
      openFor: 1,
      window: 2,
    });
  });

  test('false switches it off, true brings it back with its 11 defaults', () => {
    expect(of(false)).toBe(false);
    expect(of(false, true)).toEqual(defaults.circuitBreaker);
    expect(of({ openFor: 1 }, false, true)).toEqual(defaults.circuitBreaker);
    expect(of(false, { openFor: 1 })).toEqual({ ...defaults.circuitBreaker, openFor: 1 });
  });

  test('true over 1 that is on changes nothing', () => {
    expect(of({ openFor: 1 }, true)).toEqual({ ...defaults.circuitBreaker, openFor: 1 });
  });
});

test('an idempotency key is the last that was said, false included, of 3', () => {
  const key = () => 'key';
  expect(laid({ idempotencyKey: true }, {}).idempotencyKey).toBe(true);
  expect(laid({ idempotencyKey: true }, { idempotencyKey: false }).idempotencyKey).toBe(false);
  expect(laid({ idempotencyKey: true }, { idempotencyKey: key }).idempotencyKey).toBe(key);
  expect(laid({ idempotencyKey: key }, { idempotencyKey: 'own' }).idempotencyKey).toBe('own');
});

describe('options of a client reach its calls', () => {
  beforeEach(useFakeClock);
  afterEach(() => vi.useRealTimers());

  /** How many requests one call to an address makes that always answers 503. */
  async function requestsOf(
    client: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch,
    address = 'https://a.test/',
    resilience?: CallOptions,
  ): Promise<number> {
    const fetch = script(503);
    const call = client(fetch)(address, { resilience } as RequestInit);
    await pass(3_600_000);
    await call;
    return fetch.requests.length;
  }
  const client = (options: ClientOptions) => (fetch: typeof globalThis.fetch) =>
    createClient({ random: () => 0, ...options, fetch });

  test('in 5 layers: defaults, client, extension, host, call', async () => {
    const host = { hosts: { 'a.test': { retry: 5 } } };
    const layers: [number, (fetch: typeof globalThis.fetch) => typeof globalThis.fetch][] = [
      [3, client({})],
      [1, client({ retry: 1 })],
      [2, (fetch) => client({ retry: 1 })(fetch).extend({ retry: 2 })],
      [5, (fetch) => client({ retry: 1, ...host })(fetch).extend({ retry: 2 })],
      [
        6,
        (fetch) =>
          client({ retry: 1, ...host })(fetch).extend({ hosts: { 'a.test': { retry: 6 } } }),
      ],
    ];
    for (const [retries, make] of layers) expect(await requestsOf(make)).toBe(retries + 1);
    const last = layers.at(-1)?.[1] ?? client({});
    expect(await requestsOf(last, 'https://a.test/', { retry: 4 })).toBe(5);
    expect(await requestsOf(last, 'https://b.test/')).toBe(2);
  });

  test('from a host’s rule key by key, 1 of 2 here', async () => {
    const hosts = { 'a.test': { retry: { backoff: { base: 1 } } } };
    expect(await requestsOf(client({ retry: 1, hosts }))).toBe(2);
  });

  test('from a call that switches retry off: 1 request', async () => {
    expect(await requestsOf(client({ retry: 5 }), undefined, { retry: false })).toBe(1);
  });

  test('from a call that switches it on again: 4 requests', async () => {
    expect(await requestsOf(client({ retry: false }))).toBe(1);
    expect(await requestsOf(client({ retry: false }), undefined, { retry: {} })).toBe(4);
  });

  test('with a first decorrelated delay drawn from 1 to 3 bases', async () => {
    const delays: number[] = [];
    for (const random of [0, 0.5, 0.999]) {
      const fetch = script(503, 200);
      const backoff = { jitter: 'decorrelated', base: 100 } as const;
      const resilient = createClient({ fetch, random: () => random, retry: { backoff } });
      resilient.on('retry.scheduled', ({ delay }) => delays.push(delay));
      const call = resilient('https://a.test/');
      await pass(10_000);
      await call;
    }
    expect(delays.map(Math.round)).toEqual([100, 200, 300]);
  });

  test('with a wait that a timer can hold: 2**31 - 1, and 10 % that are added to it', async () => {
    const max = 2 ** 31 - 1;
    const limited = new Response(null, { status: 429, headers: { 'retry-after-ms': String(max) } });
    const fetch = script(limited, 200);
    const options = { timeout: false, retry: { retryAfter: { max } } } as const;
    const call = createClient({ fetch, random: () => 0.999, ...options })('https://a.test/');
    await pass(max - 1);
    expect(fetch.requests).toHaveLength(1);
    await pass(max);
    await call;
  });

  test('with a timeout of 50 in a number', async () => {
    const call = createClient({ fetch: script(hang), timeout: 50 })('https://a.test/');
    const failed = expect(call).rejects.toMatchObject({ timeout: 'total', milliseconds: 50 });
    await pass(50);
    await failed;
  });
});

describe('a concurrency limit', () => {
  const of = (...sets: NonNullable<CallOptions['concurrency']>[]) =>
    laid(...sets.map((concurrency) => ({ concurrency }))).concurrency;
  const found = { min: 1, initial: 20 };

  test('is of 100 slots, or found up to 200', () => {
    expect(of({})).toEqual({ max: 100, queue: 1_000, hold: 'headers', adaptive: false });
    expect(of(5)).toMatchObject({ max: 5, queue: 1_000 });
    expect(of('adaptive')).toEqual({
      ...{ max: 200, queue: 1_000, hold: 'headers' },
      adaptive: { ...found, max: 200 },
    });
  });

  test('keeps its 5 slots for a ceiling, its queue and its hold where it becomes adaptive, and back', () => {
    const fixed = { max: 5, queue: 7, hold: 'body' } as const;
    const adaptive = { min: 1, max: 5, initial: 5 };
    expect(of(fixed, 'adaptive')).toEqual({ ...fixed, adaptive });
    expect(of(fixed, 'adaptive', { adaptive: false })).toEqual({ ...fixed, adaptive: false });
    expect(of(fixed, 'adaptive', 50)).toEqual({
      ...{ ...fixed, max: 50 },
      adaptive: { ...adaptive, max: 50 },
    });
  });

  test('comes back upon the defaults after 1 set that switched it off', () => {
    expect(of(5, false)).toBe(false);
    expect(of(5, false, {})).toMatchObject({ max: 100, adaptive: false });
  });
});
