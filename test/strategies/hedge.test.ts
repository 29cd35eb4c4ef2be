import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { transport } from '../../src/adapters/transport.ts';
import type { Context } from '../../src/core/context.ts';
import { lastFailure } from '../../src/core/ending.ts';
import { superseded, ThrottledError } from '../../src/core/errors.ts';
import type { EventName } from '../../src/core/events.ts';
import { type Outgoing, outgoingOf } from '../../src/core/outgoing.ts';
import type { CircuitView, OriginState } from '../../src/core/per-origin.ts';
import { compose, type Send, type Strategy } from '../../src/core/pipeline.ts';
import { routeOf } from '../../src/core/route.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import { Stop, sleep } from '../../src/core/stop.ts';
import { Cooldown } from '../../src/decisions/cooldown.ts';
import { defaultHedge, type HedgeRule } from '../../src/decisions/hedging.ts';
import { type BudgetRule, RetryBudget } from '../../src/decisions/retry-budget.ts';
import { idempotentMethods } from '../../src/decisions/retry-decision.ts';
import { attemptTimeout } from '../../src/strategies/attempt-timeout.ts';
import { circuitBreaker } from '../../src/strategies/circuit-breaker.ts';
import { deadline } from '../../src/strategies/deadline.ts';
import { endpoints } from '../../src/strategies/endpoints.ts';
import { hedge } from '../../src/strategies/hedge.ts';
import { retry } from '../../src/strategies/retry.ts';
import { contextOf, outgoing, runtimeOf } from '../core/given.ts';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { type Line, networkError, script } from '../support/script.ts';

const after10: HedgeRule = { ...defaultHedge, delay: 10 };
const origin = 'https://api.test';

/** A budget without a token. */
const empty: BudgetRule = { capacity: 0, deposit: 0, trickle: 0 };

let unhandled = 0;
const hear = () => {
  unhandled++;
};

beforeEach(() => {
  useFakeClock();
  unhandled = 0;
  process.on('unhandledRejection', hear);
});
afterEach(async () => {
  await pass(0);
  process.off('unhandledRejection', hear);
  vi.useRealTimers();
  expect(unhandled).toBe(0);
});

interface Setup {
  readonly rule?: HedgeRule;
  readonly budget?: BudgetRule;
  readonly above?: readonly ((runtime: Runtime) => Strategy)[];
  readonly below?: readonly ((runtime: Runtime) => Strategy)[];
  readonly events?: readonly EventName[];
}

/** A pipeline around the real transport, over a scripted fetch, with 1 state of the origin for all of its calls. */
function pipeline(lines: readonly Line[], setup: Setup = {}) {
  const { rule = after10, budget = false, above = [], below = [], events = [] } = setup;
  const { runtime, told } = runtimeOf(...events);
  const fetch = script(...lines);
  const state = { origin, inFlight: 0 };
  const send = compose(
    [
      ...above.map((make) => make(runtime)),
      hedge(rule, runtime, idempotentMethods, budget),
      ...below.map((make) => make(runtime)),
    ],
    transport(() => fetch, undefined, runtime),
  );
  return {
    fetch,
    told,
    runtime,
    state,
    /** Begins a call. */
    call(request: Outgoing = outgoing(), changes: Partial<Context> = {}) {
      const context = contextOf({ state, ...changes });
      const answer = send(request, context);
      answer.catch(() => {});
      return { answer, context, log: context.log };
    },
    /** When each request left. */
    times: () => fetch.requests.map(({ at }) => Math.round(at)),
  };
}

/** A fetch that is answered after so long, and hears its signal. */
function slow(after: number, end: number | Response | Error = 200): Line {
  return (_, init) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        if (end instanceof Error) reject(end);
        else resolve(end instanceof Response ? end : new Response('body', { status: end }));
      }, after);
      init?.signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(init.signal?.reason);
      });
    });
}

const never = slow(1_000_000);

