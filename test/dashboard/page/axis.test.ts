import { describe, expect, test } from 'vitest';
import { linearAxis, logAxis } from '../../../src/dashboard/page/axis.ts';

describe('a linear axis', () => {
  test.each([
    [0, 2, [0, 1, 2]],
    [1, 2, [0, 1, 2]],
    [3, 2, [0, 2, 4]],
    [41, 2, [0, 30, 60]],
    [99, 2, [0, 50, 100]],
    [1_001, 2, [0, 1_000, 2_000]],
    [0.07, 0.1, [0, 0.05, 0.1]],
  ])('for values up to %d, and %d at least, has its lines at %j, 1 of 7', (most, least, ticks) => {
    expect(linearAxis(most, least).ticks).toEqual(ticks);
  });

  test('places 15 of 60 at a quarter, and what is beyond it at its ends', () => {
    const { place } = linearAxis(60, 2);
    expect([place(15), place(-1), place(61)]).toEqual([0.25, 0, 1]);
  });
});

describe('a logarithmic axis', () => {
  test.each([
    [12, 88, [10, 20, 50, 100]],
    [1, 1, [1, 2, 5, 10]],
    [40, 2_100, [50, 100, 500, 1_000, 5_000]],
    [3, 90_000, [10, 100, 1_000, 10_000, 100_000]],
    [0.2, 5_000_000, [1, 100, 10_000, 1_000_000]],
  ])('from %d to %d has its lines at %j, 1 of 5', (low, high, ticks) => {
    expect(logAxis(low, high).ticks).toEqual(ticks);
  });

  test('places each decade of 3 at the same distance', () => {
    const { place } = logAxis(1, 1_000);
    expect([1, 10, 100, 1_000].map((value) => Number(place(value).toFixed(3)))).toEqual([
      ...[0, 0.333, 0.667, 1],
    ]);
  });

  test('has room for a value of 0, at its foot', () => {
    expect(logAxis(0, 50).place(0)).toBe(0);
  });

  test('labels at least 2 values, and none within 12 % of another, from 0.1 ms to 10 minutes', () => {
    for (let low = 0.1; low < 600_000; low *= 1.7) {
      for (let high = low; high < 600_000; high *= 2.3) {
        const { ticks, place } = logAxis(low, high);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(place(high)).toBeLessThanOrEqual(1);
        for (const [index, tick] of ticks.entries()) {
          const before = ticks[index - 1];
          if (before !== undefined) expect(place(tick) - place(before)).toBeGreaterThan(0.119);
        }
      }
    }
  });
});
