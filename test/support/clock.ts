import { vi } from 'vitest';
import { settle as settleBy } from '../../src/testing/settle.ts';
import { rejection as plainRejection } from './wire-call.ts';

/** Puts vitest's clock in the place of the process's: timers, dates and `performance.now`, but not microtasks. */
export function useFakeClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
}

/** Lets so many milliseconds pass, and everything that they bring about. */
export async function pass(milliseconds: number): Promise<void> {
  await quiet();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await quiet();
}

/** Until every promise that can settle without the clock has settled. `setImmediate` is left real for this. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Settles a call while the clock runs, ten minutes at the most. */
export function settle<T>(call: Promise<T>): Promise<T> {
  return settleBy(call, vi, { step: 100 });
}

/** What a call rejects with, while the clock runs. */
export function rejection(call: Promise<unknown>): Promise<unknown> {
  return settle(plainRejection(call));
}
