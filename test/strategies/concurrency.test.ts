import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../src/core/context.ts';
import { ConcurrencyLimitError, TimeoutError } from '../../src/core/errors.ts';
import { compose, type Send, type Strategy } from '../../src/core/pipeline.ts';
import { Stop } from '../../src/core/stop.ts';
import { AdaptiveLimit } from '../../src/decisions/adaptive-limit.ts';
import { defaultBackoff } from '../../src/decisions/backoff.ts';
import { idempotentMethods } from '../../src/decisions/retry-decision.ts';
import { type ConcurrencyRule, Slots } from '../../src/decisions/slots.ts';
import { bodyTimeout } from '../../src/strategies/body-timeout.ts';
import { concurrency } from '../../src/strategies/concurrency.ts';
import { deadline } from '../../src/strategies/deadline.ts';
import { retry } from '../../src/strategies/retry.ts';
import { contextOf, logOf, outgoing, runtimeOf } from '../core/given.ts';
import { pass, rejection, useFakeClock } from '../support/clock.ts';

const origin = 'https://api.test';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

function ruleOf(changes: Partial<ConcurrencyRule> = {}): ConcurrencyRule {
  return { max: 2, queue: 10, hold: 'headers', adaptive: false, ...changes };
}

/** Strategies around an upstream whose answers the test gives, call by call, and the state that all calls share. */
function upstream(strategies: (rule: ConcurrencyRule) => Strategy[], rule: ConcurrencyRule) {
  const requests: { answer: (response?: Response) => void; fail: (error: unknown) => void }[] = [];
  const transport: Send = (_, { stop, log }) =>
    new Promise((resolve, reject) => {
      const entry = { attempt: 1, at: 0, outcome: 'pending', duration: 0 };
      log.attempts.push(entry);
      const start = performance.now();
      const end = (outcome: string, error?: unknown) => {
        letGo();
        const duration = performance.now() - start;
        Object.assign(entry, { outcome, duration }, error ? { error } : undefined);
      };
      requests.push({
        answer(response = new Response()) {
          end(String(response.status));
          resolve(response);
        },
        fail(error) {
          end('ERR_TEST', error);
          reject(error);
        },
      });
      const letGo = stop.onAbort(() => {
        end('AbortError', stop.reason);
        reject(stop.reason);
      });
    });
  const send = compose(strategies(rule), transport);
  const state = { origin, inFlight: 0 };
  const slots = Slots.of(state);
  return {
    requests,
    slots,
    call(changes: Partial<Context> = {}): Promise<Response> {
      const sent = send(outgoing(), contextOf({ state, log: logOf(), ...changes }));
      sent.catch(() => {});
      return sent;
    },
    counts: () => [slots.inUse, slots.queued],
  };
}

/** The strategy alone. */
function alone(changes: Partial<ConcurrencyRule> = {}) {
  const { runtime, told } = runtimeOf('slot.queued', 'slot.taken');
  return { ...upstream((rule) => [concurrency(rule, runtime)], ruleOf(changes)), told };
}

/** The strategy below a deadline of 100 ms. */
function within(changes: Partial<ConcurrencyRule> = {}) {
  const { runtime } = runtimeOf();
  const strategies = (rule: ConcurrencyRule) => [
    deadline(100, runtime),
    concurrency(rule, runtime),
  ];
  return upstream(strategies, ruleOf(changes));
}

