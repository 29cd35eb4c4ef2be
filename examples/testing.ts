// Testing code that uses a client: msw, a recorder, and a clock that you turn, so that no test waits.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { type ClientOptions, createClient } from 'resilient-fetch';
import { flaky, followDate, record, settle } from 'resilient-fetch/testing';

/** The code under test: it takes options, so that a test can set its own. */
function openShop(options: ClientOptions = {}) {
  const client = createClient({ baseUrl: 'https://shop.example/', ...options });
  return {
    client,
    async priceOf(item: string): Promise<number | undefined> {
      const response = await client(`prices/${item}`);
      if (!response.ok) return undefined;
      return ((await response.json()) as { price: number }).price;
    },
  };
}

const tea = 'https://shop.example/prices/tea';
const network = setupServer();
network.listen({ onUnhandledFrame: 'error' });
afterEach(() => network.resetHandlers());
after(() => network.close());

test('a price survives a 503 and a broken connection, in 3 requests', async () => {
  network.use(http.get(tea, flaky([503, 'network-error', { json: { price: 4 } }])));
  // `random: () => 0` makes every backoff 0 ms long.
  const { client, priceOf } = openShop({ random: () => 0 });
  const recorder = record(client);
  assert.equal(await priceOf('tea'), 4);
  recorder.expect({ attempts: 3, results: [200] });
});

test('a 404 is an answer, asked for once', async () => {
  const prices = flaky([404]);
  network.use(http.get('https://shop.example/prices/:item', prices));
  assert.equal(await openShop().priceOf('unicorn'), undefined);
  assert.equal(prices.requests, 1);
});

test('after 4 failures in a row the circuit refuses', async () => {
  network.use(http.get(tea, () => new HttpResponse(null, { status: 500 })));
  const { priceOf } = openShop({ random: () => 0, circuitBreaker: { consecutiveFailures: 4 } });
  assert.equal(await priceOf('tea'), undefined);
  await assert.rejects(priceOf('tea'), { name: 'CircuitOpenError' });
});

test('a Retry-After of 20 s is waited for, in no time', async (context) => {
  const { timers } = context.mock;
  timers.enable({ apis: ['setTimeout', 'Date'] });
  // node:test leaves performance.now() real. The clocks of vitest, jest and sinon don't, and need no more than `settle`.
  context.after(followDate());

  network.use(http.get(tea, flaky([{ status: 503, retryAfter: 20 }, { json: { price: 4 } }])));
  const { client, priceOf } = openShop();
  const recorder = record(client);
  assert.equal(await settle(priceOf('tea'), timers), 4);
  recorder.expect({ outcomes: [503, 200], delays: [[20_000, 22_000]] });
  console.log(String(recorder));
});
