import { createClient, currentContext } from 'resilient-fetch';
import { fetchHandler } from 'resilient-fetch/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, settle, useFakeClock } from '../support/clock.ts';
import { script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://service.test/path';

/** What a handler, which has 2 s of its own, is told of a request with such a header. */
async function heard(name: string, value: string): Promise<unknown> {
  const handle = fetchHandler(
    async () => {
      const { timeLeft = 0, attempt } = currentContext() ?? {};
      return Response.json({ timeLeft: Math.round(timeLeft), attempt });
    },
    { deadline: 2_000 },
  );
  const response = await settle(handle(new Request(url, { headers: { [name]: value } })));
  return response.json();
}

const names = ['x-request-timeout-ms', 'x-envoy-expected-rq-timeout-ms', 'grpc-timeout'];
const nonsense = [
  ...['', '0', '-1', '-0', '+5', '1.5', '1e3', '0x10', 'NaN', 'Infinity', 'null', '5, 7', '5;7'],
  ...['9'.repeat(11), '9'.repeat(400), '1'.repeat(10_000), '²', '5m5m', '5 m', 'm', '1h', '5M1'],
  ...['__proto__', 'constructor', '[object Object]', '{5}', "5' or 1=1", '<5>'],
];

describe('a deadline that a caller has made up', () => {
  it.each(names)(
    'in %s lengthens and shortens nothing: 2,000 ms, whatever it says',
    async (name) => {
      for (const value of nonsense) {
        expect([value, await heard(name, value)]).toEqual([value, { timeLeft: 2_000, attempt: 1 }]);
      }
    },
  );

  it.each([
    ['x-request-timeout-ms', '9999999999', 2_000],
    ['grpc-timeout', '99999999H', 2_000],
    ['grpc-timeout', '1n', 0],
    ['x-request-timeout-ms', '1', 1],
  ])('%s: %s is within the server’s own 2,000 ms: %d', async (name, value, timeLeft) => {
    const { timeLeft: left } = (await heard(name, value)) as { timeLeft: number };
    expect(left).toBe(timeLeft);
  });

  it('of 285 years sets no timer that rings at once: the answer after 50 ms is 200', async () => {
    const handle = fetchHandler(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return new Response('done');
    });
    const request = new Request(url, { headers: { 'grpc-timeout': '99999999H' } });
    expect((await settle(handle(request))).status).toBe(200);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an attempt that a caller has made up', () => {
  it.each(['x-request-attempt', 'x-envoy-attempt-count', 'grpc-previous-rpc-attempts'])(
    'in %s counts where it is 4 digits at the most, and is 1 where it is nonsense',
    async (name) => {
      for (const value of nonsense.filter((given) => !/^\d{1,4}$/.test(given))) {
        expect([value, await heard(name, value)]).toEqual([value, { timeLeft: 2_000, attempt: 1 }]);
      }
    },
  );

  it('of 9,999 is no more than a number to the service that is asked next', async () => {
    const fetch = script(200);
    const client = createClient({ fetch, propagation: true });
    const handle = fetchHandler(async () => client('https://next.test/'));
    await settle(handle(new Request(url, { headers: { 'x-request-attempt': '9999' } })));
    const sent = new Headers(fetch.requests[0]?.init.headers);
    expect(sent.get('x-request-attempt')).toBe('9999');
  });

  it('is believed by 0 handlers that anybody may call: propagation: false', async () => {
    const told: unknown[] = [];
    const handle = fetchHandler(
      async () => {
        told.push(currentContext()?.attempt, currentContext()?.timeLeft);
        return new Response();
      },
      { propagation: false },
    );
    const headers = {
      'x-request-attempt': '7',
      'x-request-timeout-ms': '1',
      'x-do-not-retry': '1',
    };
    await settle(handle(new Request(url, { headers })));
    await pass(10);
    expect(told).toEqual([1, Number.POSITIVE_INFINITY]);
  });
});
