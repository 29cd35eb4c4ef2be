import { currentAttempt, retry, retryable } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

describe('an attempt', () => {
  it('has a signal of its own where nothing bounds it: 2 calls, 2 signals', async () => {
    const policy = { timeout: false } as const;
    const signals = [
      await retry(({ signal }) => signal, policy),
      await retry(({ signal }) => signal, policy),
    ];
    expect(new Set(signals).size).toBe(2);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('can be spread into an object of 4 entries', async () => {
    const attempt = await retry((given) => ({ ...given }));
    expect(Object.keys(attempt)).toEqual(['attempt', 'deadline', 'signal', 'idempotencyKey']);
    expect(attempt.signal).toBeInstanceOf(AbortSignal);
  });

  it('is the innermost one that code runs in: 3, then 2 inside of it', async () => {
    const told: unknown[] = [];
    const inner = retryable(async () => {
      told.push(currentAttempt()?.attempt);
      if (currentAttempt()?.attempt === 1) throw new Error('busy');
    });
    const outer = retry(async ({ attempt }) => {
      if (attempt < 3) throw new Error('busy');
      await inner();
      told.push(currentAttempt()?.attempt);
    });
    await settle(outer);
    expect(told).toEqual([1, 2, 3]);
  });

  it('throws away a Response that comes too late: its body is cancelled, 1 time', async () => {
    const cancel = vi.fn();
    const late = Promise.withResolvers<Response>();
    const error = await rejection(retry(() => late.promise, { timeout: 100, retry: false }));
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'total' });
    late.resolve(new Response(new ReadableStream({ cancel })));
    await pass(0);
    expect(cancel).toHaveBeenCalledTimes(1);
  });
});
