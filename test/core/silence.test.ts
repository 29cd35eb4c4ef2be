import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { boundSilence } from '../../src/core/silence.ts';
import { pass, useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const silent = new Error('silent');

test('a read that never settles is given up after 100 ms, with what expire gave', async () => {
  const expire = vi.fn(() => silent);
  const read = boundSilence(new Promise(() => {}), 100, expire).catch((error: unknown) => error);
  await pass(99);
  expect(expire).toHaveBeenCalledTimes(0);
  await pass(1);
  expect(expire).toHaveBeenCalledTimes(1);
  expect(await read).toBe(silent);
});

test.each([
  ['is answered', () => Promise.resolve(7), { status: 'fulfilled', value: 7 }],
  ['fails', () => Promise.reject(silent), { status: 'rejected', reason: silent }],
])('a read that %s in time settles so, and leaves 0 timers', async (_, read, outcome) => {
  const expire = vi.fn(() => new Error('late'));
  const [settled] = await Promise.allSettled([boundSilence<unknown>(read(), 100, expire)]);
  await pass(1_000);
  expect(settled).toEqual(outcome);
  expect([expire.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
});
