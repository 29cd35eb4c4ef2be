import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyWindow } from '../../src/decisions/latency.ts';

const durations = fc.double({ min: 0.1, max: 59_000, noNaN: true });

function windowOf(given: readonly number[], now = 0): LatencyWindow {
  const window = new LatencyWindow();
  for (const duration of given) window.record(duration, now);
  return window;
}

/** 1, 2, … up to so many. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a quantile', () => {
  test('is none of 0 answers', () => {
    expect(new LatencyWindow().quantile(0.95, 0)).toBeUndefined();
  });

  test('of 1 answer in 10 ms is at least 10 ms and at most 5 % more, whichever it is', () => {
    for (const p of [0, 0.5, 0.95, 1]) {
      expect(windowOf([10]).quantile(p, 0)).toBeGreaterThanOrEqual(10);
      expect(windowOf([10]).quantile(p, 0)).toBeLessThanOrEqual(10.5);
    }
  });

  test('of 1 to 1,000 ms is 500, 950 and 999 ms, and at most 5 % more', () => {
    const window = windowOf(upTo(1_000));
    for (const p of [0.5, 0.95, 0.999]) {
      expect(window.quantile(p, 0)).toBeGreaterThanOrEqual(1_000 * p);
      expect(window.quantile(p, 0)).toBeLessThanOrEqual(1_050 * p);
    }
  });

  test('is infinite for an answer that took 2 minutes, and 0.1 ms for one that took none', () => {
    expect(windowOf([120_000]).quantile(0.5, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(windowOf([0]).quantile(0.5, 0)).toBe(0.1);
    expect(windowOf([-1]).quantile(0.5, 0)).toBe(0.1);
  });

  test('agrees with a sorted list of up to 300 answers, to 5 %', () => {
    fc.assert(
      fc.property(
        fc.array(durations, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (given, p) => {
          const sorted = given.toSorted((one, other) => one - other);
          const exact = sorted[Math.max(0, Math.ceil(p * given.length) - 1)] ?? Number.NaN;
          const quantile = windowOf(given).quantile(p, 0) ?? Number.NaN;
          expect(quantile).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
          expect(quantile).toBeLessThanOrEqual(exact * (1.05 + 1e-9));
        },
      ),
    );
  });

  test('is looked up anew when 5 % more answers are there, and not before', () => {
    const window = windowOf(new Array(100).fill(1));
    expect(window.quantile(1, 0)).toBeLessThan(1.1);
    for (let more = 1; more <= 5; more++) {
      expect(window.quantile(1, 0)).toBeLessThan(1.1);
      window.record(1_000, 0);
    }
    expect(window.quantile(1, 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('is looked up for each of 2 shares that take turns', () => {
    const window = windowOf(upTo(100));
    for (let turn = 0; turn < 3; turn++) {
      expect(window.quantile(0.5, 0)).toBeLessThan(60);
      expect(window.quantile(0.9, 0)).toBeGreaterThan(80);
    }
  });
});

describe('the window', () => {
  test('holds an answer for 20 s at least and 30 s at most', () => {
    for (const at of [0, 3_000, 9_999]) {
      const window = windowOf([10], at);
      expect(window.count(at + 20_000)).toBe(1);
      expect(window.quantile(0.5, at + 20_000)).toBeGreaterThanOrEqual(10);
      expect(window.count(at + 30_000)).toBe(0);
      expect(window.quantile(0.5, at + 30_000)).toBeUndefined();
    }
  });

  test('drops its answers a third at a time: 30, 20, 10, 0', () => {
    const window = new LatencyWindow();
    for (let second = 0; second < 30; second++) window.record(10, second * 1_000);
    const left = [29_999, 30_000, 40_000, 50_000].map((now) => window.count(now));
    expect(left).toEqual([30, 20, 10, 0]);
  });

  test('begins anew after 1 hour of silence, whichever third the hour ends in', () => {
    for (const late of [0, 10_000, 20_000]) {
      const window = windowOf([5, 5, 5], 0);
      const now = 3_600_000 + late;
      window.record(50, now);
      expect(window.count(now)).toBe(1);
      expect(window.quantile(0, now)).toBeGreaterThanOrEqual(50);
    }
  });

  test('agrees with a list of all answers, but for the 1 third that is on its way out', () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 6_000 }), durations), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (given) => {
        const window = new LatencyWindow();
        const times: number[] = [];
        let now = 0;
        for (const [wait, duration] of given) {
          now += wait;
          window.record(duration, now);
          times.push(now);
          const younger = (age: number) => times.filter((at) => now - at < age).length;
          expect(window.count(now)).toBeGreaterThanOrEqual(younger(20_000));
          expect(window.count(now)).toBeLessThanOrEqual(younger(30_000));
        }
      }),
    );
  });
});
