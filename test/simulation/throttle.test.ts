import { describe, expect, test } from 'vitest';
import { google, settled, throttled } from '../../bench/simulate/papers/throttling.ts';
import type { ThrottleRule } from '../../src/decisions/throttle.ts';

describe('20 clients and a server that takes 100 a second, over 600 s', () => {
  test('of 200 calls a second with K = 2 take what there is: 100 and no less', () => {
    const { accepted, rejections } = settled(throttled(google, 200, () => 100, 600));
    expect(accepted).toBe(100);
    expect(rejections).toBeGreaterThan(0.75);
    expect(rejections).toBeLessThanOrEqual(1);
  });

  test('send it 10 times what it takes without a throttle: 9 rejections for 1 acceptance', () => {
    const { rejections } = settled(throttled({ ...google, maxRejection: 0 }, 1_000, () => 100, 60));
    expect(rejections).toBe(9);
  });
});

describe('a server that rejected everything for 300 s', () => {
  const outage = (second: number) => (second < 300 ? 0 : 50);
  /** What reached it in the last 100 s of that, and how long it then took until 95 % of the 50 calls a second did. */
  const recovery = (rule: ThrottleRule) => {
    const counts = throttled(rule, 50, outage, 1_000);
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
