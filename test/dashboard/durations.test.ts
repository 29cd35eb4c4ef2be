import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Durations } from '../../src/dashboard/durations.ts';

const shares = [0.5, 0.95, 0.99];

function durationsOf(given: readonly number[]): Durations {
  const durations = new Durations();
  for (const duration of given) durations.record(duration);
  return durations;
}

test('knows 3 times null of 0 calls', () => {
  expect(new Durations().quantiles(shares)).toEqual([null, null, null]);
});

test('knows 1 call of 123 ms, and 1 of 2 minutes, as it was', () => {
  expect(durationsOf([123]).quantiles(shares)).toEqual([123, 123, 123]);
  expect(durationsOf([120_000]).quantiles(shares)).toEqual([120_000, 120_000, 120_000]);
});

test('is at most 5 % above a sorted list, and never below it', () => {
  const lengths = fc.array(fc.double({ min: 0.2, max: 59_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(lengths, (given) => {
      const sorted = given.toSorted((one, other) => one - other);
      const found = durationsOf(given).quantiles(shares);
      for (const [index, share] of shares.entries()) {
        const truth = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
        expect(found[index]).toBeGreaterThanOrEqual(truth * (1 - 1e-9));
        expect(found[index]).toBeLessThanOrEqual(truth * 1.05 * (1 + 1e-9));
      }
    }),
  );
});

test('forgets 2 calls when it is cleared', () => {
  const durations = durationsOf([1, 50_000]);
  durations.clear();
  expect(durations.quantiles(shares)).toEqual([null, null, null]);
  durations.record(5);
  expect(durations.quantiles([1])).toEqual([5]);
});
