import { describe, expect, it } from 'vitest';
import { type Sent, traffic } from '../support/traffic.ts';
import { persistent, proxies, Setting } from './setting.ts';

const load = { each: 10, kinds: ['GET', 'POST', 'keyed POST'] } as const;

describe.each(proxies)('$name that admits 10 requests and says to come back in 1 s', (kind) => {
  it('by a 429: all 30 calls are answered, POSTs too, and each waits for 1,000 to 1,100 ms', async () => {
    await using setting = await Setting.open(kind, persistent);
    const { client, proxy } = setting;
    const sent = await traffic(client, `${proxy.origin}/limited/429/ok`, load);
    const verdict = await setting.verdictOn('limited by 429', sent);
    expect(verdict).toMatchObject({ calls: 30, answered: 30 });
    expect(verdict.saved).toBeGreaterThanOrEqual(10);
    expectAskedWaits(sent);
    expect(setting.asked).toEqual(Array(30).fill(1));
  });

  it('by a 503: 20 calls are answered, and a POST without a key is sent 1 time', async () => {
    await using setting = await Setting.open(kind, persistent);
    const { client, proxy } = setting;
    const sent = await traffic(client, `${proxy.origin}/limited/503/ok`, load);
    const verdict = await setting.verdictOn('limited by 503', sent);
    expect(verdict).toMatchObject({ calls: 30, savable: [], heldBack: [], duplicated: [] });
    expectAskedWaits(sent);
    const posts = sent.filter((call) => call.kind === 'POST');
    expect(posts.map(({ attempts }) => attempts.length)).toEqual(Array(10).fill(1));
    const others = sent.filter((call) => call.kind !== 'POST');
    expect(others.map(({ answered }) => answered)).toEqual(Array(20).fill(true));
  });
});

function expectAskedWaits(sent: readonly Sent[]): void {
  const waits = sent.flatMap(({ attempts }) => attempts.slice(0, -1));
  expect(waits.length).toBeGreaterThan(0);
  for (const { delay, source } of waits) {
    expect(source).toBe('retry-after');
    expect(delay).toBeGreaterThanOrEqual(1_000);
    expect(delay).toBeLessThanOrEqual(1_100);
  }
}
