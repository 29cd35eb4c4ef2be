import { CircuitOpenError, type ClientOptions, createClient, explain } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, scriptByHost } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const east = 'https://east.test';
const west = 'https://west.test';

/** A client whose 2 circuits are open: the 1st for 4 s more, the 2nd for 3. */
async function shut(lines: Record<string, Line | readonly Line[]>, options: ClientOptions = {}) {
  const fetch = scriptByHost({ 'east.test': 200, 'west.test': 200, ...lines });
  const client = createClient({
    baseUrl: [east, west],
    fetch,
    random: () => 0.5,
    circuitBreaker: { openFor: 4_000 },
    retry: { backoff: { type: 'constant', base: 100, jitter: 'none' } },
    ...options,
  });
  client.circuit(west).open();
  await pass(1_000);
  client.circuit(east).open();
  const left = (origin: string) => client.health().origins[origin]?.retryAfter;
  return { fetch, client, left };
}

describe('where the circuits of both places are open', () => {
  it('a call goes to the 1 that opens again in 3 s, and not to the 1 of 4: 1 request', async () => {
    const { client, fetch } = await shut({});
    const response = await settle(client('users'));
    expect(response.status).toBe(200);
    expect(fetch.hosts()).toEqual(['west.test']);
    expect(explain(response)?.attempts).toMatchObject([{ attempt: 1, origin: west }]);
  });

  it('a good answer closes its circuit, and leaves the other 1 as it was', async () => {
    const { client, fetch } = await shut({});
    const closed: string[] = [];
    client.on('circuit.closed', ({ origin }) => closed.push(origin));
    for (let call = 0; call < 3; call++) await settle(client('users'));
    expect(fetch.hosts()).toEqual(['west.test', 'west.test', 'west.test']);
    expect(closed).toEqual([west]);
    expect(client.circuit(west).state).toBe('closed');
    expect(client.circuit(east).state).toBe('open');
  });

  it('a failure changes nothing: 3 s are still 3 s, less the 100 ms that were waited', async () => {
    const { client, fetch, left } = await shut({ 'east.test': 503, 'west.test': 503 });
    const opened = vi.fn();
    client.on('circuit.opened', opened);
    const response = await settle(client('users', { resilience: { retry: 1 } }));
    expect(response.status).toBe(503);
    expect(fetch.hosts()).toEqual(['west.test', 'east.test']);
    expect(opened).toHaveBeenCalledTimes(0);
    expect(left(west)).toBeLessThanOrEqual(2_900);
    expect(left(east)).toBeLessThanOrEqual(3_900);
    expect(left(west)).toBeGreaterThan(2_500);
  });

  it('a retry waits as usual, and goes to the place that has not failed the call: 100 ms', async () => {
    const { client, fetch } = await shut({ 'west.test': 503 });
    const response = await settle(client('users'));
    expect(response.status).toBe(200);
    expect(fetch.hosts()).toEqual(['west.test', 'east.test']);
    expect(fetch.times()).toEqual([0, 100]);
    expect(explain(response)?.attempts[0]).toMatchObject({ delay: 100, source: 'backoff' });
    expect(client.circuit(east).state).toBe('closed');
  });

  it('20 calls at once are 20 requests, and none of them is refused', async () => {
    const { client, fetch } = await shut({ 'east.test': 503, 'west.test': 503 });
    const resilience = { retry: 0 };
    const calls = Array.from({ length: 20 }, () => client('users', { resilience }));
    const statuses = (await settle(Promise.all(calls))).map(({ status }) => status);
    expect(statuses).toEqual(Array(20).fill(503));
    expect(fetch.requests).toHaveLength(20);
    expect(client.circuit(west).state).toBe('open');
  });

  it('a call that its caller aborts changes nothing: both stay open, and 0 are in flight', async () => {
    const { client, left } = await shut({ 'west.test': hang });
    const controller = new AbortController();
    const call = client('users', { signal: controller.signal }).catch((error: unknown) => error);
    await pass(500);
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ message: 'enough' });
    expect([client.circuit(west).state, client.circuit(east).state]).toEqual(['open', 'open']);
    expect(left(west)).toBeGreaterThan(2_300);
    expect(left(west)).toBeLessThanOrEqual(2_500);
    expect(client.health().inFlight).toBe(0);
  });

  it('a POST that is answered 503 is 1 request, and its answer the caller’s', async () => {
    const { client, fetch } = await shut({ 'west.test': 503 });
    expect((await settle(client('users', { method: 'POST' }))).status).toBe(503);
    expect(fetch.requests).toHaveLength(1);
  });
});

describe('a circuit that an operator isolated', () => {
  it('is left alone while the other is merely open: 1 request, to that other', async () => {
    const { client, fetch } = await shut({});
    client.circuit(west).isolate();
    expect((await settle(client('users'))).status).toBe(200);
    expect(fetch.hosts()).toEqual(['east.test']);
  });

  it('is left alone where both are isolated: 0 requests and a CircuitOpenError', async () => {
    const { client, fetch } = await shut({});
    for (const origin of [east, west]) client.circuit(origin).isolate();
    expect(await rejection(client('users'))).toBeInstanceOf(CircuitOpenError);
    expect(fetch.requests).toHaveLength(0);
  });
});

describe('an open circuit refuses all the same', () => {
  it('a call that names its host: 0 requests', async () => {
    const { client, fetch } = await shut({});
    expect(await rejection(client(`${west}/users`))).toBeInstanceOf(CircuitOpenError);
    expect(fetch.requests).toHaveLength(0);
  });

  it('where there is 1 place only: 0 requests', async () => {
    const { client, fetch } = await shut({}, { baseUrl: [west] });
    expect(await rejection(client('users'))).toBeInstanceOf(CircuitOpenError);
    expect(fetch.requests).toHaveLength(0);
  });
});
