import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Sent, traffic } from '../support/traffic.ts';
import { outcomesIn } from '../support/verdict.ts';
import { persistent, proxies, Setting } from './setting.ts';

describe.each(proxies)('$name before an upstream', (kind) => {
  it('that is killed for 300 ms: of 400 calls none fails that may be repeated', async () => {
    await using setting = await Setting.open(kind, persistent);
    const sent = await throughAnOutage(setting);
    const verdict = await setting.verdictOn('upstream killed', sent);
    expect(verdict).toMatchObject({
      calls: 400,
      savable: [],
      heldBack: [],
      broken: [],
      duplicated: [],
    });
    expect(verdict.answered).toBeGreaterThanOrEqual(300);
    expect(outcomesIn(sent)[kind.unavailable]).toBeGreaterThan(0);
  });

  it('that is killed, with all as it comes: of 400 calls each that failed says why it was not repeated', async () => {
    await using setting = await Setting.open(kind, { pool: true });
    const sent = await throughAnOutage(setting);
    const verdict = await setting.verdictOn('upstream killed, as it comes', sent);
    expect(verdict).toMatchObject({ calls: 400, broken: [], duplicated: [] });
    const stops = sent.filter(({ answered }) => !answered).map(({ stopped }) => stopped);
    const reasons = ['method', 'budget', 'circuit-open', 'refused', 'retries-exhausted'];
    expect(reasons).toEqual(expect.arrayContaining([...new Set(stops)]));
  });

  it('that is slow once costs 60 calls a 504 and a retry each, and 20 POSTs the 504 alone', async () => {
    await using setting = await Setting.open(kind, persistent);
    const { client, proxy, upstream } = setting;
    const sent = await traffic(client, `${proxy.origin}/hang,ok`, { each: 20 });
    const verdict = await setting.verdictOn('upstream slow', sent);
    expect(verdict).toMatchObject({
      answered: 60,
      saved: 60,
      savable: [],
      heldBack: [],
      duplicated: [],
    });
    expect(outcomesIn(sent)).toEqual({ 504: 80, 200: 60 });
    for (const call of sent) {
      expect(upstream.arrivals.get(call.id), call.id).toHaveLength(call.kind === 'POST' ? 1 : 2);
    }
  });

  it('that cuts 20 bodies in the middle: all 20 are read on, byte for byte', async () => {
    const options = { ...persistent, retry: { ...persistent.retry, resume: true } };
    await using setting = await Setting.open(kind, options);
    const { client, proxy } = setting;
    const sent = await traffic(client, `${proxy.origin}/cut,file`, { each: 20, kinds: ['GET'] });
    const verdict = await setting.verdictOn('bodies cut and read on', sent);
    expect(verdict).toMatchObject({ calls: 20, answered: 20 });
    expect(setting.asked).toEqual(Array(20).fill(2));
  });

  it.each([
    ['of a known length', 'cut'],
    ['in chunks', 'cut-chunked'],
  ])('that cuts bodies %s fails 60 reads, and takes none of them for whole', async (_, plan) => {
    await using setting = await Setting.open(kind, persistent);
    const { client, proxy } = setting;
    const load = { each: 20, kinds: ['GET', 'POST', 'keyed POST'] } as const;
    const sent = await traffic(client, `${proxy.origin}/${plan}`, load);
    const verdict = await setting.verdictOn('bodies cut', sent);
    expect(verdict.broken).toHaveLength(60);
    expect(sent.map(({ outcome }) => outcome)).toEqual(Array(60).fill('UND_ERR_SOCKET'));
    expect(setting.asked).toEqual(Array(60).fill(1));
  });
});

/** 400 calls, during which the upstream is killed and comes up again. */
async function throughAnOutage({ client, proxy, upstream }: Setting): Promise<Sent[]> {
  const running = traffic(client, `${proxy.origin}/lag`, { each: 100, parallel: 40 });
  await wait(100);
  await upstream.kill();
  await wait(300);
  await upstream.restart();
  return running;
}
