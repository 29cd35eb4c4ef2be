import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Backoff, backoffDelay, defaultBackoff } from '../../src/decisions/backoff.ts';
import { seeded } from '../support/seeded.ts';

const longest = 2 ** 31 - 1;
const types = ['exponential', 'linear', 'constant'] as const;
const jitters = ['full', 'equal', 'decorrelated', 'none'] as const;

/** 0, or enough of a millisecond to be halved without leaving what a number can hold. */
const lengths = fc
  .double({ min: 0, max: longest, noNaN: true })
  .map((length) => (length < 1e-6 ? 0 : length));

/** What the options admit, and what merging two sets of them can make of it: a cap below the base. */
const schedules: fc.Arbitrary<Backoff> = fc.record({
  type: fc.constantFrom(...types),
  base: lengths,
  factor: fc.oneof(
    fc.double({ min: 1, max: 10, noNaN: true }),
    fc.double({ min: 1, max: Number.MAX_VALUE, noNaN: true }),
  ),
  cap: lengths,
  jitter: fc.constantFrom(...jitters),
});
const retries = fc.nat({ max: 5_000 });
const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const half = () => 0.5;
const plain = (changes: Partial<Backoff>): Backoff => ({ ...defaultBackoff, ...changes });

describe('the ceiling', () => {
  test.each([
    ['exponential', [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]],
    ['linear', [200, 400, 600, 800, 1_000, 1_200, 1_400, 1_600]],
    ['constant', [200, 200, 200, 200, 200, 200, 200, 200]],
  ] as const)('grows over 8 retries as a schedule that is %s says', (type, expected) => {
    const schedule = plain({ type, jitter: 'none' });
    expect(expected.map((_, retry) => backoffDelay(schedule, retry, 0, half))).toEqual(expected);
  });

  test('is 1.5 times the one before where the factor is 1.5', () => {
    const schedule = plain({ factor: 1.5, jitter: 'none' });
    expect([0, 1, 2, 3].map((retry) => backoffDelay(schedule, retry, 0, half))).toEqual([
      200, 300, 450, 675,
    ]);
  });

  test('stays where it is with a factor of 1', () => {
    const schedule = plain({ factor: 1, jitter: 'none' });
    expect(backoffDelay(schedule, 1_000, 0, half)).toBe(200);
  });

  test('never falls from one of 5,000 retries to the next', () => {
    fc.assert(
      fc.property(schedules, retries, (schedule, retry) => {
        const ceiling = (at: number) =>
          backoffDelay({ ...schedule, jitter: 'none' }, at, 0, () => 0);
        expect(ceiling(retry + 1)).toBeGreaterThanOrEqual(ceiling(retry));
      }),
      { examples: [[plain({ base: 0, factor: 2 }), 1_023]] },
    );
  });

  test('is the cap where the base is above it, as a cap of 100 over the default base is', () => {
    expect(backoffDelay(plain({ cap: 100, jitter: 'none' }), 0, 0, half)).toBe(100);
  });

  test('is 0 for a base of 0, however far the factor has grown', () => {
    const schedule = plain({ base: 0, factor: 1e308, jitter: 'none' });
    expect([0, 1, 2, 3].map((retry) => backoffDelay(schedule, retry, 0, half))).toEqual([
      0, 0, 0, 0,
    ]);
  });
});

