import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type ClientOptions,
  createClient,
  currentContext,
  explain,
  OptionsError,
  TimeoutError,
  withContext,
  withDeadline,
  withoutContext,
} from '../src/index.ts';
import { pass, rejection, settle, useFakeClock } from './support/clock.ts';
import { hang, script } from './support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://api.test/';
const noJitter = { base: 100, jitter: 'none' } as const;

describe('a call inside a deadline', () => {
  test('of 500 ms ends at 500 with a TimeoutError that says so, though its own total is 30 s', async () => {
    const client = createClient({ fetch: script(hang) });
    const start = performance.now();
    const error = await rejection(withDeadline(500, () => client(url)));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 'context', milliseconds: 500, attempts: 1 });
    expect(String(error)).toContain('in what was left of 500 ms');
    expect(explain(error)?.duration).toBe(500);
    expect(explain(error)?.stopped).toBe('timeout');
    expect(performance.now() - start).toBeLessThan(601);
  });

  test('of 500 ms ends at 200 by its own total of 200', async () => {
    const client = createClient({ fetch: script(hang), timeout: 200 });
    const error = await rejection(withDeadline(500, () => client(url)));
    expect(error).toMatchObject({ timeout: 'total', milliseconds: 200 });
  });

  test('shares what is left: the second of 2 calls has 200 of 500 ms', async () => {
    const slow = () => new Promise<Response>((resolve) => setTimeout(resolve, 300, new Response()));
    const client = createClient({ fetch: script(slow, hang) });
    const other = createClient({ fetch: script(hang) });
    const error = await rejection(
      withDeadline(500, async () => {
        await client(url);
        await other(url);
      }),
    );
    expect(explain(error)?.duration).toBe(200);
  });

  test('makes no retry that would come after it: 2 requests in 250 ms', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, retry: { backoff: noJitter } });
    const response = await settle(withDeadline(250, () => client(url)));
    expect([response.status, fetch.requests.length]).toEqual([503, 2]);
    expect(explain(response)?.stopped).toBe('deadline');
  });

  test('that has passed sends 0 requests', async () => {
    const fetch = script(200);
    const error = await rejection(withDeadline(0, () => createClient({ fetch })(url)));
    expect(error).toMatchObject({ timeout: 'context', attempts: 0 });
    expect(fetch.requests).toHaveLength(0);
  });

  test('tells listeners of its end 1 time, and a fallback is asked 0 times', async () => {
    const fallback = vi.fn(() => new Response('instead'));
    const client = createClient({ fetch: script(hang), fallback });
    const told: unknown[] = [];
    client.on('timeout.expired', ({ timeout, after }) => told.push([timeout, after]));
    await rejection(withDeadline(500, () => client(url)));
    expect(told).toEqual([['context', 500]]);
    expect(fallback).not.toHaveBeenCalled();
  });

  test('says nothing of its origin: 20 of them leave the circuit closed', async () => {
    const client = createClient({ fetch: script(hang), retry: false });
    for (let call = 0; call < 20; call++) await rejection(withDeadline(10, () => client(url)));
    expect(client.circuit(url).state).toBe('closed');
  });

  test('leaves 0 timers when it was answered', async () => {
    const client = createClient({ fetch: script(204) });
    await settle(withDeadline(500, () => client(url)));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('also ends the reading of its body: at 500 ms', async () => {
    const fetch = script((_, init) => {
      const { signal } = init ?? {};
      const body = new ReadableStream({
        start: (controller) =>
          signal?.addEventListener('abort', () => controller.error(signal.reason)),
      });
      return new Response(body);
    });
    const client = createClient({ fetch });
    const response = await withDeadline(500, () => client(url));
    expect(await rejection(response.text())).toMatchObject({ timeout: 'context' });
  });
});

