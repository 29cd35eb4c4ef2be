import { describe, expect, test } from 'vitest';
import {
  always,
  type FanOut,
  fanOuts,
  firstCome,
  outage,
  overload,
  type Policy,
  shipping,
} from '../../bench/simulate/papers/tail.ts';
import { defaultHedge } from '../../src/decisions/hedging.ts';

const fixed = { ...defaultHedge, delay: 10 };
const rules = [
  ['the 95th percentile', defaultHedge],
  ['10 ms', fixed],
] as const;

/** Whether it is so much, give or take 5 %. */
function expectAbout(value: number, expected: number): void {
  expect(Math.abs(value / expected - 1)).toBeLessThan(0.05);
}

/** The p99.9 of the slowest of 100 calls, solved for: 1 in 100,000 takes longer. */
function withoutCopies(slow: number): number {
  return 20.41 * (slow / 1e-5) ** (1 / 2.208) - 10.41;
}

describe('the rule that ships', () => {
  const size = { calls: 100, trials: 2_500, every: 200, seed: 1 } satisfies Partial<FanOut>;

  test('sends those copies too where the 1,000 calls go to 100 origins: p99 is 42 ms', () => {
    const whole = { ...size, calls: 1_000, trials: 400, origins: 100, slow: 0.02 };
    const { p50, p99, extra } = fanOuts({ ...whole, policy: shipping(fixed) });
    expectAbout(p50, 19);
    expectAbout(p99, 42);
    expectAbout(extra, 2);
  });

  for (const origins of [1, 100]) {
    for (const slow of [0.02, 0.05]) {
      for (const [name, rule] of rules) {
        test(`makes the p99.9 of 100 calls to ${origins}, ${100 * slow} % slow, 10 times better for 5 % more requests, after ${name}`, () => {
          const { p999, extra } = fanOuts({ ...size, origins, slow, policy: shipping(rule) });
          expect(withoutCopies(slow) / p999).toBeGreaterThan(10);
          expect(extra).toBeLessThanOrEqual(5);
        });
      }
    }
  }

  test('keeps tokens for the slowest: a plain bucket leaves twice the p99.9', () => {
    const given = { ...size, origins: 1, slow: 0.05 };
    const plain = fanOuts({ ...given, policy: firstCome(defaultHedge) });
    const own = fanOuts({ ...given, policy: shipping(defaultHedge) });
    expect(plain.p999 / own.p999).toBeGreaterThan(2);
    expect(own.extra).toBeLessThan(plain.extra);
  });
});

describe('10 s of trouble at 100 calls a second', () => {
  for (const [name, rule] of rules) {
    test.each(['refused', '503', 'hanging', 'held', 'ten times slower', 'half 503'] as const)(
      `%s: less than 2 % of copies after ${name}, and some again within 5 s of its end`,
      (trouble) => {
        const { before, during, after, resumed } = outage(trouble, shipping(rule), 100, 1);
        expect(before).toBeGreaterThan(1.5);
        expect(during).toBeLessThan(2);
        expect(after).toBeGreaterThan(1);
        expect(resumed).toBeLessThan(5_000);
      },
    );
  }
});

describe('a server for 300 calls a second that is sent 280 and cut off for 10 s', () => {
  const recovered = (policy?: Policy) => overload(policy, 280, 1).recovered;

  test('recovers as soon with second copies as without, give or take 5 %, and never with one for each', () => {
    const without = recovered();
    expect(without).toBeLessThan(160);
    for (const delay of [undefined, 1_000]) {
      expect(recovered(shipping({ ...defaultHedge, delay }))).toBeLessThanOrEqual(without * 1.05);
    }
    expect(recovered(always({ ...defaultHedge, delay: 1_000 }))).toBe(Number.POSITIVE_INFINITY);
  });
});
