import { resilientFetch } from 'resilient-fetch';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { json } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { failingServer } from './support/failing-server.ts';
import { silence } from './support/faults.ts';
import { Pace } from './support/pace.ts';

const open = (fetch: typeof globalThis.fetch, origin: string, timeout = 80_000) =>
  new Stripe('key', {
    host: '127.0.0.1',
    port: new URL(origin).port,
    protocol: 'http',
    timeout,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(fetch),
  });

dropIn({
  sdk: 'stripe',
  keyed: true,
  abortable: false,
  service: ({ method, body }, response) => {
    if (method === 'GET') json(response, { id: 'cus_1', object: 'customer' });
    else json(response, { id: 'pi_1', object: 'payment_intent', description: body.toString() });
  },
  read: async (fetch, origin) => (await open(fetch, origin).customers.retrieve('cus_1')).id,
  write: async (fetch, origin) => {
    const { paymentIntents } = open(fetch, origin);
    const order = { amount: 1_000, currency: 'eur', description: 'Grüße '.repeat(10_000) };
    return (await paymentIntents.create(order)).description;
  },
});

test('stops a call after its own timeout of 100 ms, with its own error, and the connection', async () => {
  const outcome = async (fetch: typeof globalThis.fetch) => {
    await using server = await failingServer([silence], () => {}, new Pace());
    const { customers } = open(fetch, server.origin, 100);
    const error = await customers.retrieve('cus_1').catch((thrown) => thrown);
    await server.requests[0]?.dropped;
    return { type: error.type, message: error.message, requests: server.requests.length };
  };
  const bare = await outcome(globalThis.fetch);
  expect(bare).toMatchObject({ type: 'StripeConnectionError', requests: 1 });
  expect(await outcome(resilientFetch)).toEqual(bare);
});
