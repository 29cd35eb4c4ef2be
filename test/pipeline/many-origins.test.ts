import { type ClientOptions, createClient } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, useFakeClock } from '../support/clock.ts';
import { heapInUse } from '../support/heap.ts';

const count = 3_000;
const origins = Array.from({ length: count }, (_, index) => `https://host-${index}.example/`);

/** A client of many origins, each of which answers with one status. */
function clientOf(status: number, options: ClientOptions = {}) {
  const fetch = async () => new Response(null, { status });
  return createClient({ maxOrigins: 2 * count, fetch, retry: false, ...options });
}

/** Bytes that are kept of each origin after so many calls to it, one a second. */
async function bytesAfter(calls: number, client: ReturnType<typeof clientOf>): Promise<number> {
  const { now } = performance;
  await client('https://first.example/').catch(() => {});
  const before = await heapInUse();
  for (let call = 0; call < calls; call++) {
    performance.now = () => now.call(performance) + 1_000 * call;
    await Promise.allSettled(origins.map((origin) => client(origin)));
  }
  const after = await heapInUse();
  performance.now = now;
  return (after - before) / count;
}

describe('what a client keeps of 3,000 origins', () => {
  it('is no more than 2 KiB of each that is healthy', async () => {
    const client = clientOf(200);
    expect(await bytesAfter(12, client)).toBeLessThan(2_048);
    expect(Object.keys(client.health().origins)).toHaveLength(count + 1);
  });

  it('is no more than 2 KiB of each that fails and is retried now and then', async () => {
    let calls = 0;
    const fetch = async () => new Response(null, { status: ++calls % 5 === 0 ? 503 : 200 });
    const client = clientOf(0, { fetch, retry: { backoff: { base: 0 } } });
    expect(await bytesAfter(12, client)).toBeLessThan(2_048);
  });

  it('is no more than 8 KiB of each whose circuit is open', async () => {
    const client = clientOf(503, { circuitBreaker: { consecutiveFailures: 2, openFor: 60_000 } });
    expect(await bytesAfter(12, client)).toBeLessThan(8_192);
    expect(client.circuit('https://host-7.example').state).toBe('open');
    await client.close();
  });
});

describe('origins that are quiet', () => {
  beforeEach(useFakeClock);
  afterEach(() => vi.useRealTimers());

  it('have 0 timers, be they 3,000, and after 3,000 open circuits that were closed', async () => {
    const client = clientOf(200);
    for (const origin of origins) await client(origin);
    expect(vi.getTimerCount()).toBe(0);
    for (const origin of origins) client.circuit(origin).open();
    expect(vi.getTimerCount()).toBe(count);
    for (const origin of origins) client.circuit(origin).close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('have 0 timers when 3,000 circuits have been open for their time, once for each', async () => {
    const client = clientOf(503, { circuitBreaker: { consecutiveFailures: 1 } });
    for (const origin of origins) await client(origin);
    expect(vi.getTimerCount()).toBe(count);
    await pass(5_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(client.circuit('https://host-7.example').state).toBe('half-open');
  });
});
