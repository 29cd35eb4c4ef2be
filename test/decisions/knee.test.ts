import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exponentialTime } from '../../bench/simulate/limits/scenarios.ts';
import { type Durations, Knee } from '../../src/decisions/knee.ts';
import { seeded } from '../support/seeded.ts';

function durations(...milliseconds: readonly number[]): Durations {
  const logarithms = milliseconds.map((duration) => Math.log(duration));
  return {
    calls: logarithms.length,
    sum: logarithms.reduce((sum, logarithm) => sum + logarithm, 0),
    squares: logarithms.reduce((sum, logarithm) => sum + logarithm * logarithm, 0),
  };
}

/** So many calls of a duration that varies by 1 % up and down. */
const about = (milliseconds: number, calls = 100): Durations =>
  durations(
    ...Array.from({ length: calls }, (_, at) => milliseconds * (at % 2 === 0 ? 0.99 : 1.01)),
  );

/** So many calls, half of them 2.2 times as long and half of them 2.2 times as short. */
const spread = (milliseconds: number, calls: number): Durations =>
  durations(
    ...Array.from({ length: calls }, (_, at) => milliseconds * Math.exp(at % 2 === 0 ? 0.8 : -0.8)),
  );

/** So many calls whose times are exponential. */
const drawn = (mean: number, calls: number, random: () => number): Durations =>
  durations(...Array.from({ length: calls }, () => exponentialTime(mean)(random, 0)));

const limitsOf = ({ low, high }: Knee): [low: number, high: number] => [low, high];

function kneeFrom(initial: number): Knee {
  const knee = new Knee(initial);
  knee.fit(1, 1_000);
  return knee;
}

/** Shows it a server without noise until so many brackets have been tried: a call waits for all that are before it. */
function search(knee: Knee, workers: () => number, brackets: number): [number, number][] {
  const latency = (limit: number) => about(20 * Math.max(1, limit / workers()));
  return Array.from({ length: brackets }, () => {
    for (let pair = 0; pair < 10; pair++) {
      if (knee.compare(latency(knee.low), latency(knee.high))) break;
    }
    knee.fit(1, 1_000);
    return limitsOf(knee);
  });
}

