import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import {
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type EventName,
  explain,
  ResilienceError,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script, scriptByHost } from '../support/script.ts';
import { seeded } from '../support/seeded.ts';

let unhandled: unknown[] = [];
const hear = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  useFakeClock();
  unhandled = [];
  process.on('unhandledRejection', hear);
});
afterEach(() => {
  process.off('unhandledRejection', hear);
  vi.useRealTimers();
});

const url = 'https://api.test/things';
const origin = 'https://api.test';

/** Answers after so long, unless it is told to stop before. */
function slow(after: number, answer: () => Response = () => new Response('late')): Line {
  return (_, init) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(answer()), after);
      init?.signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(init.signal?.reason);
      });
    });
}

const busy = (milliseconds: number) => () =>
  new Response(null, { status: 429, headers: { 'retry-after-ms': String(milliseconds) } });

describe('hedging beside a pause that holds everybody', () => {
  const politely = { maxRetries: 0, retryAfter: { scope: 'origin' } } as const;

  it('counts from when the first copy leaves: held for 1,000 ms, its copy follows at 1,100', async () => {
    const fetch = script(busy(1_000), slow(5_000));
    const client = createClient({ fetch, random: () => 0, hedge: 100, retry: politely });
    const told: unknown[] = [];
    client.on('hedge.refused', ({ reason }) => told.push(reason));
    client.on('hedge.sent', ({ after }) => told.push(after));
    await client(url);
    const start = performance.now();
    await settle(client(url));
    expect(fetch.requests.map(({ at }) => at - start)).toEqual([0, 1_000, 1_100]);
    expect(told).toEqual([100]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('learns nothing from the pause: 20 calls held for 1,000 ms leave the delay at 11', async () => {
    const fetch = script(...Array(100).fill(slow(10)), busy(1_000), slow(10));
    const client = createClient({ fetch, random: () => 0, hedge: true, retry: politely });
    const delay = () => client.health().origins[origin]?.hedge?.delay;
    for (let call = 0; call < 100; call++) {
      const answered = client(url);
      await pass(10);
      await answered;
    }
    expect(delay()).toBe(11);
    await settle(client(url));
    await settle(Promise.all(Array.from({ length: 20 }, () => client(url))));
    expect(delay()).toBe(11);
  });
});

describe('2 copies at 2 places', () => {
  const lines = {
    'a.test': slow(20, busy(2_000)),
    'b.test': slow(30, () => new Response('', { status: 503 })),
  };

  it('that both fail are told of where the outcome came from, and its 2,000 ms are waited there', async () => {
    const fetch = scriptByHost(lines);
    const when = vi.fn(() => undefined);
    const client = createClient({
      ...{ baseUrl: places, fetch, hedge: 10 },
      retry: { maxRetries: 1, when },
      random: () => 0,
    });
    const told: unknown[] = [];
    client.on('hedge.sent', (event) => told.push(event.origin));
    client.on('retry.scheduled', (event) => told.push(event.origin, event.outcome, event.delay));
    await settle(client('x'));
    expect(told.slice(0, 4)).toEqual(['https://b.test', 'https://a.test', '429', 2_000]);
    expect(when.mock.calls[0]).toMatchObject([{}, { origin: 'https://a.test', attempt: 1 }]);
    expect(fetch.hosts().slice(0, 3)).toEqual(['a.test', 'b.test', 'a.test']);
    expect(fetch.times()[2]).toBe(2_040);
  });

  it('pay back to the place of the answer alone: 1 token of the other, which failed, stays spent', async () => {
    const fetch = scriptByHost({
      'a.test': slow(40),
      'b.test': slow(5, () => new Response('', { status: 503 })),
    });
    const retryBudget = { capacity: 5, deposit: 1, trickle: 0 };
    const client = createClient({ baseUrl: places, fetch, hedge: 10, retryBudget });
    await settle(client('x'));
    const left = places.map((place) => client.health().origins[place]?.retryBudget);
    expect(left).toEqual([5, 4]);
  });
});

describe('a Request with a body', () => {
  it('has no second copy, though its fetch takes 50 ms to read it: 1 attempt, and its own 503', async () => {
    const taking: Line = async (input, init) => {
      await after(50);
      await new Request(input as Request, init).text();
      return new Response(null, { status: 503 });
    };
    const client = createClient({ fetch: script(taking), hedge: 10, retry: 0 });
    const response = await settle(client(new Request(url, { method: 'PUT', body: 'order' })));
    expect(explain(response)?.attempts.map(({ outcome }) => outcome)).toEqual(['503']);
  });

  it('of 0 bytes may have one: 2 requests of the same Request', async () => {
    const fetch = script(hang, 200);
    const client = createClient({ fetch, hedge: 10 });
    const request = new Request(url, { signal: new AbortController().signal });
    expect((await settle(client(request))).status).toBe(200);
    expect(fetch.requests.map(({ input }) => input)).toEqual([request, request]);
  });
});

describe('what a test double answers', () => {
  for (const status of [200, 404, 429, 503]) {
    it(`may be a plain object of status ${status} with every part on: 2 calls, 0 slots in use`, async () => {
      const plain = { ok: status === 200, status } as Response;
      const client = createClient({
        ...everything,
        baseUrl: url,
        fetch: async () => plain,
        random: () => 0.99,
      });
      for (let call = 0; call < 2; call++) expect(await settle(client(url))).toBe(plain);
      expect(client.health().origins[origin]?.concurrency).toMatchObject({ inUse: 0, queued: 0 });
    });
  }
});

it('says in the timeout of a body how many requests had left: 2, a copy being one of them', async () => {
  const silent = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
  const client = createClient({ fetch: script(hang, silent), hedge: 10, timeout: { body: 50 } });
  const response = await settle(client(url));
  expect(await rejection(response.text())).toMatchObject({ timeout: 'body', attempts: 2 });
});

it('sends 1 idempotency key with both copies of a POST, and another with the next POST', async () => {
  const fetch = script(hang, 200);
  const client = createClient({ fetch, hedge: 10, idempotencyKey: true });
  await settle(client(url, { method: 'POST', body: 'order' }));
  await settle(client(url, { method: 'POST', body: 'order' }));
  const keys = fetch.requests.map(({ init }) => new Headers(init.headers).get('idempotency-key'));
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(2);
  expect(keys[0]).toBe(keys[1]);
});

it('keeps the async context of each of 3 callers in every listener and every fetch', async () => {
  const storage = new AsyncLocalStorage<string>();
  const lost: string[] = [];
  const seen = new Set<string>();
  const note = (what: string, path: string) => {
    seen.add(what);
    if (storage.getStore() !== path.slice(1)) lost.push(what);
  };
  const fetch = script((input, init) => {
    note('fetch', new URL(String(input)).pathname);
    return (slow(init?.method === 'PUT' ? 5 : 30, busy(20)) as typeof hang)(input, init);
  });
  const client = createClient({
    ...everything,
    ...{ fetch, baseUrl: undefined, concurrency: 1, throttle: false, fallback: false },
  });
  for (const name of [
    ...['call.started', 'slot.queued', 'slot.taken', 'attempt.started', 'attempt.ended'],
    ...['retry.scheduled', 'hedge.sent', 'call.held', 'call.ended'],
  ] as EventName[]) {
    client.on(name, (event) => note(name, (event as { path: string }).path));
  }
  const call = (caller: string, method: string) =>
    storage.run(caller, () => client(`${origin}/${caller}`, { method }));
  await settle(Promise.all([call('one', 'GET'), call('two', 'PUT'), call('three', 'GET')]));
  expect(lost).toEqual([]);
  expect(seen.size).toBe(10);
});

const places = ['https://a.test', 'https://b.test'];

/** Every part at once, so that each has its share in each call. */
const everything: ClientOptions = {
  baseUrl: places,
  timeout: { total: 900, attempt: 200, body: 100 },
  retry: { maxRetries: 2, backoff: { base: 20 }, retryAfter: { scope: 'origin', max: 500 } },
  retryBudget: { capacity: 4, deposit: 0.2, trickle: 0 },
  concurrency: { max: 3, queue: 5, hold: 'body' },
  hedge: { delay: 15, maxExtraLoad: 1 },
  throttle: 1.5,
  circuitBreaker: { consecutiveFailures: 4, openFor: 100, probes: 2, slowCallDuration: 150 },
  fallback: ({ response }) => (response?.status === 500 ? new Response('spare') : undefined),
  idempotencyKey: true,
};

/** What an operator does in the middle of it. */
const changes: readonly ((client: Client) => unknown)[] = [
  (client) => client.reconfigure({ concurrency: 'adaptive' }),
  (client) => client.reconfigure({ concurrency: { max: 1, hold: 'headers' } }),
  (client) => client.reconfigure({ concurrency: false, hedge: false }),
  (client) => client.reconfigure(everything),
  (client) => client.reconfigure({ baseUrl: 'https://c.test', throttle: false }),
  (client) => client.reconfigure({ circuitBreaker: { enforce: false } }),
  (client) => client.reconfigure({ preset: 'interactive', timeout: { total: 900, body: 100 } }),
  (client) => client.circuit('https://a.test').open(),
  (client) => client.circuit('https://a.test').isolate(),
  (client) => client.circuit('https://a.test').close(),
  (client) => client.health(),
];

const own: readonly (CallOptions | undefined)[] = [
  ...[undefined, undefined, undefined],
  ...([{ preset: 'batch' }, { preset: 'critical' }, { preset: 'streaming' }] as const),
  ...([{ hedge: false }, { retry: 0 }, { concurrency: false }, { concurrency: 1 }] as const),
  ...([{ fallback: false }, { circuitBreaker: false, throttle: false }] as const),
];

const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });

const scenarios = fc.record({
  maxOrigins: fc.constantFrom(1, 2, 1_000),
  deaf: fc.boolean(),
  calls: fc.array(
    fc.record({
      start: fc.nat({ max: 500 }),
      child: fc.boolean(),
      kind: fc.constantFrom('relative', 'relative', 'relative', 'Request', 'elsewhere'),
      method: fc.constantFrom('GET', 'GET', 'PUT', 'POST'),
      own: fc.constantFrom(...own),
      abortAfter: rarely(fc.nat({ max: 500 })),
      reads: fc.constantFrom('all', 'all', 'cancels', 'aborts'),
    }),
    { minLength: 1, maxLength: 16 },
  ),
  answers: fc.array(
    fc.record({
      what: fc.constantFrom<number | string>(
        ...[200, 200, 200, 404, 429, 500, 503],
        ...['ECONNREFUSED', 'ECONNRESET', 'hang', 'stall'],
      ),
      latency: fc.constantFrom(0, 10, 20, 40, 300),
      large: fc.boolean(),
      retryAfter: rarely(fc.constantFrom(60, 400)),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  changes: fc.array(fc.tuple(fc.nat({ max: 700 }), fc.constantFrom(...changes)), { maxLength: 4 }),
  seed: fc.nat(),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer T> ? T : never;
type Answer = Scenario['answers'][number];

const after = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Servers that do as they like, with the bodies they have given out. */
function servers({ answers, deaf }: Scenario) {
  const keys = new Map<string, Set<string | null>>();
  const open = new Set<object>();
  let requests = 0;
  let afterAborted = 0;

  function bodyOf({ what, large }: Answer, signal: AbortSignal | null | undefined) {
    const body = {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      clearTimeout(timer);
      open.delete(body);
    };
    open.add(body);
    let left = large ? 3 : 1;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) =>
          signal?.addEventListener('abort', () => {
            if (!open.has(body)) return;
            end();
            controller.error(signal.reason);
          }),
        pull: (controller) =>
          new Promise<void>((resolve) => {
            if (what === 'stall') return;
            timer = setTimeout(() => {
              if (!open.has(body)) return resolve();
              controller.enqueue(new Uint8Array(5));
              if (--left === 0) {
                end();
                controller.close();
              }
              resolve();
            }, 5);
          }),
        cancel: end,
      },
      { highWaterMark: 0 },
    );
  }

  const fetch = (input: string | URL | Request, init: RequestInit = {}) =>
    new Promise<Response>((resolve, reject) => {
      const answer = answers[requests++ % answers.length] as Answer;
      const { what, latency, large, retryAfter } = answer;
      const signal = init.signal ?? (input instanceof Request ? input.signal : undefined);
      if (signal?.aborted) afterAborted++;
      const path = new URL(input instanceof Request ? input.url : String(input)).pathname;
      const headers = init.headers ?? (input instanceof Request ? input.headers : {});
      const key = new Headers(headers).get('idempotency-key');
      keys.set(path, (keys.get(path) ?? new Set()).add(key));
      const end = () => {
        if (typeof what === 'string' && what !== 'stall') return reject(networkError(what));
        const told = {
          'retry-after-ms': String(retryAfter ?? ''),
          ...(large ? {} : { 'content-length': '5' }),
        };
        resolve(
          new Response(bodyOf(answer, signal), {
            status: what === 'stall' ? 200 : Number(what),
            headers: told,
          }),
        );
      };
      const timer = what === 'hang' ? undefined : setTimeout(end, latency);
      if (deaf) return;
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
  return { fetch, keys, open, requests: () => requests, afterAborted: () => afterAborted };
}

const reason = new Error('the caller is gone');

/** What a caller may be told, and nothing else. */
function isDocumented(error: unknown): boolean {
  const { message } = error as Error;
  return error === reason || error instanceof ResilienceError || message === 'fetch failed';
}

it('holds with every part on in 400 scenarios of up to 16 calls that are changed, evicted and aborted', async () => {
  let [requests, hedged, held, substituted, queued, refused] = [0, 0, 0, 0, 0, 0];
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const { maxOrigins, seed } = scenario;
      const { fetch, keys, open, ...seen } = servers(scenario);
      const parent = createClient({ ...everything, fetch, maxOrigins, random: seeded(seed) });
      const child = parent.extend({ name: 'child', hosts: { 'b.test': { preset: 'critical' } } });
      const told: Partial<Record<EventName, number>> = {};
      for (const name of [
        ...['call.started', 'call.ended', 'attempt.started', 'attempt.ended', 'hedge.sent'],
        ...['slot.queued', 'slot.taken', 'call.held', 'fallback.used', 'call.refused'],
      ] as EventName[]) {
        told[name] = 0;
        parent.on(name, () => {
          told[name] = (told[name] ?? 0) + 1;
        });
      }
      for (const [at, change] of scenario.changes) after(at).then(() => change(parent));

      const stage = scenario.calls.map(() => 'begun');
      const calls = scenario.calls.map(async (planned, index) => {
        const { start, kind, method, abortAfter, reads } = planned;
        await after(start);
        const controller = new AbortController();
        const { signal } = controller;
        const init = { method, ...(planned.own && { resilience: planned.own }) };
        const client = planned.child ? child : parent;
        const absolute = `https://${kind === 'elsewhere' ? 'c' : 'a'}.test/calls/${index}`;
        const body = method === 'GET' ? null : 'order';
        const call =
          kind === 'Request'
            ? client(
                new Request(absolute, { method, body, signal }),
                planned.own && { resilience: planned.own },
              )
            : client(kind === 'relative' ? `calls/${index}` : absolute, { ...init, body, signal });
        const begun = performance.now();
        let abortedAt = Number.POSITIVE_INFINITY;
        const timer = setTimeout(() => {
          abortedAt = performance.now();
          controller.abort(reason);
        }, abortAfter ?? 1e6);
        const outcome = await call.catch((error: unknown) => error);
        const ended = performance.now();
        const abortedBefore = abortedAt;
        const log = explain(outcome);
        stage[index] = `answered ${outcome} ${JSON.stringify(log)}`;
        const snapshot = log && {
          ...log,
          attempts: log.attempts.map((attempt) => ({ ...attempt })),
        };
        if (outcome instanceof Response) {
          if (reads === 'all') await outcome.text().catch(() => {});
          if (reads === 'cancels') await outcome.body?.cancel().catch(() => {});
          if (reads === 'aborts') controller.abort(reason);
        }
        clearTimeout(timer);
        stage[index] = 'over';
        return { planned, outcome, log: snapshot, begun, ended, abortedAt: abortedBefore };
      });
      await vi.advanceTimersByTimeAsync(400_000);
      await pass(0);
      expect(stage.filter((one) => one !== 'over')).toEqual([]);
      const went = await Promise.all(calls);
      await pass(10_000);

      for (const { planned, outcome, log, begun, ended, abortedAt } of went) {
        if (!(outcome instanceof Response))
          expect(isDocumented(outcome), String(outcome)).toBe(true);
        expect(log?.stopped).not.toBe('pending');
        expect(log?.attempts.map((attempt) => attempt.outcome)).not.toContain('pending');
        if (abortedAt < ended) expect.unreachable('a call went on after its abort');
        if (abortedAt === ended && !(outcome instanceof Response)) expect(outcome).toBe(reason);
        if (!planned.own) expect(ended - begun).toBeLessThanOrEqual(5_000);
        const tries = log?.attempts.filter(({ hedge }) => !hedge) ?? [];
        const copies = log?.attempts.filter(({ hedge }) => hedge) ?? [];
        expect(copies.length).toBeLessThanOrEqual(tries.length);
      }
      for (const sent of keys.values()) expect(sent.size).toBe(1);
      expect(open.size).toBe(0);
      expect(seen.requests()).toBe(told['attempt.started']);
      expect(told['attempt.ended']).toBe(told['attempt.started']);
      expect(told['call.started']).toBe(went.length);
      expect(told['call.ended']).toBe(went.length);
      expect(sum(went.map(({ log }) => log?.attempts.length ?? 0))).toBe(seen.requests());
      parent.reconfigure(everything);
      const { inFlight, origins } = parent.health();
      const states = Object.values(origins);
      expect([inFlight, child.health().inFlight]).toEqual([0, 0]);
      expect(sum(states.map((state) => state.inFlight))).toBe(0);
      expect(
        sum(
          states.map(({ concurrency }) => (concurrency?.inUse ?? 0) + (concurrency?.queued ?? 0)),
        ),
      ).toBe(0);
      await parent.close();
      await pass(70_000);
      expect(vi.getTimerCount()).toBe(0);
      expect(unhandled).toEqual([]);
      requests += seen.requests();
      hedged += told['hedge.sent'] ?? 0;
      held += told['call.held'] ?? 0;
      substituted += told['fallback.used'] ?? 0;
      queued += told['slot.queued'] ?? 0;
      refused += told['call.refused'] ?? 0;
    }),
    { seed: 2026, numRuns: 400 },
  );
  // What nothing happens in proves nothing.
  expect(requests).toBeGreaterThan(1_000);
  expect(hedged).toBeGreaterThan(200);
  for (const some of [held, substituted, queued, refused]) expect(some).toBeGreaterThan(20);
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
