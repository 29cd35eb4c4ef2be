import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Throttle, type ThrottleRule } from '../../src/decisions/throttle.ts';

const rule: ThrottleRule = { k: 2, window: 120_000, maxRejection: 0.9 };

/** One that has seen so many requests accepted, then so many rejected, all at once. */
function seen(accepted: number, rejected: number, now = 0): Throttle {
  const throttle = new Throttle();
  for (let count = 0; count < accepted; count++) throttle.record(true, now, rule);
  for (let count = 0; count < rejected; count++) throttle.record(false, now, rule);
  return throttle;
}

describe('the share that is refused', () => {
  test.each([
    ['of nothing', 0, 0, 0],
    ['of 1 rejection', 0, 1, 0.5],
    ['of 9 rejections, at its most', 0, 9, 0.9],
    ['of 1,000 rejections, at its most', 0, 1_000, 0.9],
    ['of 1,000 acceptances', 1_000, 0, 0],
    ['of as many rejections as acceptances: K is 2', 100, 100, 0],
    ['of 1 rejection more than that', 100, 101, 1 / 202],
    ['of 3 rejections for 1 acceptance', 100, 300, 200 / 401],
  ])('%s', (_, accepted, rejected, expected) => {
    expect(seen(accepted, rejected).rejection(rule, 0)).toBeCloseTo(expected, 10);
  });

  test.each([
    [1, 10 / 111],
    [1.05, 5 / 111],
    [1.1, 0],
    [2, 0],
    [1_000, 0],
  ])('at K = %d of 100 acceptances and 10 rejections is the formula’s', (k, expected) => {
    expect(seen(100, 10).rejection({ ...rule, k }, 0)).toBeCloseTo(expected, 10);
  });

  test('has a most of its own: 0, 0.5 and, of 99 requests, 0.99', () => {
    const throttle = seen(0, 99);
    const shares = [0, 0.5, 1].map((maxRejection) =>
      throttle.rejection({ ...rule, maxRejection }, 0),
    );
    expect(shares).toEqual([0, 0.5, 0.99]);
  });

  test('forgets what is 120,000 ms old, and not what is 1 ms younger', () => {
    const throttle = seen(0, 50, 1_000);
    expect(throttle.rejection(rule, 120_999)).toBe(0.9);
    expect(throttle.rejection(rule, 121_000)).toBe(0);
    throttle.record(true, 121_000, rule);
    expect(throttle.rejection(rule, 121_000)).toBe(0);
  });

  test('is read for the window that is asked for: of 10 s nothing, of 120 s 0.9', () => {
    const throttle = seen(0, 50);
    expect(throttle.rejection({ ...rule, window: 10_000 }, 30_000)).toBe(0);
    expect(throttle.rejection(rule, 30_000)).toBe(0.9);
  });

  test('is known by its state, 1 throttle a state, and is not made by looking', () => {
    const state = { origin: 'https://a.test', inFlight: 0 };
    expect(Throttle.peek(state)).toBeUndefined();
    const throttle = Throttle.of(state);
    expect(Throttle.of(state)).toBe(throttle);
    expect(Throttle.peek(state)).toBe(throttle);
    expect(Throttle.of({ ...state })).not.toBe(throttle);
  });

  test('is at least 0, at most its most, and grows with no acceptance, 500 times', () => {
    const requests = fc.array(
      fc.record({ accepted: fc.boolean(), wait: fc.nat({ max: 20_000 }) }),
      { maxLength: 100 },
    );
    const rules = fc.record({
      k: fc.double({ min: 1, max: 10, noNaN: true }),
      window: fc.integer({ min: 1, max: 120_000 }),
      maxRejection: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(requests, rules, (given, drawn) => {
        const throttle = new Throttle();
        let now = 0;
        for (const { accepted, wait } of given) {
          now += wait;
          const before = throttle.rejection(drawn, now);
          throttle.record(accepted, now, drawn);
          const after = throttle.rejection(drawn, now);
          expect(after).toBeGreaterThanOrEqual(0);
          expect(after).toBeLessThanOrEqual(drawn.maxRejection);
          if (accepted) expect(after).toBeLessThanOrEqual(before);
          else expect(after).toBeGreaterThanOrEqual(before);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
