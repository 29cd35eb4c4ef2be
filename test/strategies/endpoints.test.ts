import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../src/core/context.ts';
import { CooldownError, ThrottledError } from '../../src/core/errors.ts';
import type { Outgoing } from '../../src/core/outgoing.ts';
import type { Send } from '../../src/core/pipeline.ts';
import { type Endpoint, placeIn, type Route, routeOf } from '../../src/core/route.ts';
import { Stop } from '../../src/core/stop.ts';
import { Cooldown } from '../../src/decisions/cooldown.ts';
import { endpoints } from '../../src/strategies/endpoints.ts';
import { contextOf, outgoing, runtimeOf } from '../core/given.ts';
import { useFakeClock } from '../support/clock.ts';
import { networkError } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const retryAfter = { max: 30_000 };
const refusal = { origin: 'https://a.test', attempts: 0 };
const throttled = () => Promise.reject(new ThrottledError(0.5, refusal));
const answer = (status: number) => () => Promise.resolve(new Response(null, { status }));
const unasked: Send = () => Promise.reject(new Error('the call has places to go to'));

/** A way of sending to 3 places, each of which answers as told, and what they were sent. */
function travelling(answers: Record<string, (context: Context) => Promise<Response>> = {}) {
  const places = ['a', 'b', 'c'].map((name): Endpoint => {
    const state = { origin: `https://${name}.test`, inFlight: 0 };
    return { state, weight: 1, url: new URL(`${state.origin}/${name}/users/1`) };
  });
  const route = routeOf(places, 'ordered');
  const sent: { name: string; request: Outgoing; context: Context; busy: number[] }[] = [];
  const nameOf = ({ state }: Endpoint) => state.origin.slice('https://'.length, -'.test'.length);
  const sendAt = (place: Endpoint): Send => {
    return (request, context) => {
      const name = nameOf(place);
      sent.push({ name, request, context, busy: places.map(({ state }) => state.inFlight) });
      return (answers[name] ?? answer(200))(context);
    };
  };
  const strategy = endpoints(retryAfter, sendAt, runtimeOf().runtime);
  return {
    send: strategy(unasked),
    strategy,
    route,
    sent,
    place: (name: string) => places.find((place) => nameOf(place) === name) as Endpoint,
    went: () => sent.map(({ name }) => name).join(' '),
    failed: () => [...route.failed.keys()].map(nameOf).join(' '),
    latest: (of: Route) => of.latest && nameOf(of.latest),
  };
}

describe('an attempt', () => {
  it('goes to 1 place, with its URL, origin and state, and with all else as it was', async () => {
    const { send, route, sent, place } = travelling();
    const request = outgoing({ method: 'PUT', body: 'order' });
    const context = contextOf({ route, attempt: 2 });
    await send(request, context);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.request).toEqual({
      ...request,
      url: place('a').url,
      input: 'https://a.test/a/users/1',
    });
    expect(sent[0]?.context).toEqual({
      ...context,
      origin: 'https://a.test',
      state: place('a').state,
      insist: false,
    });
  });

  it('without a route passes as it is: 0 places are asked', async () => {
    const { strategy, sent } = travelling();
    const next = vi.fn<Send>(answer(200));
    const [request, context] = [outgoing(), contextOf()];
    await strategy(next)(request, context);
    expect(next.mock.calls).toEqual([[request, context]]);
    expect(next.mock.calls[0]?.[0]).toBe(request);
    expect(sent).toHaveLength(0);
  });

  it('is in flight at 1 place while it is there, and at 0 when it has ended, well or not', async () => {
    for (const end of [answer(200), () => Promise.reject(networkError('ECONNRESET'))]) {
      const { send, route, sent, place } = travelling({ a: end });
      await send(outgoing(), contextOf({ route })).catch(() => {});
      expect(sent[0]?.busy).toEqual([1, 0, 0]);
      expect(place('a').state.inFlight).toBe(0);
      expect(route.underWay.size).toBe(0);
    }
  });

  it('goes to the 2nd place while a copy of it is under way to the 1st, and to the 3rd with 2', async () => {
    const answers: (() => void)[] = [];
    const hang = () =>
      new Promise<Response>((resolve) => answers.push(() => resolve(new Response())));
    const { send, route, went } = travelling({ a: hang, b: hang, c: hang });
    const copies = [1, 2, 3].map(() => send(outgoing(), contextOf({ route })));
    expect(went()).toBe('a b c');
    expect(route.underWay.size).toBe(3);
    for (const give of answers) give();
    await Promise.all(copies);
    expect(route.underWay.size).toBe(0);
  });
});

describe('a place that was chosen for a retry', () => {
  it('is gone to, though 1 other would come first', async () => {
    const { send, route, place, went } = travelling();
    await send(outgoing(), contextOf({ route, place: place('c') }));
    expect(went()).toBe('c');
  });

  it('is left for another where it has come to hold everybody off for 1 s', async () => {
    const { send, route, place, went } = travelling();
    Cooldown.of(place('c').state).hold(1_000, performance.now());
    await send(outgoing(), contextOf({ route, place: place('c') }));
    expect(went()).toBe('a');
  });

  it('is left for another by the 2nd copy, for the 1st is under way to it', async () => {
    const { send, route, place, went } = travelling();
    const context = contextOf({ route, place: place('b') });
    await Promise.all([send(outgoing(), context), send(outgoing(), context)]);
    expect(went()).toBe('b a');
  });
});

