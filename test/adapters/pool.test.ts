import { describe, expect, it } from 'vitest';
import { openPool, type PoolSettings } from '../../src/adapters/pool.ts';
import {
  answer,
  drip,
  faultServer,
  type Line,
  silence,
  stillHeld,
} from '../support/fault-server.ts';
import { rejection, until } from '../support/wire-call.ts';

const settings: PoolSettings[] = [
  {},
  { connections: 1 },
  { cache: true },
  { deduplicate: true },
  { dns: true, cache: true, deduplicate: true },
];

const beginning: Line = (response) => {
  response.writeHead(200);
  response.write('the beginning');
};

/** One request over a pool, by the platform's own fetch. */
const ask = ({ dispatcher }: ReturnType<typeof openPool>, url: string) =>
  fetch(url, { dispatcher } as object);

describe('a pool that is closed', () => {
  for (const setting of settings) {
    const name = JSON.stringify(setting);

    it(`drops a body that is not read to its end after 100 ms: ${name}`, async () => {
      await using server = await faultServer([beginning]);
      const pool = openPool(setting);
      const response = await ask(pool, server.origin);
      const read = rejection(response.text());
      const start = performance.now();
      await pool.close(100);
      expect(performance.now() - start).toBeGreaterThan(90);
      expect(performance.now() - start).toBeLessThan(2_000);
      expect(await read).toMatchObject({ cause: { message: 'The client was closed' } });
      expect(await stillHeld(server)).toBe(0);
    });

    it(`drops a request that is not answered after 100 ms: ${name}`, async () => {
      await using server = await faultServer([silence]);
      const pool = openPool(setting);
      const call = rejection(ask(pool, server.origin));
      await until(() => server.requests.length === 1);
      await pool.close(100);
      expect(await call).toBeInstanceOf(TypeError);
      expect(await stillHeld(server)).toBe(0);
    });

    it(`waits for a body that comes to its end, 5 chunks of it: ${name}`, async () => {
      await using server = await faultServer([drip(200, 5, 20)]);
      const pool = openPool(setting);
      const response = await ask(pool, server.origin);
      const [text] = await Promise.all([response.text(), pool.close(5_000)]);
      expect(text).toBe('drop '.repeat(5));
      await until(() => server.open.size === 0);
    });
  }

  it('waits for nothing after 100 requests that were read, cancelled and aborted', async () => {
    await using server = await faultServer([answer(200, 'x'.repeat(100_000))]);
    const pool = openPool({});
    for (let count = 0; count < 100; count++) {
      const controller = new AbortController();
      const { signal } = controller;
      const response = await fetch(server.origin, {
        dispatcher: pool.dispatcher,
        signal,
      } as object);
      if (count % 3 === 0) await response.text();
      if (count % 3 === 1) await response.body?.cancel();
      if (count % 3 === 2) controller.abort();
    }
    const start = performance.now();
    await pool.close(5_000);
    expect(performance.now() - start).toBeLessThan(4_000);
  });
});