describe('the bracket', () => {
  test('begins from a quarter of the initial 20 to all of it', () => {
    expect(limitsOf(kneeFrom(20))).toEqual([5, 20]);
  });

  test('moves up by a factor of 2 where 20 ms are 20 ms at either limit', () => {
    const knee = kneeFrom(20);
    expect(knee.compare(about(20), about(20))).toBe(true);
    knee.fit(1, 1_000);
    expect(limitsOf(knee)).toEqual([12, 32]);
  });

  test('moves down by a factor of 2 where 4 times the limit takes 4 times as long', () => {
    const knee = kneeFrom(20);
    expect(knee.compare(about(20), about(80))).toBe(true);
    knee.fit(1, 1_000);
    expect(limitsOf(knee)).toEqual([3, 8]);
  });

  test('stays around 10 where 4 times the limit takes 2 times as long, and narrows to 6 and 16', () => {
    const knee = kneeFrom(20);
    expect(knee.compare(about(20), about(40))).toBe(true);
    knee.fit(1, 1_000);
    expect(limitsOf(knee)).toEqual([6, 16]);
  });

  test.each([
    [2, 8],
    [20, 8],
    [20, 100],
    [200, 8],
    [1_000, 20],
  ])(
    'from %d it has the knee of %d workers between its limits after 12 searches',
    (from, workers) => {
      const brackets = search(kneeFrom(from), () => workers, 40);
      for (const [low, high] of brackets.slice(12)) {
        expect(low).toBeLessThanOrEqual(workers);
        expect(high).toBeGreaterThanOrEqual(workers);
        expect(high / low).toBeLessThan(1.3);
      }
    },
  );

  test('follows from 20 workers to 10, and back, in 8 searches each', () => {
    let workers = 20;
    const knee = kneeFrom(20);
    search(knee, () => workers, 12);
    workers = 10;
    const [low = 0, high = 0] = search(knee, () => workers, 8).at(-1) ?? [];
    expect([low <= 10, high >= 10, high <= 13]).toEqual([true, true, true]);
    workers = 20;
    const [lower = 0, higher = 0] = search(knee, () => workers, 8).at(-1) ?? [];
    expect([lower >= 15, lower <= 20, higher >= 20, higher <= 25]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test('does not move for 1 pair of phases when it is narrow, but for 2 that agree', () => {
    const knee = kneeFrom(20);
    search(knee, () => 20, 20);
    expect(knee.high / knee.low).toBeLessThan(1.25);
    expect(knee.compare(about(20), about(40))).toBe(false);
    expect(knee.compare(about(20), about(40))).toBe(true);
  });

  test('is laid below where the latency at the lower limit doubles in 3 pairs', () => {
    const knee = kneeFrom(20);
    search(knee, () => 20, 20);
    const [low, high] = limitsOf(knee);
    const moves = Array.from({ length: 3 }, () => knee.compare(spread(40, 16), spread(44, 48)));
    knee.fit(1, 1_000);
    expect(moves).toEqual([false, false, true]);
    expect(knee.low).toBeLessThan(0.6 * low);
    expect(knee.high).toBeLessThan(1.05 * high);
  });

  test('stays a third wide for 7 moves after that, and is below a fifth after 40', () => {
    const knee = kneeFrom(200);
    search(knee, () => 200, 20);
    for (let pair = 0; pair < 3; pair++) knee.compare(spread(40, 16), spread(44, 48));
    knee.fit(1, 1_000);
    const ratios = search(knee, () => 100, 40).map(([low, high]) => high / low);
    expect(Math.min(...ratios.slice(0, 7))).toBeGreaterThan(1.33);
    expect(ratios.at(-1)).toBeLessThan(1.2);
  });

  test.each([20, 200])(
    'of %d slots gains 15 to 25 in 100 moves where its limits fit, be it few or many',
    (initial) => {
      const knee = kneeFrom(initial);
      search(knee, () => initial, 20);
      const before = knee.high;
      for (let move = 0; move < 100; move++) {
        const latency = 20 * (knee.high / knee.low) ** 0.5;
        for (let pair = 0; pair < 2; pair++) knee.compare(about(20), about(latency));
        knee.fit(1, 1_000);
      }
      expect(knee.high - before).toBeGreaterThanOrEqual(15);
      expect(knee.high - before).toBeLessThanOrEqual(25);
    },
  );

  test('goes down by a tenth where calls are refused', () => {
    const knee = kneeFrom(20);
    search(knee, () => 20, 20);
    const [low, high] = limitsOf(knee);
    knee.lower();
    knee.fit(1, 1_000);
    expect(knee.low / low).toBeCloseTo(0.9, 1);
    expect(knee.high / high).toBeCloseTo(0.9, 1);
  });

  test('takes 10 pairs and more of 16 and 48 calls to find out, where times are exponential', () => {
    const random = seeded(3);
    const pairs = Array.from({ length: 20 }, () => {
      const knee = kneeFrom(20);
      search(knee, () => 20, 20);
      for (let pair = 1; ; pair++) {
        if (knee.compare(drawn(20, 16, random), drawn(22, 48, random))) return pair;
      }
    });
    const median = pairs.toSorted((one, other) => one - other)[10];
    expect(median).toBeGreaterThan(10);
    expect(Math.max(...pairs)).toBeLessThan(60);
  });

  test('takes 1 call of 10 s among 100 of 20 ms for no more than a queue of 6.4 %', () => {
    const disturbed = durations(...new Array<number>(99).fill(20), 10_000);
    const plain = durations(...new Array<number>(100).fill(20));
    expect((disturbed.sum - plain.sum) / 100).toBeCloseTo(Math.log(1.064), 3);
  });

  test('is 2 integers within bounds, whatever it is shown in 1,000 runs', () => {
    const duration = fc.oneof(fc.double({ min: 0.1, max: 1e300, noNaN: true }), fc.constant(20));
    const phase = fc
      .array(duration, { minLength: 1, maxLength: 5 })
      .map((all) => durations(...all));
    const steps = fc.array(fc.oneof(fc.constant('refused' as const), fc.tuple(phase, phase)));
    const bounds = fc.tuple(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 1, max: 2 ** 31 }),
    );
    fc.assert(
      fc.property(bounds, fc.integer({ min: 1, max: 2 ** 31 }), steps, (limits, initial, shown) => {
        const [min, max] = [Math.min(...limits), Math.max(...limits)];
        const knee = new Knee(initial);
        for (const step of shown) {
          if (step === 'refused') knee.lower();
          else knee.compare(...step);
          knee.fit(min, max);
          expect(Number.isInteger(knee.low) && Number.isInteger(knee.high)).toBe(true);
          expect(knee.low).toBeGreaterThanOrEqual(min);
          expect(knee.high).toBeLessThanOrEqual(max);
          expect(knee.low).toBeLessThanOrEqual(knee.high);
        }
      }),
      { numRuns: 1_000, seed: 45 },
    );
  });
});
