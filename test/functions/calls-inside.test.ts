import {
  createClient,
  currentContext,
  explain,
  type RetryPolicy,
  retry,
  TimeoutError,
  withDeadline,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://api.test/';
const backoff = { type: 'constant', base: 10, jitter: 'none' } as const;
const plain = { retry: { backoff }, circuitBreaker: false, retryBudget: false } as const;
const times = (maxRetries: number): RetryPolicy => ({ ...plain, retry: { maxRetries, backoff } });

/** Throws what was answered, as most who read an answer do. */
async function taken(answer: Promise<Response>): Promise<string> {
  const { ok, status } = await answer;
  if (!ok) throw new Error(`answered ${status}`);
  return String(status);
}

describe('a call inside an attempt of a function', () => {
  it('ends with it after 100 ms, though it was not given the signal', async () => {
    const fetch = script(hang);
    const client = createClient({ fetch });
    const ends: unknown[] = [];
    client.on('call.ended', ({ log }) => ends.push([log.stopped, Math.round(log.duration)]));
    const errors: unknown[] = [];
    const work = () => client(url).catch((error) => void errors.push(error));
    errors.push(await rejection(retry(work, { timeout: 100, retry: false })));
    expect(errors).toMatchObject([
      { timeout: 'context', milliseconds: 100, origin: 'https://api.test' },
      { timeout: 'total', milliseconds: 100, origin: 'functions' },
    ]);
    expect(ends).toEqual([['timeout', 100]]);
  });

  it('tells whom it asks of the 100 ms of an attempt, less a margin of 10', async () => {
    const fetch = script(hang, 200);
    const client = createClient({ fetch, propagation: true });
    const policy = { ...times(1), timeout: { attempt: 100 } };
    await settle(retry(() => client(url), policy));
    const told = fetch.requests.map(({ init }) => {
      const headers = new Headers(init.headers);
      return ['x-request-timeout-ms', 'x-request-attempt'].map((name) => headers.get(name));
    });
    expect(told).toEqual([
      ['90', '1'],
      ['90', '2'],
    ]);
  });

  it('ends with the reason of the signal that the function was called with, 1 time', async () => {
    const fetch = script(hang);
    const client = createClient({ fetch });
    const caller = new AbortController();
    const reason = new Error('enough');
    const ended = vi.fn();
    client.on('call.ended', ({ log }) => ended(log.stopped));
    const call = rejection(retry(() => client(url), {}, { signal: caller.signal }));
    setTimeout(() => caller.abort(reason), 50);
    expect(await call).toBe(reason);
    expect(ended.mock.calls).toEqual([['aborted']]);
  });

  it('has the stricter of 2 deadlines: 50 ms of the context, of which 50 are left', async () => {
    const work = () => retry(() => currentContext()?.timeLeft, { timeout: 1_000 });
    expect(await settle(withDeadline(50, work))).toBe(50);
    expect(await settle(withDeadline(5_000, work))).toBe(1_000);
  });

  it.each([
    ['by its context', () => ({})],
    ['by the signal as well', (signal: AbortSignal) => ({ signal })],
  ])('opens no circuit of its origin when it is ended 9 times %s', async (_, init) => {
    const client = createClient({
      fetch: script(hang),
      circuitBreaker: { consecutiveFailures: 5 },
    });
    for (let call = 0; call < 9; call++) {
      const policy = { timeout: 20, retry: false } as const;
      const error = await rejection(retry(({ signal }) => client(url, init(signal)), policy));
      expect(error).toBeInstanceOf(TimeoutError);
    }
    expect(client.circuit(url).state).toBe('closed');
  });

  it('is retried by itself where only the function failed before: 1 request that failed, then 1 that did not', async () => {
    const fetch = script(503, 200);
    const client = createClient({ ...plain, fetch });
    const call = retry(({ attempt }) => {
      if (attempt < 3) throw new Error('busy');
      return taken(client(url));
    }, times(2));
    expect(await settle(call)).toBe('200');
    expect(fetch.requests).toHaveLength(2);
  });

  it('is sent 4 times, and 1 time for each of the 3 further attempts of the function: 7 and not 16', async () => {
    const fetch = script(503);
    const client = createClient({ ...plain, fetch });
    const stops: unknown[] = [];
    client.on('call.ended', ({ log }) => stops.push(log.stopped));
    const error = await rejection(retry(() => taken(client(url)), times(3)));
    expect(error).toMatchObject({ message: 'answered 503' });
    expect(explain(error)?.attempts).toHaveLength(4);
    expect(fetch.requests).toHaveLength(7);
    expect(stops).toEqual(['retries-exhausted', 'nested', 'nested', 'nested']);
  });

  it('is a function as well: 4 attempts, then 1 for each of 3, and not 16', async () => {
    const busy = vi.fn(() => {
      throw new Error('busy');
    });
    await rejection(retry(() => retry(busy, times(3)), times(3)));
    expect(busy).toHaveBeenCalledTimes(7);
  });

  it('can be read to its end when the time of the function has passed: 2 parts in 200 ms', async () => {
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        controller.enqueue(encoder.encode('part '));
        if (performance.now() - start >= 200) controller.close();
      },
    });
    const client = createClient({ fetch: async () => new Response(body) });
    const start = performance.now();
    const response = await retry(() => client(url), { timeout: 50 });
    expect(await settle(response.text())).toBe('part part ');
  });

  it('leaves 0 timers and 0 listeners when it has ended', async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const off = vi.spyOn(signal, 'removeEventListener');
    const client = createClient({ fetch: script(200) });
    await settle(retry(async () => (await client(url)).text(), { timeout: 1_000 }, { signal }));
    expect(vi.getTimerCount()).toBe(0);
    expect(off).toHaveBeenCalledTimes(add.mock.calls.length);
  });
});
