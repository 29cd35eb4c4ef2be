import { type ClientOptions, createClient, explain, ThrottledError } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script } from '../support/script.ts';

const url = 'https://api.example.com/things?key=secret';
const origin = 'https://api.example.com';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** A client that tries once, throttles, and draws the number that is set. */
function throttling(options: ClientOptions, ...lines: Line[]) {
  const drawn = { number: 0.999 };
  const fetch = script(...lines);
  const client = createClient({
    fetch,
    retry: false,
    circuitBreaker: false,
    throttle: true,
    random: () => drawn.number,
    ...options,
  });
  const share = () => client.health().origins[origin]?.throttle;
  return { client, fetch, drawn, share };
}

/** Makes so many calls, whatever comes of them. */
async function make(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let number = 0; number < count; number++) await call().catch(() => {});
}

describe('throttling', () => {
  it('is off by default: 100 rejections are 100 requests, and health knows of none', async () => {
    const fetch = script(429);
    const client = createClient({ fetch, retry: false, random: () => 0 });
    await make(100, () => client(url));
    expect(fetch.requests).toHaveLength(100);
    expect(client.health().origins[origin]?.throttle).toBeNull();
  });

  it('refuses where the number drawn is below the share, and not where it is the share', async () => {
    const { client, fetch, drawn, share } = throttling({}, 503);
    await make(9, () => client(url));
    expect(share()).toBe(0.9);
    drawn.number = 0.9;
    expect((await client(url)).status).toBe(503);
    drawn.number = 0.899;
    expect(await rejection(client(url))).toBeInstanceOf(ThrottledError);
    expect(fetch.requests).toHaveLength(10);
  });

  it('refuses with an error that says how much, and reaches no network', async () => {
    const { client, fetch, drawn } = throttling({}, 429);
    await make(9, () => client(url));
    drawn.number = 0;
    const refused = vi.fn();
    client.on('call.refused', refused);
    const error = await rejection(client(url));
    expect(error).toMatchObject({
      name: 'ThrottledError',
      code: 'ERR_RESILIENCE_THROTTLED',
      origin,
      rejection: 0.9,
      attempts: 0,
      message: `throttle: 90 % of the requests to ${origin} are refused here`,
    });
    expect(explain(error)).toMatchObject({ stopped: 'refused', attempts: [] });
    expect(refused).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'ERR_RESILIENCE_THROTTLED' }),
    );
    expect(fetch.requests).toHaveLength(9);
  });

  it('draws no number for a healthy origin: 0 of 100 calls', async () => {
    const random = vi.fn(() => 0);
    const { client } = throttling({ random }, 200);
    await make(100, () => client(url));
    expect(random).toHaveBeenCalledTimes(0);
  });

  it('counts what it refused as a request: the share of 1 acceptance goes from 0 to 0.5', async () => {
    const { client, drawn, share } = throttling({ throttle: { k: 1 } }, 200, 503);
    await make(2, () => client(url));
    expect(share()).toBeCloseTo(1 / 3, 10);
    drawn.number = 0;
    await make(1, () => client(url));
    expect(share()).toBe(0.5);
  });

  it.each<[string, Line, number]>([
    ['a 429', 429, 0.9],
    ['a 503', 503, 0.9],
    ['a 500: it was taken', 500, 0],
    ['a 404', 404, 0],
    ['a 200', 200, 0],
    ['a reset', networkError('ECONNRESET'), 0.9],
    ['a refused connection', networkError('ECONNREFUSED'), 0.9],
    ['a bug of the caller', new TypeError('x is not a function'), 0],
  ])('of 9 times %s', async (_, line, expected) => {
    const { client, share } = throttling({}, line);
    await make(9, () => client(url));
    expect(share()).toBe(expected);
  });

  it('counts 9 attempts that ran out of their 100 ms, and 9 that ran out of the total', async () => {
    for (const timeout of [{ attempt: 100 }, 100]) {
      const { client, share } = throttling({ timeout }, hang);
      await make(9, () => settle(client(url)));
      expect(share()).toBe(0.9);
    }
  });

  it('hears nothing of 9 calls that were aborted, before, during and after their request', async () => {
    const { client, fetch, share } = throttling({}, hang);
    for (let number = 0; number < 9; number++) {
      const controller = new AbortController();
      if (number < 3) controller.abort('stop');
      const call = rejection(client(url, { signal: controller.signal }));
      await pass(number * 10);
      controller.abort('stop');
      expect(await call).toBe('stop');
    }
    expect(fetch.requests).toHaveLength(6);
    expect(share()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses an aborted call with its own reason, also where the share is 0.9', async () => {
    const { client, drawn } = throttling({}, 503);
    await make(9, () => client(url));
    drawn.number = 0;
    expect(await rejection(client(url, { signal: AbortSignal.abort('stop') }))).toBe('stop');
  });

  it('counts nothing that was refused within: 20 refusals of an open circuit', async () => {
    const { client, share } = throttling({ circuitBreaker: { consecutiveFailures: 1 } }, 500);
    await make(21, () => client(url));
    expect(share()).toBe(0);
  });

  it('counts a reset once, and not again as the cause of the refusal that follows: 0.5', async () => {
    const retry = { backoff: { base: 100, jitter: 'none' } } as const;
    const line = networkError('ECONNRESET');
    const { client, share } = throttling({ retry, circuitBreaker: true }, line);
    const call = client(url).catch((reason: unknown) => reason);
    await pass(50);
    client.circuit(url).open();
    await pass(50);
    const error = await call;
    expect(error).toBe(line);
    expect(explain(error)).toMatchObject({ stopped: 'circuit-open', attempts: [{}] });
    expect(share()).toBe(0.5);
    await client.close();
  });

  it('is per origin: 9 rejections of one refuse nothing of another', async () => {
    const { client, fetch, drawn } = throttling({}, 503);
    await make(9, () => client(url));
    drawn.number = 0;
    expect((await client('https://other.example.com/')).status).toBe(503);
    expect(fetch.requests).toHaveLength(10);
  });

  it('is shared by a client that was extended, 0.9 for both', async () => {
    const { client, drawn } = throttling({}, 503);
    const child = client.extend({ name: 'child' });
    await make(9, () => child(url));
    drawn.number = 0;
    expect(await rejection(client(url))).toMatchObject({ rejection: 0.9 });
  });

  it('can be had for 1 call, by a number that is short for K', async () => {
    const { client, fetch, drawn } = throttling({ throttle: false }, 503);
    drawn.number = 0;
    await make(9, () => client(url));
    expect(fetch.requests).toHaveLength(9);
    const resilience = { throttle: 1.1 };
    await make(2, () => client(url, { resilience }));
    expect(fetch.requests).toHaveLength(10);
    await make(1, () => client(url));
    expect(fetch.requests).toHaveLength(11);
  });
});