describe('a place that refuses', () => {
  it('is told of in the log, each of 2 with its origin and its code', async () => {
    const { send, route, went } = travelling({ a: throttled, b: throttled });
    const context = contextOf({ route });
    await send(outgoing(), context);
    expect(went()).toBe('a b c');
    expect(context.log.steps).toEqual([
      {
        step: 'refused',
        at: 0,
        duration: 0,
        origin: 'https://a.test',
        outcome: 'ERR_RESILIENCE_THROTTLED',
      },
      {
        step: 'refused',
        at: 0,
        duration: 0,
        origin: 'https://b.test',
        outcome: 'ERR_RESILIENCE_THROTTLED',
      },
    ]);
  });
});

describe('what a place did', () => {
  it.each([
    ['200', answer(200), ''],
    ['404', answer(404), ''],
    ['429', answer(429), ''],
    ['501', answer(501), ''],
    ['500', answer(500), 'a'],
    ['503', answer(503), 'a'],
    ['ECONNREFUSED', () => Promise.reject(networkError('ECONNREFUSED')), 'a'],
    ['ECONNRESET', () => Promise.reject(networkError('ECONNRESET')), 'a'],
    ['a bug', () => Promise.reject(new TypeError('x is not a function')), ''],
  ])(
    'is kept: after 1 %s the next attempt has another place or has not',
    async (_, end, failed) => {
      const travel = travelling({ a: end });
      await travel.send(outgoing(), contextOf({ route: travel.route })).catch(() => {});
      expect(travel.failed()).toBe(failed);
      expect(travel.latest(travel.route)).toBe('a');
      expect(placeIn(travel.route)).toEqual({ origin: 'https://a.test', path: '/a/users/1' });
    },
  );

  it('is kept in the order of time: a place that failed 2 times comes last', async () => {
    const travel = travelling({ a: answer(500), b: answer(500), c: answer(500) });
    const { send, route, went, failed } = travel;
    for (let attempt = 1; attempt <= 5; attempt++) {
      await send(outgoing(), contextOf({ route, attempt }));
      vi.advanceTimersByTime(10);
    }
    expect(went()).toBe('a b c a b');
    expect(failed()).toBe('c a b');
  });

  it('is kept with the time it asked for, 7 s from now', async () => {
    const headers = { 'retry-after': '7' };
    const busy = async () => new Response(null, { status: 503, headers });
    const { send, route, place } = travelling({ a: busy });
    await send(outgoing(), contextOf({ route }));
    expect(route.failed.get(place('a'))).toBe(performance.now() + 7_000);
  });

  it('is forgiven when it answers well again: 0 places failed', async () => {
    const { send, route, place, failed } = travelling();
    route.failed.set(place('a'), 0);
    await send(outgoing(), contextOf({ route, place: place('a') }));
    expect(failed()).toBe('');
  });

  it('is not held against it where the call was stopped: 0 failed, and none is the latest', async () => {
    const stop = Stop.never.child();
    const aborted = () => {
      stop.abort(new Error('enough'));
      return Promise.reject(networkError('ECONNRESET'));
    };
    const { send, route, failed, latest } = travelling({ a: aborted });
    await expect(send(outgoing(), contextOf({ route, stop }))).rejects.toThrow('fetch failed');
    expect(failed()).toBe('');
    expect(latest(route)).toBeUndefined();
  });
});

describe('a place that refuses to let it out', () => {
  it('costs nothing: the next 2 are tried at once, within 0 ms and 1 attempt', async () => {
    const { send, route, went, latest } = travelling({ a: throttled, b: throttled });
    const start = performance.now();
    const response = await send(outgoing(), contextOf({ route }));
    expect(response.status).toBe(200);
    expect(went()).toBe('a b c');
    expect(latest(route)).toBe('c');
    expect(performance.now() - start).toBe(0);
  });

  it('ends the attempt with the last refusal where all 3 refuse, each asked 1 time', async () => {
    const last = new CooldownError(1, refusal);
    const refusing = { a: throttled, b: throttled, c: () => Promise.reject(last) };
    const { send, route, went, latest } = travelling(refusing);
    await expect(send(outgoing(), contextOf({ route }))).rejects.toBe(last);
    expect(went()).toBe('a b c');
    expect(latest(route)).toBeUndefined();
  });

  it('ends the attempt where the other 2 have failed the call already', async () => {
    const { send, route, place, went } = travelling({ a: throttled });
    for (const name of ['b', 'c']) route.failed.set(place(name), 0);
    await expect(send(outgoing(), contextOf({ route }))).rejects.toThrow(ThrottledError);
    expect(went()).toBe('a');
  });

  it('ends it where the call was stopped meanwhile: 1 place was asked', async () => {
    const stop = Stop.never.child();
    const late = () => {
      stop.abort(new Error('enough'));
      return throttled();
    };
    const { send, route, went } = travelling({ a: late });
    await expect(send(outgoing(), contextOf({ route, stop }))).rejects.toThrow(ThrottledError);
    expect(went()).toBe('a');
  });
});

it('insists where all 3 hold everybody off, on the 1 that does so for the shortest time', async () => {
  const { send, route, place, sent, went } = travelling();
  for (const [name, pause] of [
    ['a', 300],
    ['b', 100],
    ['c', 200],
  ] as const) {
    Cooldown.of(place(name).state).hold(pause, performance.now());
  }
  await send(outgoing(), contextOf({ route }));
  expect(went()).toBe('b');
  expect(sent[0]?.context.insist).toBe(true);
});
