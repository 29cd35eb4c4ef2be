import { http } from 'msw';
import { createClient, explain, OptionsError } from 'resilient-fetch';
import { type Clock, flaky, followDate, networkError, settle } from 'resilient-fetch/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mockedNetwork } from '../support/network.ts';
import { hang, type Line, script } from '../support/script.ts';

const url = 'https://shop.example/prices';
const network = mockedNetwork();
afterEach(() => vi.useRealTimers());

function clientOf(...lines: Line[]) {
  const backoff = { base: 137, jitter: 'none' } as const;
  return createClient({ fetch: script(...lines), retry: { backoff } });
}

/** What can be faked, from what vitest fakes by itself to the two that most runners have. */
const fakes = {
  'whatever vitest fakes': undefined,
  'setTimeout, Date and performance': ['setTimeout', 'clearTimeout', 'Date', 'performance'],
  'everything but queueMicrotask and nextTick': [
    ...['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'setInterval'],
    ...['clearInterval', 'Date', 'performance', 'hrtime'],
  ],
} as const;

const clocks: Record<string, Clock> = {
  vi,
  'its asynchronous turn alone': { tickAsync: (length) => vi.advanceTimersByTimeAsync(length) },
  'its synchronous turn alone': { tick: (length) => vi.advanceTimersByTime(length) },
  'a function': (length) => void vi.advanceTimersByTime(length),
};

describe('a call under a clock that a test turns', () => {
  for (const [what, toFake] of Object.entries(fakes)) {
    it.each(Object.keys(clocks))(
      `settles at 411 ms, with ${what}, by 1 of 4 clocks: %s`,
      async (name) => {
        vi.useFakeTimers(toFake ? { toFake: [...toFake] } : {});
        const start = Date.now();
        const call = clientOf(503, networkError('ECONNRESET'), 200)(url);
        const response = await settle(call, clocks[name] as Clock);
        expect(explain(response)?.attempts.map(({ at }) => at)).toEqual([0, 137, 411]);
        expect(Date.now() - start).toBeLessThanOrEqual(520);
      },
    );
  }

  it('gives the reason of a rejection, here a TimeoutError after 30 s', async () => {
    vi.useFakeTimers();
    const call = clientOf(hang)(url, { resilience: { timeout: { attempt: false } } });
    await expect(settle(call, vi)).rejects.toMatchObject({
      ...{ name: 'TimeoutError', milliseconds: 30_000 },
    });
  });

  it('waits a Retry-After of 10 s over msw, in less than 2 s of the real clock', async () => {
    const start = performance.now();
    vi.useFakeTimers();
    network.use(http.get(url, flaky([{ status: 503, retryAfter: 10 }, 'network-error', 200])));
    const response = await settle(createClient({ random: () => 0 })(url), vi);
    expect(explain(response)?.attempts.map(({ at }) => Math.round(at / 1_000))).toEqual([
      0, 10, 10,
    ]);
    vi.useRealTimers();
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('is given up when the clock was turned by 5 s, and 0 rejections are unhandled', async () => {
    vi.useFakeTimers();
    const start = Date.now();
    await expect(settle(new Promise(() => {}), vi, { limit: 5_000 })).rejects.toThrow(
      'settle: nothing has settled in 5000 ms',
    );
    expect(Date.now() - start).toBeGreaterThanOrEqual(5_000);
    expect(Date.now() - start).toBeLessThan(5_200);
  });

  it('is turned by 0 ms where it needs no clock', async () => {
    const turned: number[] = [];
    const body = new Response('read in some turns of the loop').text();
    expect(await settle(body, (length) => turned.push(length))).toContain('read');
    expect(turned).toEqual([]);
  });

  it('says what is wrong with 1 clock that is none, and with 2 options', async () => {
    const settled = Promise.resolve();
    await expect(settle(settled, {} as Clock)).rejects.toThrow('settle: expected a clock');
    const wrong = settle(settled, vi, { limit: 0, steps: 1 } as object);
    await expect(wrong).rejects.toThrow(OptionsError);
    await expect(wrong).rejects.toThrow('steps: unknown option; did you mean step?');
  });
});

describe('performance.now()', () => {
  it('follows a mocked Date over 1 minute, and is the real one afterwards', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const real = performance.now;
    const start = performance.now();
    const end = followDate();
    expect(Math.abs(performance.now() - start)).toBeLessThan(100);
    vi.advanceTimersByTime(60_000);
    expect(performance.now() - start).toBeGreaterThanOrEqual(60_000);
    end();
    end();
    expect(performance.now).toBe(real);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(Object.hasOwn(performance, 'now')).toBe(false);
  });

  it('does not follow a Date that is real: 1 error that says how to mock it', () => {
    expect(() => followDate()).toThrow('followDate: Date is real; mock it first');
  });
});
