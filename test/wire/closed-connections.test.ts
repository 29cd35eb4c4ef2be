import { setImmediate as tick } from 'node:timers/promises';
import { createClient } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { bytes, faultServer, reset } from '../support/fault-server.ts';
import { quick, until } from '../support/wire-call.ts';

const count = 24;

/** undici knows a tick late that a connection is free again, and opens another one then. */
const isOnNew = ({ connection }: { readonly connection: number }) => connection > count;

describe.each([
  ['the drop-in', {}, { fin: bytes('', 'FIN') }],
  ['a client with a pool', { pool: true }, { fin: bytes('', 'FIN'), reset }],
] as const)('%s', (_, options, ends) => {
  for (const [name, end] of Object.entries(ends)) {
    it(`whose 24 connections end at once by a ${name} has its circuit closed and 10 tokens`, async () => {
      const kept = Array.from({ length: count }, () => 200);
      await using server = await faultServer([...kept, ...kept.map(() => end), 200]);
      await using client = createClient({ ...quick, ...options });
      const send = async () => (await client(server.origin)).text();
      const sendAll = () => Promise.all(Array.from({ length: count }, send));
      await sendAll();
      await until(() => server.held === 0);
      await tick();
      await sendAll();
      expect(server.requests).toHaveLength(3 * count);
      const fresh = server.requests.slice(count, 2 * count).filter(isOnNew);
      expect(fresh.length).toBeLessThan(10);
      const health = client.health().origins[server.origin];
      expect(health).toMatchObject({ circuit: 'closed', failures: fresh.length, retryBudget: 10 });
    });

    it(`has its circuit open where each new connection ends by a ${name}, after 10`, async () => {
      await using server = await faultServer([end]);
      await using client = createClient({ ...options, retry: false });
      for (let call = 0; call < 12; call++) await client(server.origin).catch(() => {});
      expect(server.requests).toHaveLength(10);
      expect(client.circuit(server.origin).state).toBe('open');
    });
  }
});
