import fc from 'fast-check';
import { type ClientOptions, createClient, type EventName, type Events } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, settle, useFakeClock } from '../support/clock.ts';
import { hang, script } from '../support/script.ts';

const url = 'https://api.example.com/things?key=secret';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** A client whose circuit refuses nothing, its upstream, and the events of the circuit by their names. */
function shadowed(answer: (request: number) => number, options: ClientOptions = {}) {
  const fetch = script(() => new Response(null, { status: answer(fetch.requests.length) }));
  const client = createClient({
    fetch,
    retry: false,
    random: () => 0.5,
    circuitBreaker: { consecutiveFailures: 3, openFor: 1_000, enforce: false },
    ...options,
  });
  const told: string[] = [];
  const refusals: Events['circuit.wouldRefuse'][] = [];
  const names = ['circuit.opened', 'circuit.halfOpened', 'circuit.closed'] as EventName[];
  for (const name of names) client.on(name, () => told.push(name.slice('circuit.'.length)));
  client.on('circuit.wouldRefuse', (event) => refusals.push(event));
  return { client, fetch, told, refusals, state: () => client.circuit(url).state };
}

describe('a circuit in shadow mode', () => {
  it('opens at 3 failures, lets the next 4 out, and says of each that it would have refused', async () => {
    const { client, fetch, told, refusals, state } = shadowed(() => 500);
    for (let call = 0; call < 7; call++) expect((await settle(client(url))).status).toBe(500);
    expect(fetch.requests).toHaveLength(7);
    expect(state()).toBe('open');
    expect(told).toEqual(['opened']);
    expect(refusals).toHaveLength(4);
    expect(refusals[0]).toEqual({
      client: 'default',
      origin: 'https://api.example.com',
      id: expect.any(String),
      method: 'GET',
      path: '/things',
      attempt: 1,
      hedge: false,
    });
  });

  it('is not decided by what it would have refused: 5 successes leave it open', async () => {
    const { client, told, state } = shadowed((request) => (request <= 3 ? 500 : 200));
    for (let call = 0; call < 8; call++) await settle(client(url));
    expect([state(), ...told]).toEqual(['open', 'opened']);
    expect(client.health().origins['https://api.example.com']).toMatchObject({
      attempts: 3,
      failures: 3,
    });
  });

  it('probes when its time has come: 1 of 3 concurrent calls closes it, and 2 are let out beside it', async () => {
    const { client, fetch, told, refusals } = shadowed((request) => (request <= 3 ? 500 : 200));
    for (let call = 0; call < 3; call++) await settle(client(url));
    await pass(1_000);
    await Promise.all([client(url), client(url), client(url)]);
    expect(fetch.requests).toHaveLength(6);
    expect(told).toEqual(['opened', 'halfOpened', 'closed']);
    expect(refusals).toHaveLength(2);
  });

  it('is not in the way of a retry: 4 requests, the last of them while it is open', async () => {
    const { client, fetch, state } = shadowed(() => 503, { retry: { backoff: () => 10 } });
    expect((await settle(client(url))).status).toBe(503);
    expect([fetch.requests.length, state()]).toEqual([4, 'open']);
    client.circuit(url).isolate();
    await settle(client(url));
    expect(fetch.requests).toHaveLength(8);
  });

  it('is not avoided where there is a 2nd base URL', async () => {
    const baseUrl = ['https://one.example.com/', 'https://two.example.com/'];
    const hand = (enforce: boolean) => {
      const { client, fetch } = shadowed(() => 200, { baseUrl, circuitBreaker: { enforce } });
      client.circuit('https://one.example.com/').open();
      return { client, asked: () => fetch.requests.map(({ input }) => String(input)) };
    };
    for (const [enforce, place] of [
      [false, 'https://one.example.com/things'],
      [true, 'https://two.example.com/things'],
    ] as const) {
      const { client, asked } = hand(enforce);
      await settle(client('things'));
      expect(asked()).toEqual([place]);
    }
  });

  it('refuses the 1 call that asks for it', async () => {
    const { client } = shadowed(() => 500);
    client.circuit(url).open();
    const call = client(url, { resilience: { circuitBreaker: { enforce: true } } });
    await expect(call).rejects.toMatchObject({ name: 'CircuitOpenError' });
  });

  it('refuses none of the calls in 30 orders of answers, waits and an operator’s doings', async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(200, 500, 503, 404) },
        { weight: 1, arbitrary: fc.constantFrom('hang', 'abort') },
        { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(10, 500, 1_000, 5_000) }) },
        { weight: 1, arbitrary: fc.constantFrom('open', 'close', 'isolate') },
      ),
      { maxLength: 30 },
    );
    const property = fc.asyncProperty(steps, async (given) => {
      let calls = 0;
      const errors = new Set<string>();
      const fetch = script((_, init) => {
        const step = given[Number(new Headers(init?.headers).get('step'))];
        if (typeof step !== 'number') return hang(_, init);
        return new Response(null, { status: step });
      });
      const circuitBreaker = { consecutiveFailures: 2, openFor: 1_000, enforce: false };
      const client = createClient({ fetch, retry: false, timeout: 100, circuitBreaker });
      for (const [step, doing] of given.entries()) {
        if (typeof doing === 'object') await pass(doing.wait);
        else if (doing === 'open' || doing === 'close' || doing === 'isolate')
          client.circuit(url)[doing]();
        else {
          calls++;
          const controller = new AbortController();
          const init = { headers: { step: String(step) }, signal: controller.signal };
          const call = client(url, init).catch((error) => errors.add(error.name));
          if (doing === 'abort') {
            await pass(1);
            controller.abort();
          }
          await (doing === 'hang' ? pass(100) : pass(0));
          await call;
        }
      }
      expect(fetch.requests).toHaveLength(calls);
      expect([...errors]).not.toContain('CircuitOpenError');
    });
    await fc.assert(property, { numRuns: 30, seed: 7 });
  });
});