describe('jitter', () => {
  test('of the default schedule is full, from a base of 200 to a cap of 10,000', () => {
    expect(defaultBackoff).toEqual({
      type: 'exponential',
      base: 200,
      factor: 2,
      cap: 10_000,
      jitter: 'full',
    });
  });

  test.each([
    ['full', 0, 0],
    ['full', 0.25, 200],
    ['full', 0.999, 799.2],
    ['equal', 0, 400],
    ['equal', 0.25, 500],
    ['equal', 0.999, 799.6],
    ['none', 0, 800],
    ['none', 0.999, 800],
  ] as const)('%s draws at %d a third delay of %d ms', (jitter, random, expected) => {
    expect(backoffDelay(plain({ jitter }), 2, 0, () => random)).toBeCloseTo(expected, 9);
  });

  test('decorrelated draws the first delay from 1 to 3 bases', () => {
    const schedule = plain({ jitter: 'decorrelated' });
    const draw = (random: number) => backoffDelay(schedule, 0, schedule.base, () => random);
    expect([0, 0.5, 1].map(draw)).toEqual([200, 400, 600]);
  });

  test('decorrelated draws up to 3 times the delay before, whatever the number of the retry', () => {
    const schedule = plain({ jitter: 'decorrelated' });
    const draw = (retry: number, random: number) =>
      backoffDelay(schedule, retry, 1_000, () => random);
    expect(draw(1, 0)).toBe(200);
    expect(draw(1, 0.5)).toBe(1_600);
    expect(draw(40, 0.5)).toBe(1_600);
    expect(draw(40, 1)).toBe(3_000);
  });

  test('decorrelated stops at the cap of 10,000', () => {
    expect(backoffDelay(plain({ jitter: 'decorrelated' }), 1, 9_000, () => 0.99)).toBe(10_000);
  });

  test('asks for at most 1 random number a delay', () => {
    fc.assert(
      fc.property(schedules, retries, lengths, (schedule, retry, previous) => {
        let asked = 0;
        backoffDelay(schedule, retry, previous, () => {
          asked++;
          return 0.5;
        });
        expect(asked).toBe(schedule.jitter === 'none' ? 0 : 1);
      }),
    );
  });
});

describe('for every schedule', () => {
  test('a delay is a number from 0 to the cap', () => {
    fc.assert(
      fc.property(schedules, retries, lengths, draws, (schedule, retry, previous, random) => {
        const delay = backoffDelay(schedule, retry, previous, () => random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(schedule.cap);
      }),
      { examples: [[plain({ base: 0, factor: 2, jitter: 'full' }), 1_024, 0, 0.5]] },
    );
  });

  test('full jitter is linear in the 1 random number: half of it gives half of the delay', () => {
    fc.assert(
      fc.property(schedules, fc.nat({ max: 500 }), draws, (schedule, retry, random) => {
        const full = { ...schedule, jitter: 'full', factor: 2 } as const;
        const whole = backoffDelay({ ...full, jitter: 'none' }, retry, 0, () => 0);
        expect(backoffDelay(full, retry, 0, () => random)).toBe(random * whole);
        expect(backoffDelay(full, retry, 0, () => random / 2)).toBeCloseTo((random * whole) / 2, 5);
      }),
    );
  });

  test('equal jitter gives at least 1 half of the ceiling', () => {
    fc.assert(
      fc.property(schedules, fc.nat({ max: 500 }), draws, (schedule, retry, random) => {
        const equal = { ...schedule, jitter: 'equal', factor: 2 } as const;
        const whole = backoffDelay({ ...equal, jitter: 'none' }, retry, 0, () => 0);
        const delay = backoffDelay(equal, retry, 0, () => random);
        expect(delay).toBeGreaterThanOrEqual(whole / 2);
        expect(delay).toBeLessThanOrEqual(whole);
      }),
    );
  });

  test('decorrelated jitter stays within the base and 3 times the delay before, and the cap', () => {
    fc.assert(
      fc.property(schedules, retries, lengths, draws, (schedule, retry, before, random) => {
        const { base, cap } = schedule;
        const decorrelated = { ...schedule, jitter: 'decorrelated' } as const;
        const previous = Math.max(base, before);
        const delay = backoffDelay(decorrelated, retry, previous, () => random);
        expect(delay).toBeGreaterThanOrEqual(Math.min(cap, base));
        expect(delay).toBeLessThanOrEqual(Math.min(cap, 3 * previous));
      }),
    );
  });
});

test('10,000 draws of full jitter fill all 10 tenths of the ceiling evenly', () => {
  const random = seeded(7);
  const tenths = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw++) {
    const tenth = Math.floor(backoffDelay(defaultBackoff, 0, 0, random) / 20);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  expect(Math.min(...tenths)).toBeGreaterThan(900);
  expect(Math.max(...tenths)).toBeLessThan(1_100);
});