describe('when a second copy is sent', () => {
  it('is after 10 ms, not after 9, and then no third', async () => {
    const { call, times, fetch } = pipeline([never]);
    const start = performance.now();
    call();
    await pass(9);
    expect(fetch.requests).toHaveLength(1);
    await pass(1);
    expect(times().map((at) => at - Math.round(start))).toEqual([0, 10]);
    await pass(60_000);
    expect(fetch.requests).toHaveLength(2);
  });

  it('is never where the first is answered within 10 ms, and leaves 0 timers', async () => {
    const { call, fetch } = pipeline([slow(9)]);
    const { answer } = call();
    await pass(9);
    expect((await answer).status).toBe(200);
    expect(vi.getTimerCount()).toBe(0);
    await pass(100);
    expect(fetch.requests).toHaveLength(1);
  });

  it('is never where the first fails within 10 ms: that is left to others', async () => {
    for (const end of [503, networkError('ECONNRESET')]) {
      const { call, fetch } = pipeline([slow(5, end)]);
      const { answer } = call();
      await pass(5);
      if (end === 503) expect((await answer).status).toBe(503);
      else await expect(answer).rejects.toBe(end);
      expect(vi.getTimerCount()).toBe(0);
      expect(fetch.requests).toHaveLength(1);
    }
  });

  it.each([
    ['a GET', {}, 2],
    ['a HEAD', { method: 'HEAD' }, 2],
    ['a PUT with a string', { method: 'PUT', body: 'x' }, 2],
    ['a POST', { method: 'POST', body: 'x' }, 1],
    ['a PATCH with other headers', { method: 'PATCH', headers: { accept: '*/*' } }, 1],
    ['a POST with a key', { method: 'POST', headers: { 'Idempotency-Key': '1' } }, 2],
  ])('leaves of %s %j so many requests: %d', async (_, init, requests) => {
    const { call, fetch } = pipeline([never]);
    call(outgoing(init));
    await pass(1_000);
    expect(fetch.requests).toHaveLength(requests);
  });

  it('is never for a body that can be sent once, though 0 of it was read', async () => {
    const body = new ReadableStream({ pull: () => {} });
    const { call, fetch } = pipeline([never]);
    call(outgoing({ method: 'PUT', body, duplex: 'half' } as RequestInit));
    await pass(1_000);
    expect(fetch.requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('is never for a Request whose body the first of 2 copies has taken', async () => {
    const input = new Request(origin, { method: 'PUT', body: 'x' });
    const request = outgoingOf(input, undefined, new URL(origin));
    const { call, fetch } = pipeline([
      async (sent, init) => {
        await (sent as Request).text();
        return (never as Exclude<Line, number | Response | Error>)(sent, init);
      },
    ]);
    call(request);
    await pass(1_000);
    expect(fetch.requests).toHaveLength(1);
  });

  it('is learnt from 50 answers: none before, then after the 95th percentile of them', async () => {
    let after = 8;
    const { call, fetch } = pipeline([(...given) => (slow(after) as typeof hang)(...given)], {
      rule: defaultHedge,
    });
    for (let index = 0; index < 49; index++) {
      call();
      await pass(8);
    }
    after = 500;
    const late = call();
    await pass(500);
    expect((await late.answer).status).toBe(200);
    expect(fetch.requests).toHaveLength(50);
    call();
    await pass(9);
    expect(fetch.requests).toHaveLength(52);
  });

  it('counts for 1 origin: another one has 10 tokens of its own', async () => {
    const one = pipeline([never]);
    for (let index = 0; index < 20; index++) one.call();
    await pass(1_000);
    const spent = one.fetch.requests.length;
    one.call();
    await pass(10);
    expect(one.fetch.requests).toHaveLength(spent + 1);
    one.call(outgoing(), { state: { origin: 'https://other.test', inFlight: 0 } });
    await pass(10);
    expect(one.fetch.requests).toHaveLength(spent + 3);
  });
});

const hang = never as (input: unknown, init: RequestInit | undefined) => Promise<Response>;

describe('what comes of 2 copies', () => {
  it('is the answer of the second where that is first, and the first is superseded', async () => {
    const { call, fetch } = pipeline([never, slow(5, 201)]);
    const { answer, log } = call();
    await pass(15);
    expect((await answer).status).toBe(201);
    expect(fetch.requests[0]?.init.signal?.reason).toBe(superseded);
    expect(log.attempts).toEqual([
      { attempt: 1, at: 0, outcome: 'superseded', duration: 15, error: superseded },
      { attempt: 1, at: 10, hedge: true, outcome: '201', duration: 5 },
    ]);
    expect(lastFailure(log)).toEqual(new Error('Attempt 1 was answered 201'));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is the answer of the first where that is first, and the second is superseded', async () => {
    const { call, fetch } = pipeline([slow(12, 404), never]);
    const { answer, log } = call();
    await pass(12);
    expect((await answer).status).toBe(404);
    expect(fetch.requests[1]?.init.signal?.reason).toBe(superseded);
    expect(log.attempts.map(({ outcome }) => outcome)).toEqual(['404', 'superseded']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is written down before the caller reads it, with 1 strategy or with 4', async () => {
    for (const above of [[], [(runtime: Runtime) => deadline(1_000, runtime), patient]]) {
      const { call } = pipeline([never, slow(5)], {
        above,
        below: [(runtime) => attemptTimeout(500, runtime)],
      });
      const { answer, log } = call();
      const seen = answer.then(() => log.attempts.map(({ outcome }) => outcome));
      await pass(15);
      expect(await seen).toEqual(['superseded', '200']);
    }
  });

  it.each([
    ['503 and then 200', slow(12, 503), slow(8), '200'],
    ['200 after a 503 of the second', slow(30), slow(5, 503), '200'],
    ['ECONNRESET and then 200', slow(12, networkError('ECONNRESET')), slow(8), '200'],
    ['503 and then 500', slow(12, 503), slow(8, 500), '503'],
    ['500 after a 503 of the second', slow(30, 500), slow(5, 503), '503'],
    ['429 and then 404', slow(12, 429), slow(8, 404), '404'],
  ] as const)(
    'is the first good answer, or the first failure: %s',
    async (_, first, second, end) => {
      const { call } = pipeline([first, second]);
      const { answer } = call();
      const { status } = await settle(answer);
      expect(String(status)).toBe(end);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('is the error of the first where both fail, though the second is answered 503', async () => {
    const error = networkError('ECONNRESET');
    const unread = new Response('body', { status: 503, headers: { 'content-length': '4' } });
    const { call } = pipeline([slow(12, error), slow(8, unread)]);
    expect(await rejection(call().answer)).toBe(error);
    expect(unread.bodyUsed).toBe(true);
  });

  it.each([
    ['1st', [429, 400], [503, 100], 429],
    ['2nd', [429, 100], [503, 400], 503],
    ['1st, where both ask for as much', [503, 400], [429, 400], 503],
  ] as const)(
    'is that of the copy which asks for the longer wait, where both fail: of the %s',
    async (_, [first, wait], [second, other], end) => {
      const asking = (status: number, milliseconds: number) =>
        new Response(null, { status, headers: { 'retry-after-ms': String(milliseconds) } });
      const { runtime } = runtimeOf();
      const fetch = script(slow(12, asking(first, wait)), slow(8, asking(second, other)));
      const rule = { scope: 'call', max: 30_000 } as const;
      const send = compose(
        [hedge(after10, runtime, ['GET'], false, rule)],
        transport(() => fetch, undefined, runtime),
      );
      const { status } = await settle(send(outgoing(), contextOf()));
      expect([status, fetch.requests.length]).toEqual([end, 2]);
    },
  );

  it('is 1 answer, and one that comes from a loser which is deaf is thrown away', async () => {
    const late = new Response('body', { headers: { 'content-length': '4' } });
    const { runtime } = runtimeOf();
    const answers = [20, 3];
    const deaf: Send = (_, { onLeave }) =>
      new Promise((resolve) => {
        onLeave?.();
        const after = answers.shift() ?? 0;
        setTimeout(() => resolve(after === 20 ? late : new Response('won')), after);
      });
    const send = compose([hedge(after10, runtime, ['GET'], false)], deaf);
    const answer = send(outgoing(), contextOf());
    await pass(13);
    expect(await (await answer).text()).toBe('won');
    expect(late.bodyUsed).toBe(false);
    await pass(7);
    expect(late.bodyUsed).toBe(true);
    await pass(2_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a copy that is refused', () => {
  it('is not sent before the 1st has left, which waits below for 100 ms: 1 request', async () => {
    const waiting = (): Strategy => (next) => async (request, context) => {
      if (context.hedge === 0) await sleep(100, context.stop);
      return next(request, context);
    };
    const { call, fetch } = pipeline([200], { below: [waiting] });
    const { answer } = call();
    await pass(99);
    expect(fetch.requests).toHaveLength(0);
    await pass(1);
    expect((await answer).status).toBe(200);
    expect(fetch.requests).toHaveLength(1);
  });

  it('by the shared budget asks again after 3, 4 and 5 ms, and is sent when there is a token', async () => {
    const budget = { capacity: 1, deposit: 1, trickle: 0 };
    const { call, fetch, state } = pipeline([never], { budget });
    const account = RetryBudget.of(state);
    const take = vi.spyOn(account, 'take');
    const asked = () => take.mock.calls.map(([, now]) => now - start);
    account.take(budget, performance.now());
    take.mockClear();
    const start = performance.now();
    call();
    await pass(21);
    expect(fetch.requests).toHaveLength(1);
    account.giveBack();
    await pass(1);
    expect(asked()).toEqual([10, 13, 17, 22]);
    expect(fetch.requests).toHaveLength(2);
    await pass(1_000);
    expect(asked()).toHaveLength(4);
  });

  it('by its own bucket asks again too: of 10 calls 6 have one after 10 ms, 7 after 13, and 10 after 55', async () => {
    const { call, fetch } = pipeline([
      (...given) => (slow(hasAnswered ? 1_000 : 1) as typeof hang)(...given),
    ]);
    let hasAnswered = false;
    for (let index = 0; index < 100; index++) call();
    await pass(1);
    hasAnswered = true;
    for (let index = 0; index < 10; index++) call();
    const copies: number[] = [];
    for (const wait of [9, 1, 3, 41, 1]) {
      await pass(wait);
      copies.push(fetch.requests.length - 110);
    }
    expect(copies).toEqual([0, 6, 7, 9, 10]);
  });

  it('takes 0 tokens of the shared budget where its own bucket says no', async () => {
    const budget = { capacity: 1_000, deposit: 0, trickle: 0 };
    const { call, fetch, state } = pipeline([never], { budget });
    for (let index = 0; index < 100; index++) call();
    await pass(60_000);
    const left = RetryBudget.of(state).tokens(budget, performance.now());
    expect(left).toBe(1_000 - (fetch.requests.length - 100));
    expect(left).toBeGreaterThanOrEqual(990);
  });

  it('further in costs 0 tokens, of either bucket: 30 copies in a row are', async () => {
    const budget = { capacity: 10, deposit: 0, trickle: 0 };
    let refused = 0;
    const refuse: Strategy = (next) => async (request, context) => {
      if (context.hedge === 0) return next(request, context);
      refused++;
      throw new ThrottledError(1, { origin, attempts: 1 });
    };
    const { call, state, fetch } = pipeline([slow(12)], { budget, below: [() => refuse] });
    for (let index = 0; index < 30; index++) {
      const { answer } = call();
      await pass(12);
      expect((await answer).status).toBe(200);
      await pass(1_000);
    }
    expect(refused).toBe(30);
    expect(fetch.requests).toHaveLength(30);
    expect(RetryBudget.of(state).tokens(budget, performance.now())).toBe(10);
  });

  it('by nobody, but fails, costs 1 token', async () => {
    const budget = { capacity: 3, deposit: 0, trickle: 0 };
    const { call, state } = pipeline([slow(12), slow(1, networkError('ECONNRESET'))], { budget });
    await settle(call().answer);
    expect(RetryBudget.of(state).tokens(budget, performance.now())).toBe(2);
  });

  it('by an open circuit is not sent, and asks again', async () => {
    let refusing = true;
    const state = { origin, inFlight: 0, circuit: { ...closed, refusing } };
    Object.defineProperty(state.circuit, 'refusing', { get: () => refusing });
    const { call, fetch, told } = pipeline([never], { events: ['hedge.refused'] });
    call(outgoing(), { state });
    await pass(100);
    expect(fetch.requests).toHaveLength(1);
    expect(told).toMatchObject([['hedge.refused', { reason: 'outage' }]]);
    refusing = false;
    await pass(100);
    expect(fetch.requests).toHaveLength(2);
  });

  it('by an origin that asked everybody for a pause of 500 ms is not sent before that', async () => {
    const { call, fetch, state } = pipeline([never]);
    Cooldown.of(state).hold(500, performance.now());
    call();
    await pass(499);
    expect(fetch.requests).toHaveLength(1);
    await pass(200);
    expect(fetch.requests).toHaveLength(2);
  });

  it.each([
    ['100 failed at once', 503, 503],
    ['100 failed in the network', networkError('ECONNRESET'), networkError('ECONNRESET')],
    ['30 of 100 were late', slow(1), slow(20)],
  ] as const)('while the origin is in trouble is not sent: %s', async (_, usual, late) => {
    const lines = Array.from({ length: 100 }, (_, index) => (index < 70 ? usual : late));
    const { call, fetch, told } = pipeline([...lines, never], {
      events: ['hedge.refused'],
      budget: empty,
    });
    for (let index = 0; index < 100; index++) call();
    await pass(20);
    told.length = 0;
    call();
    await pass(20);
    expect(fetch.requests).toHaveLength(101);
    expect(told).toMatchObject([['hedge.refused', { reason: 'outage' }]]);
  });

  it('is sent where 100 calls failed by a fault of the caller’s', async () => {
    const bug = new TypeError('Invalid URL');
    const { call, fetch } = pipeline([...new Array<Error>(100).fill(bug), never]);
    for (let index = 0; index < 100; index++) call();
    await pass(1);
    call();
    await pass(10);
    expect(fetch.requests).toHaveLength(102);
  });

  it('is told of once, with its reason, 3 of them', async () => {
    const { call, told } = pipeline([never], {
      events: ['hedge.refused'],
      budget: empty,
    });
    call();
    await pass(1_000);
    expect(told).toEqual([
      [
        'hedge.refused',
        {
          client: 'test',
          origin,
          id: '1',
          method: 'GET',
          path: '/users/1',
          attempt: 1,
          hedge: true,
          reason: 'budget',
        },
      ],
    ]);
    for (let index = 0; index < 30; index++) call();
    await pass(100);
    const reasons = told.map(([, event]) => (event as { reason: string }).reason);
    expect(reasons).toContain('outage');
    expect(reasons).toHaveLength(31);
  });
});

const closed = {
  state: 'closed',
  retryAfter: 0,
  totals: { attempts: 0, failures: 0, slow: 0 },
} as const;

describe('a copy that may go elsewhere', () => {
  const budget = { capacity: 5, deposit: 0, trickle: 0 };
  const refusing = { ...closed, refusing: true };
  const toPlaces = (runtime: Runtime): Strategy => {
    return (next) => endpoints(false, () => next, runtime)(next);
  };

  /** A call that may go to 2 places, the first of which has been chosen for the first copy. */
  function between(home: OriginState, other: OriginState) {
    const places = [home, other].map((state) => ({ state, url: new URL(state.origin), weight: 1 }));
    const made = pipeline([never], { budget, below: [(runtime) => toPlaces(runtime)] });
    made.call(outgoing(), { state: home, route: routeOf(places, 'ordered') });
    const left = () => [home, other].map((state) => RetryBudget.of(state).tokens(budget, 0));
    return { ...made, left };
  }
  const home = (circuit?: CircuitView): OriginState => ({
    origin,
    inFlight: 0,
    ...(circuit && { circuit }),
  });
  const other = (circuit?: CircuitView) => ({ ...home(circuit), origin: 'https://other.test' });

  it('goes to the other place, which pays 1 token', async () => {
    const { fetch, left } = between(home(), other());
    await pass(10);
    const hosts = fetch.requests.map(({ input }) => new URL(String(input)).host);
    expect(hosts).toEqual(['api.test', 'other.test']);
    expect(left()).toEqual([5, 4]);
  });

  it('is not sent where the 2nd place lets nothing in', async () => {
    const { fetch, left } = between(home(), other(refusing));
    await pass(1_000);
    expect(fetch.requests).toHaveLength(1);
    expect(left()).toEqual([5, 5]);
  });
});

describe('the caller', () => {
  it('who aborts ends both copies at once and sees his reason', async () => {
    const { call, fetch } = pipeline([never]);
    const controller = new AbortController();
    const stop = Stop.by(controller.signal);
    const { answer, log } = call(outgoing(), { stop });
    await pass(15);
    expect(fetch.requests).toHaveLength(2);
    controller.abort('mine');
    await expect(answer).rejects.toBe('mine');
    expect(fetch.requests.map(({ init }) => init.signal?.reason)).toEqual(['mine', 'mine']);
    expect(log.attempts.map(({ outcome }) => outcome)).toEqual(['error', 'error']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('who aborts before the second is due frees everything, 1 timer and 1 listener', async () => {
    const { call, fetch } = pipeline([never]);
    const controller = new AbortController();
    const stop = Stop.by(controller.signal);
    const { answer } = call(outgoing(), { stop });
    await pass(5);
    controller.abort('mine');
    await expect(answer).rejects.toBe('mine');
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    await pass(100);
    expect(fetch.requests).toHaveLength(1);
  });

  it('who aborts while a 503 of the first is kept sees his reason, and the 503 is thrown away', async () => {
    const kept = new Response('body', { status: 503, headers: { 'content-length': '4' } });
    const { call } = pipeline([slow(12, kept), never]);
    const controller = new AbortController();
    const { answer } = call(outgoing(), { stop: Stop.by(controller.signal) });
    await pass(20);
    controller.abort('mine');
    await expect(answer).rejects.toBe('mine');
    await pass(0);
    expect(kept.bodyUsed).toBe(true);
  });

  it.each([0, 1])('can still abort reading what copy %d was answered', async (winner) => {
    const lines = [slow(winner === 0 ? 12 : 1_000), slow(winner === 0 ? 1_000 : 2)];
    const { call, fetch } = pipeline(lines);
    const controller = new AbortController();
    const { answer } = call(outgoing(), { stop: Stop.by(controller.signal) });
    await pass(12);
    await answer;
    const signals = fetch.requests.map(({ init }) => init.signal);
    expect(signals[winner]?.aborted).toBe(false);
    controller.abort('mine');
    expect(signals[winner]?.reason).toBe('mine');
    expect(signals[1 - winner]?.reason).toBe(superseded);
  });

  it.each(['mine', new DOMException('too late', 'TimeoutError')])(
    'who aborts counts for nothing: after 500 aborts within 10 ms a slow call has its copy (%s)',
    async (reason) => {
      const { call, fetch } = pipeline([never]);
      for (let index = 0; index < 500; index++) {
        const stop = Stop.never.child();
        call(outgoing(), { stop });
        await pass(1);
        stop.abort(reason);
      }
      call();
      await pass(10);
      expect(fetch.requests).toHaveLength(502);
    },
  );

  it('who aborts in a listener, as the copy before is sent, has none: 3 requests by 2 calls', async () => {
    const { call, fetch, runtime, told } = pipeline([never], { events: ['hedge.sent'] });
    const stop = Stop.never.child();
    runtime.events.on('hedge.sent', () => stop.abort('mine'));
    call();
    call(outgoing(), { stop });
    await pass(20);
    expect(fetch.requests).toHaveLength(3);
    expect(told).toHaveLength(1);
  });

  it('keeps his own async context in the second copy, though 1 timer serves 2 calls', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { call } = pipeline([
      (...given) => {
        seen.push(storage.getStore());
        return hang(...given);
      },
    ]);
    storage.run('first', () => call());
    storage.run('second', () => call());
    await pass(10);
    expect(seen).toEqual(['first', 'second', 'first', 'second']);
  });
});

/** A retry without a wait. */
function patient(runtime: Runtime): Strategy {
  const backoff = { type: 'constant', base: 0, factor: 1, cap: 0, jitter: 'none' } as const;
  const rule = { maxRetries: 1, methods: ['GET'], statuses: undefined, backoff, when: undefined };
  return retry({ ...rule, retryAfter: false }, runtime, false, false);
}

describe('among the strategies', () => {
  const trip = {
    failureRatio: 0.5,
    minimumThroughput: 20,
    window: 10_000,
    consecutiveFailures: 3,
    openFor: 1_000,
    maxOpenFor: 60_000,
    slowCallDuration: false,
    slowCallRatio: 1,
    probes: 1,
    successThreshold: 1,
    enforce: true,
  } as const;
  const breaker = (runtime: Runtime) => circuitBreaker(trip, runtime, 5_000);

  it('a breaker counts a superseded copy as nothing: of 5 attempts by 10 copies 5, and 0 failures', async () => {
    let sent = 0;
    const line: Line = (...given) => (sent++ % 2 === 0 ? hang(...given) : new Response());
    const { call, state } = pipeline([line], { below: [breaker] });
    for (let index = 0; index < 5; index++) await settle(call().answer);
    expect(sent).toBe(10);
    const { circuit } = state as Context['state'];
    expect(circuit?.totals).toEqual({ attempts: 5, failures: 0, slow: 0 });
    expect(circuit?.state).toBe('closed');
  });

  it('a breaker counts both copies where both fail: 4 failures of 2 attempts open it at 3', async () => {
    const { call, state } = pipeline([slow(12, 503)], { below: [breaker] });
    await settle(call().answer);
    await settle(call().answer);
    expect((state as Context['state']).circuit?.state).toBe('open');
  });

  it('a superseded probe neither closes nor opens the circuit: the next call may probe, after 0 ms', async () => {
    const lines = [slow(2_000), slow(1, 500), slow(1, 500), slow(1, 500), never, slow(1)];
    const { call, state, told, fetch } = pipeline(lines, {
      below: [breaker],
      events: ['circuit.opened', 'circuit.halfOpened', 'circuit.closed'],
    });
    const circuit = () => (state as Context['state']).circuit;
    const first = call();
    for (let index = 0; index < 3; index++) {
      call();
      await pass(1);
    }
    expect(circuit()?.state).toBe('open');
    await pass(1_400);
    expect(fetch.requests).toHaveLength(5);
    expect(circuit()).toMatchObject({ state: 'half-open', refusing: true });
    expect((await settle(first.answer)).status).toBe(200);
    expect(first.log.attempts.map(({ outcome }) => outcome)).toEqual(['200', 'superseded']);
    expect(circuit()).toMatchObject({ state: 'half-open', refusing: false, retryAfter: 0 });
    expect(told.map(([name]) => name)).toEqual(['circuit.opened', 'circuit.halfOpened']);
    await settle(call().answer);
    expect(circuit()?.state).toBe('closed');
  });

  it('a probe that hangs has no second copy: 1 request', async () => {
    const { call, fetch, state } = pipeline([503, 503, 503, never], { below: [breaker] });
    for (let index = 0; index < 3; index++) await settle(call().answer);
    await pass(1_000);
    call();
    await pass(1_000);
    expect(fetch.requests).toHaveLength(4);
    expect((state as Context['state']).circuit?.state).toBe('half-open');
  });

  it('the total deadline ends both copies and counts 1 of them as a failure, the first', async () => {
    const { call, state, fetch } = pipeline([never], {
      above: [(runtime) => deadline(100, runtime)],
      below: [breaker],
    });
    const error = await rejection(call().answer);
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'total', attempts: 2 });
    expect(fetch.requests).toHaveLength(2);
    const { circuit } = state as Context['state'];
    expect(circuit?.totals).toEqual({ attempts: 1, failures: 1, slow: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the attempt timeout of 50 ms is one for each copy: the first ends at 50, the second at 60', async () => {
    const { call } = pipeline([never], { below: [(runtime) => attemptTimeout(50, runtime)] });
    const { answer, log } = call();
    const start = performance.now();
    const error = await rejection(answer.finally(() => expect(performance.now() - start).toBe(60)));
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'attempt' });
    expect(error).toBe(log.attempts[0]?.error);
    expect(log.attempts.map(({ duration }) => duration)).toEqual([50, 50]);
  });

  it('a retry follows when both copies failed, and may have 2 copies again: 4 requests', async () => {
    const lines = [slow(12, 503), slow(12, 500), never, slow(1)];
    const { call, fetch } = pipeline(lines, { above: [patient] });
    const { answer, log } = call();
    expect((await settle(answer)).status).toBe(200);
    expect(fetch.requests).toHaveLength(4);
    expect(log.attempts.map(({ attempt, hedge: second }) => [attempt, second])).toEqual([
      [1, undefined],
      [1, true],
      [2, undefined],
      [2, true],
    ]);
  });

  it('tells 1 time that the second copy gave the answer, and 0 times that the first did or neither', async () => {
    const won = async (...lines: Line[]) => {
      const { call, told } = pipeline(lines, { events: ['hedge.won'] });
      await settle(call().answer);
      return told;
    };
    const about = { client: 'test', origin, id: '1', method: 'GET', path: '/users/1', attempt: 1 };
    expect(await won(never, slow(5))).toEqual([['hedge.won', { ...about, hedge: true }]]);
    expect(await won(slow(15), never)).toEqual([]);
    expect(await won(slow(5))).toEqual([]);
    expect(await won(slow(15, 503), slow(10, 503))).toEqual([]);
  });

  it('tells of 2 attempts which is the second copy, and when it was sent: after 10 ms', async () => {
    const { call, told } = pipeline([never, slow(5)], {
      events: ['attempt.started', 'hedge.sent', 'attempt.ended'],
    });
    call();
    await pass(15);
    const about = { client: 'test', origin, id: '1', method: 'GET', path: '/users/1', attempt: 1 };
    const [first, second] = [
      { ...about, hedge: false },
      { ...about, hedge: true },
    ];
    expect(told).toEqual([
      ['attempt.started', first],
      ['hedge.sent', { ...second, after: 10 }],
      ['attempt.started', second],
      ['attempt.ended', { ...second, outcome: '200', duration: 5 }],
      ['attempt.ended', { ...first, outcome: 'superseded', duration: 15 }],
    ]);
    expect(JSON.stringify(told)).not.toContain('secret');
  });
});

describe('whatever happens', () => {
  interface Copy {
    /** When it ends, if it does; no two of a call do at one time, nor when it is aborted or its delay is over. */
    readonly at: number;
    readonly end: 200 | 404 | 429 | 503 | 'ECONNRESET' | 'never';
    /** Whether it goes on when it is superseded. */
    readonly deaf: boolean;
  }
  const endings = fc.constantFrom<Copy['end'][]>(200, 404, 429, 503, 'ECONNRESET', 'never');
  const copy = (first: number) =>
    fc.record({
      at: fc.nat({ max: 9 }).map((step) => first + 4 * step),
      end: endings,
      deaf: fc.boolean(),
    });
  const aborts = fc.option(fc.nat({ max: 12 }).map((step) => 4 + 4 * step));
  const isGood = ({ end }: Copy) => end === 200 || end === 404;

  /** What must come of a call: how many requests, which copy’s end (or the abort), and when. */
  function expected(first: Copy, second: Copy, abortAt: number, mayHedge: boolean) {
    const endOf = (one: Copy) => (one.end === 'never' ? Number.POSITIVE_INFINITY : one.at);
    const isHedged = mayHedge && endOf(first) > 10 && abortAt > 10;
    const copies = isHedged ? [first, second] : [first];
    const inOrder = copies.toSorted((one, other) => endOf(one) - endOf(other));
    const good = inOrder.find((one) => isGood(one));
    const at = good ? endOf(good) : Math.max(...copies.map(endOf));
    const index = copies.indexOf(good ?? inOrder[0] ?? first);
    const winner = at < abortAt ? index : ('mine' as const);
    return { requests: copies.length, winner, at: Math.min(at, abortAt) };
  }

  it('a call ends as its first good answer, its first failure or its abort, and leaves 0 behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        copy(1),
        copy(11),
        aborts,
        fc.boolean(),
        async (first, second, abortAt, mayHedge) => {
          const { runtime } = runtimeOf();
          const ends: (Response | Error)[] = [];
          const start = performance.now();
          const next: Send = (_, { stop, onLeave, hedge: index }) =>
            new Promise((resolve, reject) => {
              onLeave?.();
              const { at, end, deaf } = index === 0 ? first : second;
              const response = new Response('body', {
                status: typeof end === 'number' ? end : 503,
                headers: { 'content-length': '4' },
              });
              const result = end === 'ECONNRESET' ? networkError(end) : response;
              ends[index] = result;
              const finish = () => (result === response ? resolve(response) : reject(result));
              const timer =
                end === 'never' ? undefined : setTimeout(finish, start + at - performance.now());
              stop.onAbort(() => {
                if (deaf && stop.reason === superseded) return;
                clearTimeout(timer);
                reject(stop.reason);
              });
            });
          const send = compose([hedge(after10, runtime, ['GET'], mayHedge ? false : empty)], next);
          const stop = Stop.never.child();
          const settled = send(outgoing(), contextOf({ stop }))
            .catch((error: unknown) => error)
            .then((outcome) => ({ outcome, at: performance.now() - start }));
          const lastly = abortAt ?? 100;
          setTimeout(() => stop.abort('mine'), lastly);
          await pass(2_000);
          const { outcome, at } = await settled;

          const model = expected(first, second, lastly, mayHedge);
          expect(ends).toHaveLength(model.requests);
          expect(outcome).toBe(model.winner === 'mine' ? 'mine' : ends[model.winner]);
          expect(at).toBe(model.at);
          const came = [first, second].slice(0, model.requests).filter((one, index) => {
            const isOver = one.deaf || one.at < model.at || index === model.winner;
            return one.end !== 'never' && isOver && (model.winner !== 'mine' || one.at < lastly);
          });
          for (const one of came) {
            const end = ends[one === first ? 0 : 1];
            if (end instanceof Response) expect(end.bodyUsed).toBe(end !== outcome);
          }
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});
