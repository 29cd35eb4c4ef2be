import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { answer, deadPort, faultServer, type Reply, silence } from '../support/fault-server.ts';
import { rejection, until } from '../support/wire-call.ts';

/** An answer that takes so long that a server is killed in the middle of some. */
const slow: Reply = (...sent) => {
  setTimeout(() => answer(200)(...sent), 3);
};

/** Sends calls by 4 callers, each one after another, and tells of each how it ended. */
async function load(calls: number, call: (index: number) => Promise<Response>) {
  const outcomes: (Response | Error)[] = [];
  let next = 0;
  const caller = async () => {
    while (next < calls) {
      const outcome = await call(next++).catch((error: Error) => error);
      if (outcome instanceof Response) await outcome.arrayBuffer();
      outcomes.push(outcome);
    }
  };
  await Promise.all([caller(), caller(), caller(), caller()]);
  return outcomes;
}

describe('2 servers, of which the 1st is killed under load', () => {
  it('answer all of 200 GETs, with 12 requests more than calls at the most, none of them after a wait', async () => {
    const one = await faultServer([slow]);
    await using two = await faultServer([slow]);
    await using client = createClient({
      baseUrl: [one.origin, two.origin],
      circuitBreaker: { consecutiveFailures: 5, openFor: 60_000 },
    });
    const sent: Record<string, number> = { [one.origin]: 0, [two.origin]: 0 };
    const waits: unknown[] = [];
    client.on('attempt.started', ({ origin }) => {
      sent[origin] = (sent[origin] ?? 0) + 1;
    });
    client.on('retry.scheduled', ({ delay, source }) => waits.push(`${delay} ${source}`));
    let killed: PromiseLike<void> | undefined;
    let before = 0;

    const outcomes = await load(200, (index) => {
      if (index === 80) {
        before = sent[one.origin] ?? 0;
        killed = one[Symbol.asyncDispose]();
      }
      return client(`things/${index}`);
    });
    await killed;

    expect(outcomes.filter((outcome) => !(outcome instanceof Response && outcome.ok))).toEqual([]);
    expect(before).toBe(80);
    // the 4 connections that were lost may be a reload; 5 failures open the circuit, and 3 more calls were under way
    expect(waits.length).toBeGreaterThanOrEqual(5);
    expect(waits.length).toBeLessThanOrEqual(12);
    expect(new Set(waits)).toEqual(new Set(['0 failover']));
    expect((sent[one.origin] ?? 0) + (sent[two.origin] ?? 0)).toBe(200 + waits.length);
    expect(two.requests).toHaveLength(sent[two.origin] ?? 0);
    expect(new Set(two.requests.map(({ path }) => path)).size).toBe(two.requests.length);

    const { inFlight, origins } = client.health();
    expect(inFlight).toBe(0);
    expect(origins[one.origin]).toMatchObject({ circuit: 'open', inFlight: 0 });
    expect(origins[two.origin]).toMatchObject({ circuit: 'closed', failures: 0, inFlight: 0 });
  });

  it('get each of 40 POSTs 1 time at the most: those under way fail, the later ones are answered', async () => {
    const one = await faultServer([...Array<Reply>(10).fill(slow), silence]);
    await using two = await faultServer([slow]);
    await using client = createClient({ baseUrl: [one.origin, two.origin] });
    const killing = until(() => one.requests.length === 14).then(() => one[Symbol.asyncDispose]());

    const outcomes = await load(40, (index) =>
      client('orders', { method: 'POST', body: `order ${index}` }),
    );
    await killing;

    const failed = outcomes.filter((outcome) => outcome instanceof Error);
    expect(failed).toHaveLength(4);
    expect(failed.map((error) => explain(error)?.stopped)).toEqual(Array(4).fill('method'));
    const orders = [...one.requests, ...two.requests].map(({ body }) => String(body));
    expect(orders).toHaveLength(40);
    expect(new Set(orders).size).toBe(40);
    expect(one.requests).toHaveLength(14);
  });

  it('have the 1st asked again when it is back, and its circuit closed by 1 probe', async () => {
    const port = await deadPort();
    const down = `http://127.0.0.1:${port}`;
    await using two = await faultServer([200]);
    await using client = createClient({
      baseUrl: [down, two.origin],
      circuitBreaker: { consecutiveFailures: 2, openFor: 100 },
    });
    const opened: string[] = [];
    client.on('circuit.opened', ({ origin }) => opened.push(origin));
    for (let call = 0; call < 2; call++) expect((await client('x')).status).toBe(200);
    expect(opened).toEqual([down]);

    await using one = await faultServer([200], { port });
    await until(() => client.circuit(down).state !== 'open');
    const response = await client('x');
    expect(explain(response)?.attempts).toHaveLength(1);
    expect(one.requests).toHaveLength(1);
    expect(client.circuit(down).state).toBe('closed');
    for (let call = 0; call < 3; call++) await (await client('x')).arrayBuffer();
    expect([one.requests.length, two.requests.length]).toEqual([4, 2]);
  });
});

describe('2 ports where nobody listens', () => {
  it('are asked 2 times each with POST, and the error is the last one as fetch threw it', async () => {
    const origins = [await deadPort(), await deadPort()].map((port) => `http://127.0.0.1:${port}`);
    await using client = createClient({ baseUrl: origins, retry: { backoff: { base: 1 } } });
    const error = await rejection(client('orders', { method: 'POST', body: 'order' }));
    expect(error).toBeInstanceOf(TypeError);
    const asked = explain(error)?.attempts.map(({ origin = origins[0] }) => origin);
    expect(asked).toEqual([...origins, ...origins]);
  });
});