describe('a slot', () => {
  it('is for 2 of 5 calls; the others follow in the order in which they came', async () => {
    const { call, requests, counts } = alone();
    const order: number[] = [];
    const calls = [1, 2, 3, 4, 5].map((number) => call().then(() => order.push(number)));
    await pass(0);
    expect([requests.length, ...counts()]).toEqual([2, 2, 3]);
    for (let index = 0; index < 5; index++) {
      requests[index]?.answer();
      await pass(0);
      expect(requests).toHaveLength(Math.min(5, index + 3));
    }
    await Promise.all(calls);
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(counts()).toEqual([0, 0]);
  });

  it('that is free is taken with 0 timers, 0 listeners and 0 events', () => {
    const { call, told, counts } = alone();
    const stop = Stop.by(new AbortController().signal);
    const onAbort = vi.spyOn(stop, 'onAbort');
    const send = concurrency(ruleOf(), runtimeOf().runtime)(() => new Promise(() => {}));
    send(outgoing(), contextOf({ stop }));
    expect([onAbort.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
    call();
    expect([told.length, ...counts()]).toEqual([0, 1, 0]);
  });

  it.each([
    ['is given back when the call fails', (request) => request.fail(new TypeError('fetch failed'))],
    [
      'is given back when the call is answered 500',
      (request) => request.answer(new Response(null, { status: 500 })),
    ],
    [
      'is given back at the headers of a body that is never read',
      (request) => request.answer(new Response('unread')),
    ],
  ] as [
    string,
    (request: { answer: (response: Response) => void; fail: (error: unknown) => void }) => void,
  ][])('%s: 0 are in use', async (_, end) => {
    const { call, requests, counts } = alone();
    call();
    await pass(0);
    for (const request of requests) end(request);
    await pass(0);
    expect(counts()).toEqual([0, 0]);
  });

  it('is given back when what it is for throws before it gives a promise: 3 times with 1 slot', async () => {
    const failure = new Error('thrown at once');
    const state = { origin, inFlight: 0 };
    const send = concurrency(
      ruleOf({ max: 1, queue: 0 }),
      runtimeOf().runtime,
    )(() => {
      throw failure;
    });
    for (let count = 0; count < 3; count++) {
      await expect(send(outgoing(), contextOf({ state }))).rejects.toBe(failure);
    }
    expect(Slots.of(state).inUse).toBe(0);
  });

  it('is given back when the caller aborts: the 1 who waits goes in', async () => {
    const { call, requests, counts } = alone({ max: 1 });
    const caller = new AbortController();
    const first = call({ stop: Stop.by(caller.signal) });
    call();
    await pass(0);
    caller.abort('gone');
    expect(await rejection(first)).toBe('gone');
    expect([requests.length, ...counts()]).toEqual([2, 1, 0]);
  });

  it('is not taken by a caller who has aborted already: 0 requests', async () => {
    const { call, requests, counts } = alone();
    const reason = new Error('too late');
    const error = await rejection(call({ stop: Stop.by(AbortSignal.abort(reason)) }));
    expect(error).toBe(reason);
    expect([requests.length, ...counts()]).toEqual([0, 0, 0]);
  });

  it('is of 1 origin: another has its own', async () => {
    const { call, requests } = alone({ max: 1 });
    call();
    call({ state: { origin: 'https://other.test', inFlight: 0 } });
    await pass(0);
    expect(requests).toHaveLength(2);
  });

  it('is held through a backoff of 1,000 ms: with 1 slot the next call waits for the retry', async () => {
    const { runtime } = runtimeOf();
    const rule = { methods: idempotentMethods, statuses: undefined, when: undefined } as const;
    const backoff = { ...defaultBackoff, base: 1_000, jitter: 'none' } as const;
    const { call, requests, counts } = upstream(
      (held) => [
        concurrency(held, runtime),
        retry({ ...rule, maxRetries: 1, backoff, retryAfter: false }, runtime, false, false),
      ],
      ruleOf({ max: 1 }),
    );
    const calls = [call(), call()];
    await pass(0);
    requests[0]?.answer(new Response(null, { status: 503 }));
    await pass(999);
    expect([requests.length, ...counts()]).toEqual([1, 1, 1]);
    await pass(1);
    requests[1]?.answer();
    await pass(0);
    expect(requests).toHaveLength(3);
    requests[2]?.answer();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('the queue', () => {
  it('refuses the 5th call at once where 2 slots are taken and 2 calls wait', async () => {
    const { call, requests, counts } = alone({ queue: 2 });
    for (let count = 0; count < 4; count++) call();
    const error = await rejection(call());
    expect(error).toBeInstanceOf(ConcurrencyLimitError);
    expect(error).toMatchObject({
      message: 'concurrency: all 2 slots of https://api.test are taken and 2 calls wait',
      code: 'ERR_RESILIENCE_CONCURRENCY_LIMIT',
      ...{ reason: 'queue-full', limit: 2, queued: 2, waited: 0, attempts: 0, origin },
    });
    expect([requests.length, ...counts()]).toEqual([2, 2, 2]);
  });

  it('of 0 refuses whoever finds no slot', async () => {
    const { call } = alone({ max: 1, queue: 0 });
    call();
    expect(await rejection(call())).toMatchObject({
      message: 'concurrency: the only slot of https://api.test is taken and 0 calls wait',
    });
  });

  it('takes the next one when 1 who waited has aborted', async () => {
    const { call, counts } = alone({ max: 1, queue: 1 });
    call();
    const caller = new AbortController();
    const waiting = call({ stop: Stop.by(caller.signal) });
    expect(await rejection(call())).toBeInstanceOf(ConcurrencyLimitError);
    caller.abort('gone');
    await rejection(waiting);
    call();
    expect(counts()).toEqual([1, 1]);
  });

  it('is left at once by a caller who aborts in the middle of it, with his own reason: 3 keep their order', async () => {
    const { call, requests, counts } = alone({ max: 1 });
    call();
    const caller = new AbortController();
    const order: string[] = [];
    call().then(() => order.push('a'));
    const gone = call({ stop: Stop.by(caller.signal) });
    call().then(() => order.push('c'));
    const reason = { code: 7 };
    const rejected = rejection(gone);
    caller.abort(reason);
    expect(counts()).toEqual([1, 2]);
    expect(await rejected).toBe(reason);
    for (let index = 0; index < 3; index++) {
      requests[index]?.answer();
      await pass(0);
    }
    expect([order, requests.length, ...counts()]).toEqual([['a', 'c'], 3, 0, 0]);
  });

  it('passes the slot on to the 2nd where the 1st aborts in the very moment it was given', async () => {
    const { call, requests, counts, slots } = alone({ max: 1 });
    slots.take(ruleOf({ max: 1 }));
    const caller = new AbortController();
    const first = call({ stop: Stop.by(caller.signal) });
    call();
    slots.free();
    caller.abort('changed my mind');
    expect(await rejection(first)).toBe('changed my mind');
    await pass(0);
    expect([requests.length, ...counts()]).toEqual([1, 1, 0]);
  });

  it('lets go of the caller when the wait is over, and when the body is: 2 of 2 listeners', async () => {
    const { call, requests, slots } = alone({ max: 1, hold: 'body' });
    slots.take(ruleOf());
    const stop = Stop.by(new AbortController().signal);
    const { onAbort } = stop;
    const listening = new Set<() => void>();
    vi.spyOn(stop, 'onAbort').mockImplementation((callback) => {
      const letGo = onAbort.call(stop, callback);
      listening.add(callback);
      return () => {
        listening.delete(callback);
        letGo();
      };
    });
    const waiting = call({ stop });
    expect(listening.size).toBe(1);
    slots.free();
    expect(listening.size).toBe(0);
    await pass(0);
    requests[0]?.answer(new Response('body'));
    const response = await waiting;
    expect(listening.size).toBe(1);
    await response.text();
    expect(listening.size).toBe(0);
  });

  it('tells who waits, for what, and how long: 2 queued, 1 taken after 30 ms', async () => {
    const { call, requests, told } = alone({ max: 1 });
    call();
    call();
    call();
    await pass(30);
    requests[0]?.answer();
    await pass(0);
    expect(told).toMatchObject([
      ['slot.queued', { client: 'test', origin, id: '1', method: 'GET', queued: 1, limit: 1 }],
      ['slot.queued', { queued: 2, limit: 1 }],
      ['slot.taken', { path: '/users/1', waited: 30 }],
    ]);
  });
});

describe('the deadline', () => {
  it('ends the wait after 100 ms: no slot in time', async () => {
    const { call, requests, slots } = within({ max: 1 });
    slots.take(ruleOf());
    const waiting = call();
    call();
    await pass(99);
    expect(slots.queued).toBe(2);
    await pass(1);
    expect(slots.queued).toBe(0);
    const error = await rejection(waiting);
    expect(error).toBeInstanceOf(ConcurrencyLimitError);
    expect(error).toMatchObject({
      message:
        'concurrency: the only slot of https://api.test stayed taken for 100 ms and 0 calls wait',
      ...{ reason: 'deadline', limit: 1, waited: 100, attempts: 0, origin },
    });
    expect(requests).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts the wait: a call that waited 60 ms has 40 left, and then it is a timeout', async () => {
    const { call, requests, slots } = within({ max: 1 });
    slots.take(ruleOf());
    const waiting = call();
    await pass(60);
    slots.free();
    await pass(39);
    expect(requests).toHaveLength(1);
    await pass(1);
    const error = await rejection(waiting);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 'total', attempts: 1 });
    expect(slots.inUse).toBe(0);
  });

  it('leaves the queue to those who have time: 1 of 2 gets the slot after 110 ms', async () => {
    const { call, requests, slots } = within({ max: 1 });
    slots.take(ruleOf());
    call();
    await pass(50);
    const later = call();
    await pass(60);
    slots.free();
    await pass(0);
    requests[0]?.answer();
    expect((await later).status).toBe(200);
    expect(requests).toHaveLength(1);
  });
});

describe('a slot that is held through the body', () => {
  const text = () => new Response('body');
  const hanging = () =>
    new Response(new ReadableStream({ pull: () => new Promise(() => {}) }, { highWaterMark: 0 }));

  /** An answered call that has its slot still. */
  async function answered(response: Response, changes: Partial<Context> = {}) {
    const { call, requests, counts } = alone({ max: 1, hold: 'body' });
    const sent = call(changes);
    await pass(0);
    requests[0]?.answer(response);
    await pass(0);
    return { response: await sent, counts };
  }

  it('is in use until the body is read to its end: 1, then 0', async () => {
    const { response, counts } = await answered(text());
    expect(counts()).toEqual([1, 0]);
    expect(await response.text()).toBe('body');
    expect(counts()).toEqual([0, 0]);
  });

  it('is in use until the body is cancelled: 1, then 0', async () => {
    const { response, counts } = await answered(hanging());
    expect(counts()).toEqual([1, 0]);
    await response.body?.cancel();
    expect(counts()).toEqual([0, 0]);
  });

  it('is in use until the body fails: 1, then 0', async () => {
    const failure = new TypeError('terminated');
    const body = new ReadableStream({ pull: (controller) => controller.error(failure) });
    const { response, counts } = await answered(new Response(body));
    await expect(response.text()).rejects.toBe(failure);
    expect(counts()).toEqual([0, 0]);
  });

  it('is in use until the caller aborts, though nobody reads: 1, then 0', async () => {
    const caller = new AbortController();
    const { counts } = await answered(hanging(), { stop: Stop.by(caller.signal) });
    expect(counts()).toEqual([1, 0]);
    caller.abort();
    expect(counts()).toEqual([0, 0]);
  });

  it('is given back 1 time, however the body ends: read, cancelled and aborted', async () => {
    const { call, requests, slots } = alone({ max: 1, hold: 'body' });
    slots.take(ruleOf());
    slots.free();
    const caller = new AbortController();
    const first = call({ stop: Stop.by(caller.signal) });
    call();
    await pass(0);
    requests[0]?.answer(text());
    const { body } = await first;
    const reader = body?.getReader();
    while (!(await reader?.read())?.done);
    await reader?.cancel();
    caller.abort();
    await pass(0);
    expect([slots.inUse, slots.queued, requests.length]).toEqual([1, 0, 2]);
  });

  it.each([
    ['without a body', () => new Response(null, { status: 204 })],
    ['of content-length 0', () => new Response('', { headers: { 'content-length': '0' } })],
    [
      'whose body another has begun to read',
      () => {
        const response = text();
        response.body?.getReader();
        return response;
      },
    ],
    [
      'of a fetch that knows no streams of the web',
      () => Object.defineProperty(text(), 'body', { value: Readable.from(['body']) }),
    ],
  ])('is given back at the headers of a response %s: 0', async (_, make) => {
    const { counts } = await answered(make());
    expect(counts()).toEqual([0, 0]);
  });

  it.each(['inside', 'outside'])('bears timeout.body %s it: both see the 1 body', async (place) => {
    const { runtime } = runtimeOf();
    const { call, requests, counts } = upstream(
      (rule) => {
        const both = [concurrency(rule, runtime), bodyTimeout(50, runtime)];
        return place === 'inside' ? both : both.toReversed();
      },
      ruleOf({ max: 1, hold: 'body' }),
    );
    const [first, second] = [call(), call()];
    await pass(0);
    requests[0]?.answer(hanging());
    const read = (await first).text().catch((error: unknown) => error);
    await pass(49);
    expect(counts()).toEqual([1, 1]);
    await pass(1);
    expect(await read).toMatchObject({ timeout: 'body' });
    expect(counts()).toEqual([1, 0]);
    requests[1]?.answer(text());
    expect(await (await second).text()).toBe('body');
    expect(counts()).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an adaptive limit', () => {
  const adaptive = { min: 1, max: 10, initial: 2 };
  const record = () => vi.mocked(AdaptiveLimit.prototype.record);
  let limit = 2;

  beforeEach(() => {
    limit = 2;
    vi.spyOn(AdaptiveLimit.prototype, 'limit', 'get').mockImplementation(() => limit);
    vi.spyOn(AdaptiveLimit.prototype, 'record').mockImplementation(() => {});
  });

  it('hears of a call that was answered at once after 40 ms, with 2 in flight', async () => {
    const { call, requests } = alone({ max: 10, adaptive });
    call();
    call();
    await pass(40);
    requests[0]?.answer();
    await pass(0);
    expect(record().mock.calls).toEqual([
      [
        adaptive,
        {
          duration: 40,
          inFlight: 2,
          dropped: false,
          now: performance.timeOrigin + performance.now(),
        },
      ],
    ]);
  });

  it('lets 3 who wait in at once when it grows from 2 to 4', async () => {
    const { call, requests, counts } = alone({ max: 10, adaptive });
    for (let count = 0; count < 6; count++) call();
    await pass(0);
    expect([requests.length, ...counts()]).toEqual([2, 2, 4]);
    record().mockImplementation(() => {
      limit = 4;
    });
    requests[0]?.answer();
    await pass(0);
    expect([requests.length, ...counts()]).toEqual([5, 4, 1]);
  });

  it('hears of 1 call that the total deadline cut short in its slot, as dropped', async () => {
    const { call } = within({ max: 10, adaptive });
    call();
    await pass(100);
    expect(record().mock.calls).toMatchObject([[adaptive, { duration: 100, dropped: true }]]);
  });

  it('hears nothing of an abort, nor of who got no slot: 0 samples', async () => {
    const { call, slots } = within({ max: 1, adaptive });
    const caller = new AbortController();
    call({ stop: Stop.by(caller.signal) });
    await pass(0);
    caller.abort();
    await pass(0);
    slots.take(ruleOf());
    call();
    await pass(100);
    expect(record().mock.calls).toHaveLength(0);
  });

  it('is 0 samples to a fixed one', async () => {
    const { call, requests } = alone();
    call();
    await pass(0);
    requests[0]?.answer();
    await pass(0);
    expect(record().mock.calls).toHaveLength(0);
  });
});

describe('whatever the order in which calls come, end, abort and run out of time', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ call: true } as const) },
    { weight: 2, arbitrary: fc.record({ answer: fc.nat(), readNow: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ fail: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ abort: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 1, arbitrary: fc.constant({ settle: true } as const) },
  );
  const quiet = () => new Promise((resolve) => setImmediate(resolve));

  it('never more than 2 are in use, every call ends, and 0 slots are lost: 150 runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('headers' as const, 'body' as const),
        fc.array(step, { maxLength: 40 }),
        async (hold, steps) => {
          const { call, requests, slots } = within({ queue: 4, hold });
          const callers: AbortController[] = [];
          const calls: Promise<Response>[] = [];
          const some = <T>(among: T[], index: number) => among[index % among.length];
          for (const each of steps) {
            if ('call' in each) {
              const caller = new AbortController();
              callers.push(caller);
              calls.push(call({ stop: Stop.by(caller.signal) }));
            }
            if ('answer' in each) {
              const response = new Response('body');
              some(requests, each.answer)?.answer(response);
              if (each.readNow) response.text().catch(() => {});
            }
            if ('fail' in each) some(requests, each.fail)?.fail(new TypeError('fetch failed'));
            if ('abort' in each) some(callers, each.abort)?.abort('gone');
            if ('pass' in each) vi.advanceTimersByTime(each.pass);
            if ('settle' in each) await quiet();
            expect(slots.inUse).toBeLessThanOrEqual(2);
            expect(slots.queued).toBeLessThanOrEqual(4);
          }
          await quiet();
          vi.advanceTimersByTime(100);
          await quiet();
          const outcomes = await Promise.allSettled(calls);
          for (const outcome of outcomes) {
            if (outcome.status === 'fulfilled') await outcome.value.text().catch(() => {});
          }
          expect([slots.inUse, slots.queued, vi.getTimerCount()]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });
});
