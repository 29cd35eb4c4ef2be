// Testing code that uses a client, with msw and no waits.
import assert from 'node:assert/strict';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { type ClientOptions, createClient } from 'resilient-fetch';

/** The code under test: it takes options, so that a test can take the waits out. */
function openShop(options: ClientOptions = {}) {
  const client = createClient({ baseUrl: 'https://shop.example/', ...options });
  return {
    async priceOf(item: string): Promise<number | undefined> {
      const response = await client(`prices/${item}`);
      if (!response.ok) return undefined;
      return ((await response.json()) as { price: number }).price;
    },
  };
}

const network = setupServer();
network.listen({ onUnhandledFrame: 'error' });

/** `random: () => 0` makes every backoff 0 ms long. */
const shop = openShop({ random: () => 0 });

let requests = 0;
network.use(
  // The values of a generator are the answers in turn; the last one stays.
  http.get('https://shop.example/prices/tea', function* () {
    requests++;
    yield new HttpResponse(null, { status: 503 });
    requests++;
    yield HttpResponse.error();
    requests++;
    return HttpResponse.json({ price: 4 });
  }),
);
assert.equal(await shop.priceOf('tea'), 4);
assert.equal(requests, 3);
console.log('ok: a price survives a 503 and a broken connection, in 3 requests');

requests = 0;
network.use(
  http.get('https://shop.example/prices/:item', () => {
    requests++;
    return new HttpResponse(null, { status: 404 });
  }),
);
assert.equal(await shop.priceOf('unicorn'), undefined);
assert.equal(requests, 1);
console.log('ok: a 404 is an answer, asked for once');

network.use(
  http.get('https://shop.example/prices/:item', () => new HttpResponse(null, { status: 500 })),
);
const outage = openShop({ random: () => 0, circuitBreaker: { consecutiveFailures: 4 } });
assert.equal(await outage.priceOf('tea'), undefined);
await assert.rejects(outage.priceOf('tea'), { name: 'CircuitOpenError' });
console.log('ok: after 4 failures in a row the circuit refuses');

network.close();
