import assert from 'node:assert/strict';
import { createClient, resilientFetch, withDeadline } from '../../../src/index.ts';

const [, , name = '', origin = '', dead = ''] = process.argv;
const unheard = () => {};

/** What the process does before it has nothing left to do. */
const scenes: Record<string, () => Promise<unknown>> = {
  success: async () => (await resilientFetch(origin)).text(),
  backoff: async () => {
    const client = createClient({
      timeout: { total: 120_000 },
      retry: { backoff: { base: 60_000, cap: 60_000, jitter: 'none' } },
    });
    const caller = new AbortController();
    client.on('retry.scheduled', () => setTimeout(() => caller.abort(), 10));
    await client(origin, { signal: caller.signal }).catch(unheard);
  },
  circuit: async () => {
    const client = createClient({
      retry: false,
      circuitBreaker: { consecutiveFailures: 1, openFor: 60_000 },
    });
    await client(dead).catch(unheard);
    assert.equal(client.circuit(dead).state, 'open');
  },
  timeout: async () => {
    const client = createClient({ retry: false, timeout: { attempt: 50 } });
    await client(origin).catch(unheard);
  },
  body: async () => {
    const client = createClient({ timeout: { body: 60_000 } });
    await (await client(origin)).text();
  },
  discard: async () => (await resilientFetch(origin)).text(),
  pool: async () => (await createClient({ pool: true })(origin)).text(),
  context: async () => {
    withDeadline(60_000, () => new Promise(() => {}));
    await withDeadline(60_000, async () => (await resilientFetch(origin)).text());
  },
  everything: async () => {
    const client = createClient({
      baseUrl: [origin, dead],
      timeout: { total: 60_000, attempt: 300, body: 40_000 },
      retry: { retryAfter: { scope: 'origin' } },
      concurrency: { adaptive: true, hold: 'body' },
      hedge: 20,
      throttle: true,
      circuitBreaker: { consecutiveFailures: 1, openFor: 60_000 },
      fallback: () => new Response('spare'),
      idempotencyKey: true,
      pool: { cache: true },
    });
    for (let call = 0; call < 2; call++) await (await client('x')).text();
    await client('y', { method: 'POST', body: 'order' });
  },
  closed: async () => {
    const client = createClient({ pool: true });
    await (await client(origin)).text();
    await client.close();
  },
};

await scenes[name]?.();
console.log('done');
