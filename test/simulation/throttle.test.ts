import { describe, expect, test } from 'vitest';
import { Throttle, type ThrottleRule } from '../../src/decisions/throttle.ts';

const google: ThrottleRule = { k: 2, window: 120_000, maxRejection: 0.9 };

/** Numbers from 0 up to 1, the same ones for the same seed (Park and Miller). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

interface Counts {
  readonly sent: number;
  readonly accepted: number;
}

/**
 * 20 clients with a throttle each, whose calls come evenly and are anybody's, and a server that takes so many a second and
 * rejects the rest.
 *
 * @returns what reached the server and what it took, second by second.
 */
function simulate(
  rule: ThrottleRule,
  demand: number,
  capacity: (second: number) => number,
  seconds: number,
): Counts[] {
  const random = seeded(21);
  const clients = Array.from({ length: 20 }, () => new Throttle());
  return Array.from({ length: seconds }, (_, second) => {
    const counts = { sent: 0, accepted: 0 };
    for (let call = 0; call < demand; call++) {
      const now = (second + call / demand) * 1_000;
      const client = clients[Math.floor(random() * clients.length)] ?? new Throttle();
      const refused = random() < client.rejection(rule, now);
      const taken = !refused && counts.accepted < capacity(second);
      if (!refused) counts.sent++;
      if (taken) counts.accepted++;
      client.record(taken, now, rule);
    }
    return counts;
  });
}

/** Per second, over the second half. */
function settled(counts: readonly Counts[]) {
  const half = counts.slice(counts.length / 2);
  const mean = (of: (count: Counts) => number) =>
    half.reduce((sum, count) => sum + of(count), 0) / half.length;
  const [sent, accepted] = [mean((count) => count.sent), mean((count) => count.accepted)];
  return { sent, accepted, rejections: (sent - accepted) / accepted };
}

describe('20 clients and a server that takes 100 a second, over 600 s', () => {
  /** What Google's formula comes to: Site Reliability Engineering, chapter 21, run with clients of its own. */
  test.each([
    [100, 2, 0],
    [500, 2, 1],
    [1_000, 2, 0.98],
    [1_000, 1.5, 0.49],
    [1_000, 1.1, 0.1],
  ])('of %d calls a second with K = %d: %d rejections for 1 acceptance', (demand, k, expected) => {
    const { accepted, rejections } = settled(simulate({ ...google, k }, demand, () => 100, 600));
    expect(rejections).toBeGreaterThan(expected - 0.05);
    expect(rejections).toBeLessThan(expected + 0.05);
    expect(accepted).toBeGreaterThan(98);
  });

  test('of 200 calls a second with K = 2 take what there is: 100 and no less', () => {
    const { accepted, rejections } = settled(simulate(google, 200, () => 100, 600));
    expect(accepted).toBe(100);
    expect(rejections).toBeGreaterThan(0.75);
    expect(rejections).toBeLessThanOrEqual(1);
  });

  test('send it 10 times what it takes without a throttle: 9 rejections for 1 acceptance', () => {
    const { rejections } = settled(simulate({ ...google, maxRejection: 0 }, 1_000, () => 100, 60));
    expect(rejections).toBe(9);
  });
});

describe('a server that rejected everything for 300 s', () => {
  const outage = (second: number) => (second < 300 ? 0 : 50);
  /** What reached it in the last 100 s of that, and how long it then took until 95 % of the 50 calls a second did. */
  const recovery = (rule: ThrottleRule) => {
    const counts = simulate(rule, 50, outage, 1_000);
    const before = counts.slice(200, 300).reduce((sum, { sent }) => sum + sent, 0) / 100;
    const after = counts.findIndex(({ sent }, second) => second >= 300 && sent >= 0.95 * 50) - 300;
    return { before, after };
  };

  test('was asked by 10 % meanwhile, and has its load back within 240 s', () => {
    const { before, after } = recovery(google);
    expect(before).toBeGreaterThan(4);
    expect(before).toBeLessThan(6);
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(240);
  });

  test('has it back within 30 s where the window is 10 s', () => {
    const { after } = recovery({ ...google, window: 10_000 });
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(30);
  });

  test('would not have it back for 500 s by the bare formula, which lets 1 call out in 2 s', () => {
    const { before, after } = recovery({ ...google, maxRejection: 1 });
    expect(before).toBeLessThan(0.5);
    expect(after).toBeGreaterThan(500);
  });
});
