import { vi } from 'vitest';

/** Puts vitest's clock in the place of the process's: timers, dates and `performance.now`, but not microtasks. */
export function useFakeClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
}

/** Lets so many milliseconds pass, and everything that they bring about. */
export async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}
