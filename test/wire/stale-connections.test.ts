import { setImmediate as tick } from 'node:timers/promises';
import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { bytes, type FaultServer, faultServer, reset } from '../support/fault-server.ts';
import { quick, rejection, until } from '../support/wire-call.ts';

const order = { method: 'POST', body: 'order 1' };

/** Leaves the client with a connection that the server kept, and that undici knows to be free: it does a tick later. */
async function keepOne(server: FaultServer, client: typeof fetch): Promise<void> {
  await (await client(server.origin)).text();
  await tick();
  expect(server.open.size).toBe(1);
}

describe('a kept connection', () => {
  for (const [name, line] of Object.entries({ reset, 'cut by a FIN': bytes('', 'FIN') })) {
    it(`that is ${name} on its 2nd request costs a GET 1 retry and no failure`, async () => {
      await using server = await faultServer([200, line, 200]);
      const client = createClient(quick);
      await keepOne(server, client);
      const response = await client(server.origin);
      expect(response.status).toBe(200);
      expect(explain(response)?.attempts).toHaveLength(2);
      expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
    });

    it(`that is ${name} on its 2nd request fails a POST, which the server saw 1 time`, async () => {
      await using server = await faultServer([200, line, 200]);
      const client = createClient(quick);
      await keepOne(server, client);
      const error = await rejection(client(server.origin, order));
      expect(error).toHaveProperty('message', 'fetch failed');
      expect(explain(error)).toMatchObject({ stopped: 'method' });
      expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    });
  }

  it('that the server has closed while it was idle is not used: 2 connections, a POST seen 1 time', async () => {
    await using server = await faultServer([200]);
    const client = createClient(quick);
    await keepOne(server, client);
    for (const socket of server.open) socket.end();
    await until(() => server.open.size === 0);
    const response = await client(server.origin, order);
    expect(response.status).toBe(200);
    expect(server.connections).toBe(2);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  for (const end of ['end', 'resetAndDestroy'] as const) {
    it(`on which ${end}() and a GET cross 20 times answers all 20`, async () => {
      await using server = await faultServer([200]);
      const client = createClient(quick);
      await keepOne(server, client);
      for (let round = 0; round < 20; round++) {
        for (const socket of server.open) socket[end]();
        const response = await client(server.origin);
        expect(response.status).toBe(200);
        await response.text();
      }
    });

    it(`on which ${end}() and a POST cross 20 times brings the server none of them 2 times`, async () => {
      await using server = await faultServer([200]);
      const client = createClient({ ...quick, circuitBreaker: false });
      await keepOne(server, client);
      for (let round = 0; round < 20; round++) {
        for (const socket of server.open) socket[end]();
        const init = { method: 'POST', body: `order ${round}` };
        await client(server.origin, init).then(
          (response) => response.text(),
          (error) => expect(explain(error)?.attempts).toHaveLength(1),
        );
      }
      const seen = server.requests.slice(1).map(({ body }) => String(body));
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeLessThanOrEqual(20);
    });
  }
});
