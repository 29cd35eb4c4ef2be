import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Ambient } from '../../src/core/ambient.ts';
import { Chronicle } from '../../src/core/chronicle.ts';
import { TimeoutError } from '../../src/core/errors.ts';
import { Stop } from '../../src/core/stop.ts';
import { pass, useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

describe('a context', () => {
  test('ends 100 ms after it was opened with a deadline of 100, with a TimeoutError', async () => {
    const ambient = new Ambient({ deadline: 100 }, undefined);
    ambient.enter();
    await pass(99);
    expect(ambient.stop.aborted).toBe(false);
    await pass(1);
    expect(ambient.stop.reason).toMatchObject({ name: 'TimeoutError' });
    expect(ambient.expired).toBe(true);
  });

  test.each([0, -5])('that has %i ms left is over at once', (deadline) => {
    expect(new Ambient({ deadline }, undefined).expired).toBe(true);
  });

  test('that is open for ever sets 0 timers', () => {
    for (const deadline of [undefined, Number.POSITIVE_INFINITY])
      new Ambient({ deadline }, undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends with the reason of its signal, 1 of 2 aborted before and after', () => {
    const reason = new Error('enough');
    const before = new Ambient({ signal: AbortSignal.abort(reason) }, undefined);
    expect(before.stop.reason).toBe(reason);
    const controller = new AbortController();
    const after = new Ambient({ signal: controller.signal }, undefined);
    controller.abort(reason);
    expect(after.stop.reason).toBe(reason);
    expect(after.expired).toBe(false);
  });

  test('that its signal ended after 10 ms is so for good: after 50, too, when the outer one has run out', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const outer = new Ambient({ deadline: 50 }, undefined);
    const inner = new Ambient({ signal: controller.signal }, outer);
    await pass(10);
    controller.abort(reason);
    await pass(40);
    expect([outer.expired, inner.expired]).toEqual([true, false]);
    expect(inner.stop.reason).toBe(reason);
  });

  test('inside another is only stricter, 4 ways', async () => {
    const outer = new Ambient({ deadline: 100, attempt: 2 }, undefined);
    const looser = new Ambient({ deadline: 500, attempt: 1 }, outer);
    const stricter = new Ambient({ deadline: 50, doNotRetry: true }, outer);
    expect([looser.deadline, looser.length, looser.attempt]).toEqual([outer.deadline, 100, 2]);
    expect([stricter.length, stricter.attempt, stricter.doNotRetry]).toEqual([50, 2, true]);
    expect(stricter.deadline).toBe(outer.deadline - 50);
    await pass(50);
    expect([stricter, looser, outer].map(({ expired }) => expired)).toEqual([true, false, false]);
    await pass(50);
    expect([stricter, looser, outer].map(({ expired }) => expired)).toEqual([true, true, true]);
    expect(looser.stop.reason).toBe(outer.stop.reason);
  });

  test('is open while 1 of 2 is inside, and then holds 0 timers and 0 listeners', () => {
    const { signal } = new AbortController();
    const off = vi.spyOn(signal, 'removeEventListener');
    const outer = new Ambient({}, undefined);
    const ambient = new Ambient({ signal, deadline: 1_000 }, outer);
    const [leave, leaveToo] = [ambient.enter(), ambient.enter()];
    leave();
    leave();
    expect([ambient.over, outer.over, vi.getTimerCount()]).toEqual([false, false, 1]);
    leaveToo();
    expect([ambient.over, outer.over, vi.getTimerCount()]).toEqual([true, true, 0]);
    expect(off).toHaveBeenCalledTimes(1);
  });

  test('gives each of 2 calls a TimeoutError of its own, which tells its length', async () => {
    const ambient = new Ambient({ deadline: 100 }, undefined);
    const stops = ['https://a.test', 'https://b.test'].map((origin) => {
      return Stop.by(undefined, ambient.follower(origin, new Chronicle('1', 'GET', origin, '/')));
    });
    await pass(100);
    const reasons = stops.map(({ reason }) => reason as TimeoutError);
    expect(reasons.map(({ origin }) => origin)).toEqual(['https://a.test', 'https://b.test']);
    for (const reason of reasons) {
      expect(reason).toBeInstanceOf(TimeoutError);
      expect(reason).toMatchObject({ timeout: 'context', milliseconds: 100, attempts: 0 });
    }
  });

  test('whose timer is late counts as over when 1 call comes after its deadline', () => {
    const ambient = new Ambient({ deadline: 100 }, undefined);
    vi.spyOn(performance, 'now').mockReturnValue(ambient.deadline + 1);
    const log = new Chronicle('1', 'GET', 'https://a.test', '/');
    const stop = Stop.by(undefined, ambient.follower('https://a.test', log));
    expect(stop.reason).toMatchObject({ timeout: 'context' });
  });

  test('tells those around it that a call has given up, 2 levels up', () => {
    const outer = new Ambient({}, undefined);
    const inner = new Ambient({}, new Ambient({}, outer));
    inner.giveUp();
    expect([inner.gaveUp, outer.gaveUp]).toEqual([true, true]);
  });
});
