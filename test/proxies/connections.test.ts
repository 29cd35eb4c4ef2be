import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { traffic } from '../support/traffic.ts';
import { eager, persistent, proxies, Setting, throughReloads, unnoticed } from './setting.ts';

describe.each(proxies)('$name', (kind) => {
  it.each([
    ['a client with a pool', { ...eager, pool: true }],
    ['the drop-in', eager],
  ])(
    'reloaded 4 times under load: of 1,200 calls by %s none fails that may be repeated, and no circuit opens',
    async (_, options) => {
      await using setting = await Setting.open(kind, options);
      const opened = vi.fn();
      setting.client.on('circuit.opened', opened);
      const sent = await throughReloads(setting, setting.proxy.origin);
      const verdict = await setting.verdictOn('reloaded', sent);
      expect(verdict).toMatchObject({
        calls: 1_200,
        savable: [],
        heldBack: [],
        broken: [],
        duplicated: [],
      });
      expect(verdict.answered).toBeGreaterThanOrEqual(1_150);
      expect(opened).toHaveBeenCalledTimes(0);
    },
  );

  it('that closes a connection after 5 requests: all 400 calls as they come are answered', async () => {
    await using setting = await Setting.open(kind, { pool: true }, { requests: 5 });
    const { client, proxy } = setting;
    const sent = await traffic(client, `${proxy.origin}/ok`, { each: 100, parallel: 8 });
    const verdict = await setting.verdictOn('5 requests a connection', sent);
    expect(verdict).toMatchObject({
      calls: 400,
      savable: [],
      heldBack: [],
      broken: [],
      duplicated: [],
    });
    expect(verdict.answered).toBeGreaterThanOrEqual(390);
  });

  it('whose closing of idle connections went unnoticed 9 times: of 320 calls none fails that may be repeated', async () => {
    await using setting = await Setting.open(kind, persistent, { keepAlive: 40 });
    const sent = await unnoticed(setting, setting.proxy.origin);
    const verdict = await setting.verdictOn('closed unnoticed', sent);
    expect(verdict).toMatchObject({
      calls: 320,
      savable: [],
      heldBack: [],
      broken: [],
      duplicated: [],
    });
    expect(verdict.saved).toBeGreaterThanOrEqual(20);
  });

  it('that is gone for 300 ms: all 200 calls are answered, as nothing was sent', async () => {
    await using setting = await Setting.open(kind, persistent);
    const { client, proxy } = setting;
    await proxy.stop();
    const running = traffic(client, `${proxy.origin}/ok`, { each: 50 });
    await wait(300);
    await proxy.start();
    const verdict = await setting.verdictOn('gone', await running);
    expect(verdict).toMatchObject({ calls: 200, answered: 200, saved: 200, duplicated: [] });
    expect(setting.asked).toEqual(Array(200).fill(1));
  });
});
