import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Stop, sleep, stoppable } from '../../src/core/stop.ts';
import { pass, useFakeClock } from '../support/clock.ts';

afterEach(() => vi.useRealTimers());

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

/** A stop of its own, which nobody else can pull. */
const fresh = () => Stop.never.child();

describe('a stop', () => {
  test('is pulled once: the 1st reason stands', () => {
    const stop = fresh();
    stop.abort('first');
    stop.abort('second');
    expect([stop.aborted, stop.reason]).toEqual([true, 'first']);
  });

  test.each([
    undefined,
    null,
    0,
    '',
    'stop',
    1n,
    Symbol('1'),
    () => 0,
    Object.freeze({ a: 1 }),
    new Error('1'),
    new DOMException('stop', 'AbortError'),
  ])('keeps a reason of any of 11 types as it is: %s', (reason) => {
    const stop = fresh();
    const child = stop.child();
    stop.abort(reason);
    expect(stop.reason).toBe(reason);
    expect(child.aborted).toBe(true);
    expect(child.reason).toBe(reason);
  });

  test('that a caller brings is the call’s own: 1 and the same', () => {
    const stop = fresh();
    expect(Stop.by(stop)).toBe(stop);
  });

  test('calls each of 2 callbacks back once', () => {
    const stop = fresh();
    const calls: string[] = [];
    stop.onAbort(() => calls.push('one'));
    stop.onAbort(() => calls.push('two'));
    stop.abort(1);
    stop.abort(2);
    expect(calls).toEqual(['one', 'two']);
  });

  test('calls back at once, 1 time, where it has been pulled already', () => {
    const stop = fresh();
    stop.abort('late');
    const callback = vi.fn();
    stop.onAbort(callback)();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('does not call back what was taken off, of 2 callbacks', () => {
    const stop = fresh();
    const [kept, taken] = [vi.fn(), vi.fn()];
    stop.onAbort(kept);
    stop.onAbort(taken)();
    stop.abort(1);
    expect(kept).toHaveBeenCalledTimes(1);
    expect(taken).toHaveBeenCalledTimes(0);
  });

  test('does not call back what 1 callback takes off while it is pulled', () => {
    const stop = fresh();
    const taken = vi.fn();
    const [first, child] = [vi.fn(() => takeOff()), stop.child()];
    stop.onAbort(first);
    const takeOff = stop.onAbort(taken);
    stop.abort(1);
    expect(first).toHaveBeenCalledTimes(1);
    expect(child.aborted).toBe(true);
    expect(taken).toHaveBeenCalledTimes(0);
  });

  test('calls back 3 of 5 where 2 were taken off, whichever they are', () => {
    for (const [one, other] of [
      [0, 1],
      [0, 4],
      [2, 3],
      [3, 4],
    ]) {
      const stop = fresh();
      const callbacks = Array.from({ length: 5 }, () => vi.fn());
      const off = callbacks.map((callback) => stop.onAbort(callback));
      off[one ?? 0]?.();
      off[other ?? 0]?.();
      off[one ?? 0]?.();
      stop.abort(1);
      const called = callbacks.flatMap(({ mock }, index) => (mock.calls.length > 0 ? index : []));
      expect(called).toEqual([0, 1, 2, 3, 4].filter((index) => index !== one && index !== other));
    }
  });

  test('calls back what was added after the only 1 was taken off', () => {
    const stop = fresh();
    stop.onAbort(() => {})();
    const callback = vi.fn();
    stop.onAbort(callback);
    stop.abort(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('knows its reason when the 1st callback asks', () => {
    const stop = fresh();
    const seen: unknown[] = [];
    stop.onAbort(() => seen.push(stop.aborted, stop.reason));
    stop.abort('why');
    expect(seen).toEqual([true, 'why']);
  });
});

describe('a child', () => {
  test('of 3 generations stops with its parent, and not the other way round', () => {
    const stop = fresh();
    const child = stop.child();
    const grandchild = child.child();
    child.abort('below');
    expect([stop.aborted, child.aborted, grandchild.aborted]).toEqual([false, true, true]);
    stop.abort('above');
    expect([stop.reason, child.reason, grandchild.reason]).toEqual(['above', 'below', 'below']);
  });

  test('of a stop that was pulled is born stopped, with 1 reason', () => {
    const stop = fresh();
    stop.abort('early');
    expect([stop.child().aborted, stop.child().reason]).toEqual([true, 'early']);
  });

  test('that let go, 1 of 2, no longer stops', () => {
    const stop = fresh();
    const [gone, kept] = [stop.child(), stop.child()];
    gone.release();
    stop.abort(1);
    expect([gone.aborted, kept.aborted]).toEqual([false, true]);
  });

  test('lasts as its parent does, unless 1 argument says otherwise', () => {
    const signal = new AbortController().signal;
    expect(Stop.never.lasting).toBe(false);
    expect(Stop.never.child().lasting).toBe(false);
    expect(Stop.never.child(true).lasting).toBe(true);
    expect(Stop.by(signal).lasting).toBe(true);
    expect(Stop.by(signal).child().lasting).toBe(true);
    expect(Stop.by(signal).child(false).lasting).toBe(false);
  });
});

describe('the stop that nobody pulls', () => {
  test('is the 1 that a call without a signal has', () => {
    expect(Stop.by(undefined)).toBe(Stop.never);
  });

  test('can’t be pulled, and keeps 0 callbacks', () => {
    const callback = vi.fn();
    Stop.never.onAbort(callback);
    Stop.never.abort('no');
    expect(Stop.never.aborted).toBe(false);
    expect(callback).toHaveBeenCalledTimes(0);
  });

  test('gives children that know nothing of each other, 2 of them', () => {
    const [one, other] = [Stop.never.child(), Stop.never.child()];
    one.abort(1);
    expect(other.aborted).toBe(false);
  });
});

describe('a stop as a signal', () => {
  test('is 1 signal, however often it is asked for', () => {
    const stop = fresh();
    expect(stop.signal).toBe(stop.signal);
    expect(stop.signal.aborted).toBe(false);
  });

  test('aborts with the reason itself, 1 time', () => {
    const stop = fresh();
    const heard = vi.fn();
    stop.signal.addEventListener('abort', heard);
    const reason = { because: 1 };
    stop.abort(reason);
    stop.abort('again');
    expect(stop.signal.reason).toBe(reason);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('is born aborted where the stop was pulled 1 step before', () => {
    const stop = fresh();
    stop.abort('early');
    expect([stop.signal.aborted, stop.signal.reason]).toEqual([true, 'early']);
  });
});

describe('a caller’s signal', () => {
  test('stops what follows it with its own reason, by identity, in 1 step', () => {
    const controller = new AbortController();
    const stop = Stop.by(controller.signal);
    const reason = new Error('mine');
    controller.abort(reason);
    expect(stop.reason).toBe(reason);
    expect(Stop.by(AbortSignal.abort()).reason).toBeInstanceOf(DOMException);
  });

  test('that was aborted before stops at once and gets 0 listeners', () => {
    const signal = AbortSignal.abort('early');
    const stop = Stop.by(signal);
    expect([stop.aborted, stop.reason]).toEqual([true, 'early']);
    expect(listenersOf(signal)).toBe(0);
    stop.release();
  });

  test('has 1 listener for 1,000 calls that share it, and 0 after them', () => {
    const { signal } = new AbortController();
    const stops = Array.from({ length: 1_000 }, () => Stop.by(signal));
    expect(listenersOf(signal)).toBe(1);
    const last = stops.pop();
    for (const stop of stops) stop.release();
    expect(listenersOf(signal)).toBe(1);
    last?.release();
    expect(listenersOf(signal)).toBe(0);
  });

  test('has 0 listeners after it aborted, and stopped all of 1,000 calls', () => {
    const controller = new AbortController();
    const stops = Array.from({ length: 1_000 }, () => Stop.by(controller.signal));
    controller.abort('all');
    expect(stops.every((stop) => stop.reason === 'all')).toBe(true);
    expect(listenersOf(controller.signal)).toBe(0);
    for (const stop of stops) stop.release();
  });

  test('is followed anew after it was let go of 1 time', () => {
    const controller = new AbortController();
    Stop.by(controller.signal).release();
    const stop = Stop.by(controller.signal);
    expect(listenersOf(controller.signal)).toBe(1);
    controller.abort('now');
    expect(stop.reason).toBe('now');
  });

  test('does not stop a call that let go of it, 2 times over', () => {
    const controller = new AbortController();
    const stop = Stop.by(controller.signal);
    stop.release();
    stop.release();
    controller.abort('late');
    expect(stop.aborted).toBe(false);
  });

  test('lets 1 call let go of another while it aborts', () => {
    const controller = new AbortController();
    const [one, other] = [Stop.by(controller.signal), Stop.by(controller.signal)];
    one.onAbort(() => other.release());
    expect(() => controller.abort('both')).not.toThrow();
    expect(one.aborted).toBe(true);
    expect(listenersOf(controller.signal)).toBe(0);
  });
});

describe('a response', () => {
  test('without a body lets go of the signal at once: 0 listeners', () => {
    const { signal } = new AbortController();
    Stop.by(signal).releaseAfter(new Response(null, { status: 204 }));
    expect(listenersOf(signal)).toBe(0);
  });

  test('with a body keeps its 1 listener, so that reading can still be aborted', () => {
    const { signal } = new AbortController();
    const response = new Response('body');
    Stop.by(signal).releaseAfter(response);
    expect(listenersOf(signal)).toBe(1);
    expect(response.bodyUsed).toBe(false);
  });

  test('that the garbage collector took lets go: 0 listeners', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { signal } = new AbortController();
    (() => {
      for (let each = 0; each < 10; each++) Stop.by(signal).releaseAfter(new Response('body'));
    })();
    expect(listenersOf(signal)).toBe(1);
    for (let round = 0; round < 50 && listenersOf(signal) > 0; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(listenersOf(signal)).toBe(0);
  });

  test('of a call without a signal needs 0 listeners', () => {
    expect(() => Stop.never.releaseAfter(new Response('body'))).not.toThrow();
  });
});

describe('work that can be stopped', () => {
  test('settles as it does by itself, with 1 value', async () => {
    await expect(stoppable(Promise.resolve(7), fresh())).resolves.toBe(7);
    await expect(stoppable(Promise.reject('no'), fresh())).rejects.toBe('no');
  });

  test('rejects at once with the reason, and hands a result that comes late to 1 function', async () => {
    const stop = fresh();
    const { promise, resolve } = Promise.withResolvers<number>();
    const late = vi.fn();
    const work = stoppable(promise, stop, late);
    stop.abort('stop');
    await expect(work).rejects.toBe('stop');
    expect(late).toHaveBeenCalledTimes(0);
    resolve(7);
    await promise;
    expect(late).toHaveBeenCalledExactlyOnceWith(7);
  });

  test('rejects at once where the stop was pulled 1 step before', async () => {
    const stop = fresh();
    stop.abort('early');
    const late = vi.fn();
    await expect(stoppable(Promise.resolve(7), stop, late)).rejects.toBe('early');
    expect(late).toHaveBeenCalledExactlyOnceWith(7);
  });

  test('swallows a failure that comes late: 0 unhandled rejections', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const stop = fresh();
    const { promise, reject } = Promise.withResolvers<number>();
    const work = stoppable(promise, stop);
    stop.abort('stop');
    await expect(work).rejects.toBe('stop');
    reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).toHaveBeenCalledTimes(0);
  });

  test('gives nothing to the late function in 1 call that was in time', async () => {
    const stop = fresh();
    const late = vi.fn();
    await stoppable(Promise.resolve(7), stop, late);
    stop.abort('after');
    expect(late).toHaveBeenCalledTimes(0);
  });
});

describe('a sleep', () => {
  test('ends after its 500 ms', async () => {
    useFakeClock();
    const woken = vi.fn();
    const slept = sleep(500, fresh()).then(woken);
    await pass(499);
    expect(woken).toHaveBeenCalledTimes(0);
    await pass(1);
    expect(woken).toHaveBeenCalledTimes(1);
    await slept;
  });

  test('ends at once with the reason when it is stopped after 100 ms, and leaves 0 timers', async () => {
    useFakeClock();
    const stop = fresh();
    const slept = sleep(60_000, stop).catch((reason: unknown) => reason);
    await pass(100);
    stop.abort('up');
    expect(await slept).toBe('up');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not begin where the stop was pulled, and leaves 0 timers', async () => {
    useFakeClock();
    const stop = fresh();
    stop.abort('early');
    await expect(sleep(60_000, stop)).rejects.toBe('early');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('keeps 0 callbacks on the stop when it is over', async () => {
    useFakeClock();
    const controller = new AbortController();
    const stop = Stop.by(controller.signal);
    const slept = sleep(10, stop);
    await pass(10);
    await slept;
    stop.release();
    expect(listenersOf(controller.signal)).toBe(0);
    expect(() => controller.abort('late')).not.toThrow();
  });
});