describe('retries', () => {
  it('that are refused leave the 503 standing, stopped by the throttle: 1 request, budget 10', async () => {
    const answer = () => new Response('busy', { status: 503, headers: { 'content-length': '4' } });
    const { client, fetch, drawn } = throttling({ retry: 3 }, answer);
    drawn.number = 0.4;
    const response = await settle(client(url));
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('busy');
    expect(explain(response)).toMatchObject({ stopped: 'throttled', attempts: [{}] });
    expect(fetch.requests).toHaveLength(1);
    expect(client.health().origins[origin]?.retryBudget).toBe(10);
  });

  it('are not made of a refusal: 1 attempt of 0 requests', async () => {
    const { client, drawn } = throttling({ retry: 3 }, 503);
    await make(3, () => settle(client(url)));
    drawn.number = 0;
    expect(await rejection(client(url))).toMatchObject({ attempts: 0 });
  });

  it('that are refused give the reset of the attempt before', async () => {
    const reset = networkError('ECONNRESET');
    const { client, drawn } = throttling({ retry: 3 }, reset);
    drawn.number = 0.4;
    expect(await rejection(client(url))).toBe(reset);
  });
});

describe('a server that comes back', () => {
  it('is let in again: after 20 s of 429, all 20 calls of a second are let out 40 s later', async () => {
    let healthy = false;
    let seed = 7;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const throttle = { k: 2, window: 10_000 };
    const line = () => new Response(null, { status: healthy ? 200 : 429 });
    const { client, fetch, share } = throttling({ random, throttle }, line);
    const second = async () => {
      const before = fetch.requests.length;
      for (let tenth = 0; tenth < 10; tenth++) {
        await make(2, () => client(url));
        await pass(100);
      }
      return fetch.requests.length - before;
    };
    for (let count = 0; count < 20; count++) await second();
    expect(share()).toBe(0.9);
    healthy = true;
    const letOut = [];
    for (let count = 0; count < 40; count++) letOut.push(await second());
    expect(share()).toBe(0);
    expect(letOut.at(-1)).toBe(20);
  });
});