describe('a call inside a context', () => {
  test("of a signal ends with the signal's own reason, in 1 attempt as in a wait", async () => {
    for (const [line, options] of [
      [hang, {}],
      [503, { retry: { backoff: { base: 5_000, jitter: 'none' } } }],
    ] as [typeof hang | 503, ClientOptions][]) {
      const controller = new AbortController();
      const client = createClient({ fetch: script(line), ...options });
      const call = withContext({ signal: controller.signal }, () => client(url));
      const error = rejection(call);
      await pass(50);
      const reason = new Error('nobody waits');
      controller.abort(reason);
      expect(await error).toBe(reason);
      expect(explain(reason)).toMatchObject({ stopped: 'aborted', duration: 50 });
    }
  });

  test("ends with its own signal's reason where that is the first of 2", async () => {
    const own = new AbortController();
    const around = new AbortController();
    const client = createClient({ fetch: script(hang) });
    const call = withContext({ signal: around.signal }, () => client(url, { signal: own.signal }));
    const error = rejection(call);
    own.abort('own');
    around.abort('around');
    expect(await error).toBe('own');
  });

  test('made for a second try is sent 1 time, and says why', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, hedge: 10 });
    const response = await settle(withContext({ attempt: 2 }, () => client(url)));
    expect([response.status, fetch.requests.length]).toEqual([503, 1]);
    expect(explain(response)?.stopped).toBe('nested');
  });

  test('with doNotRetry is sent 1 time, but for another place: 2', async () => {
    const fetch = script(503);
    const once = createClient({ fetch });
    await settle(withContext({ doNotRetry: true }, () => once(url)));
    expect(fetch.requests).toHaveLength(1);
    const several = createClient({ fetch, baseUrl: ['https://a.test', 'https://b.test'] });
    await settle(withContext({ doNotRetry: true }, () => several('path')));
    expect(fetch.requests).toHaveLength(3);
  });

  test('that is left by withoutContext has 0 of it', async () => {
    const fetch = script(503, 200);
    const client = createClient({ fetch });
    const response = await settle(
      withContext({ attempt: 2, deadline: 1 }, () => withoutContext(() => client(url))),
    );
    expect([response.status, fetch.requests.length]).toEqual([200, 2]);
  });
});

describe('the context', () => {
  test('is told to the work, and found by what it calls: 300 ms of 500 are left', async () => {
    const left = await settle(
      withDeadline(500, async ({ signal, timeLeft, attempt }) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect([signal.aborted, timeLeft, attempt]).toEqual([false, 500, 1]);
        return currentContext()?.timeLeft;
      }),
    );
    expect(left).toBe(300);
    expect(currentContext()).toBeUndefined();
  });

  test('aborts its signal at its deadline, with a TimeoutError, and has 0 ms left then', async () => {
    const seen = settle(
      withDeadline(100, async (context) => {
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        return [context.signal.reason.name, context.timeLeft];
      }),
    );
    expect(await seen).toEqual(['TimeoutError', 0]);
  });

  test('of the call that opened a circuit is not that of who hears, 1 break later, that it is half-open', async () => {
    // a fake timer runs in the context of whoever turns the clock
    vi.useRealTimers();
    const circuitBreaker = { consecutiveFailures: 1, openFor: 5 } as const;
    const client = createClient({ fetch: script(503), retry: false, circuitBreaker });
    const heard: unknown[] = [];
    client.on('circuit.opened', () => heard.push(currentContext()?.attempt));
    const halfOpened = new Promise<void>((resolve) => {
      client.on('circuit.halfOpened', () => {
        heard.push(currentContext());
        resolve();
      });
    });
    await withContext({ attempt: 2 }, async () => {
      await client(url);
      await halfOpened;
    });
    expect(heard).toEqual([2, undefined]);
  });

  test('gives what the work gives, also where that is 1 number', () => {
    expect(withDeadline(100, () => 1)).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    [{ deadline: Number.NaN }, 'deadline: expected milliseconds, got NaN'],
    [{ deadline: '5' }, 'deadline: expected milliseconds, got "5"'],
    [{ signal: {} }, 'signal: expected an AbortSignal, got an object'],
    [{ attempt: 0 }, 'attempt: expected an integer ≥ 1, got 0'],
    [{ deadlin: 5 }, 'deadlin: unknown option; did you mean deadline?'],
  ])('is not opened by wrong options, 1 of 5: %j', (options, message) => {
    const work = vi.fn();
    expect(() => withContext(options as object, work)).toThrow(OptionsError);
    expect(() => withContext(options as object, work)).toThrow(message);
    expect(work).not.toHaveBeenCalled();
  });
});
