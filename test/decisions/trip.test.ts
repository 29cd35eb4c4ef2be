import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breakLength, type TripRule, tripReason, Window } from '../../src/decisions/trip.ts';

const rule: TripRule = {
  failureRatio: 0.5,
  minimumThroughput: 20,
  window: 10_000,
  consecutiveFailures: 10,
  slowCallDuration: false,
  slowCallRatio: 1,
  openFor: 5_000,
  maxOpenFor: 60_000,
};

/** A window in which so many attempts succeeded and failed at 1 time, the failures never 2 in a row if it can be helped. */
function windowOf(successes: number, failures: number, now = 0): Window {
  const window = new Window();
  for (let left = Math.max(successes, failures); left > 0; left--) {
    if (left <= failures) window.record(true, now, rule.window);
    if (left <= successes) window.record(false, now, rule.window);
  }
  return window;
}

describe('the window', () => {
  test('begins with 0 attempts', () => {
    expect(new Window().totals(0, 10_000)).toEqual({ attempts: 0, failures: 0, slow: 0 });
    expect(new Window().consecutive).toBe(0);
  });

  test('counts 3 attempts, 2 of them failures', () => {
    expect(windowOf(1, 2).totals(0, 10_000)).toEqual({ attempts: 3, failures: 2, slow: 0 });
  });

  test('forgets an attempt when it is 10,000 ms old', () => {
    const window = windowOf(0, 1);
    expect(window.totals(9_999, 10_000).attempts).toBe(1);
    expect(window.totals(10_000, 10_000).attempts).toBe(0);
  });

  test('slides: of 10 attempts, 1 a second, the older ones go one by one', () => {
    const window = new Window();
    for (let second = 0; second < 10; second++) window.record(true, second * 1_000, 10_000);
    const left = [9_000, 10_000, 11_500, 15_000, 18_999, 19_000].map(
      (now) => window.totals(now, 10_000).attempts,
    );
    expect(left).toEqual([10, 9, 8, 4, 1, 0]);
  });

  test('counts failures in a row, and begins again after 1 success', () => {
    const window = new Window();
    const rows = [true, true, false, true, true, true].map((failed) => {
      window.record(failed, 0, 10_000);
      return window.consecutive;
    });
    expect(rows).toEqual([1, 2, 0, 1, 2, 3]);
  });

  test('counts failures in a row over 1 hour of silence', () => {
    const window = windowOf(0, 9);
    window.record(true, 3_600_000, 10_000);
    expect(window.consecutive).toBe(10);
    expect(window.totals(3_600_000, 10_000)).toEqual({ attempts: 1, failures: 1, slow: 0 });
  });

  test('counts 3 slow attempts, 1 of them a failure', () => {
    const window = new Window();
    for (const failed of [true, false, false]) window.record(failed, 0, 10_000, true);
    window.record(false, 0, 10_000);
    expect(window.totals(0, 10_000)).toEqual({ attempts: 4, failures: 1, slow: 3 });
  });

  test('is spotless until 1 attempt fails or is slow, and again 10,000 ms later', () => {
    for (const [failed, slow] of [
      [true, false],
      [false, true],
    ] as const) {
      const window = windowOf(5, 0);
      expect(window.spotless(0, 10_000)).toBe(true);
      window.record(failed, 100, 10_000, slow);
      expect(window.spotless(10_099, 10_000)).toBe(false);
      expect(window.spotless(10_100, 10_000)).toBe(true);
    }
  });

  test('agrees with a list of every attempt, but for the 1 slice that is on its way out', () => {
    const attempts = fc.array(
      fc.record({
        wait: fc.oneof(fc.constant(0), fc.nat({ max: 300 }), fc.nat({ max: 3_000 })),
        failed: fc.boolean(),
        slow: fc.boolean(),
      }),
      { maxLength: 200 },
    );
    const lengths = fc.constantFrom(1, 7, 100, 1_000, 10_000);
    fc.assert(
      fc.property(attempts, lengths, fc.nat({ max: 12_000 }), (given, length, silence) => {
        const window = new Window();
        const list: { at: number; failed: boolean; slow: boolean }[] = [];
        let now = 1_000;
        const younger = (age: number) => {
          const young = list.filter(({ at }) => now - at < age);
          return {
            attempts: young.length,
            failures: young.filter((one) => one.failed).length,
            slow: young.filter((one) => one.slow).length,
          };
        };
        const agree = () => {
          const most = younger(length);
          const least = younger(length - length / 10);
          const totals = window.totals(now, length);
          for (const key of ['attempts', 'failures', 'slow'] as const) {
            expect(totals[key]).toBeLessThanOrEqual(most[key]);
            expect(totals[key]).toBeGreaterThanOrEqual(least[key]);
          }
          if (window.spotless(now, length)) expect(totals).toMatchObject({ failures: 0, slow: 0 });
          const row = list.length - 1 - list.findLastIndex((one) => !one.failed);
          expect(window.consecutive).toBe(row);
        };
        for (const { wait, failed, slow } of given) {
          now += wait;
          window.record(failed, now, length, slow);
          list.push({ at: now, failed, slow });
          agree();
        }
        now += silence;
        agree();
      }),
      { numRuns: 100 },
    );
  });
});

describe('a circuit opens', () => {
  test.each([
    ['not at 0 attempts', 0, 0, undefined],
    ['not at 9 failures of 19 attempts', 10, 9, undefined],
    ['not at 19 attempts, however many failed', 10, 9, undefined],
    ['at exactly half of 20', 10, 10, 'failure-ratio'],
    ['not at 9 failures of 20', 11, 9, undefined],
    ['at 11 failures of 21', 10, 11, 'failure-ratio'],
    ['not at 99 failures of 199', 100, 99, undefined],
  ] as const)('by the ratio: %s', (_, successes, failures, expected) => {
    const patient = { ...rule, consecutiveFailures: 1_000 };
    expect(tripReason(windowOf(successes, failures), patient, 0)).toBe(expected);
  });

  test('at the 10th failure in a row, whatever the ratio', () => {
    const window = windowOf(100, 0);
    for (let failure = 1; failure < 10; failure++) {
      window.record(true, 0, rule.window);
      expect(tripReason(window, rule, 0)).toBeUndefined();
    }
    window.record(true, 0, rule.window);
    expect(tripReason(window, rule, 0)).toBe('consecutive-failures');
  });

  test('at 1 failure where 1 in a row is enough', () => {
    expect(tripReason(windowOf(0, 1), { ...rule, consecutiveFailures: 1 }, 0)).toBe(
      'consecutive-failures',
    );
  });

  test('at 1 failure of 1 where the minimum throughput is 1', () => {
    expect(tripReason(windowOf(0, 1), { ...rule, minimumThroughput: 1 }, 0)).toBe('failure-ratio');
  });

  test('at a ratio of 1 only if every one of 20 failed', () => {
    const strict = { ...rule, failureRatio: 1, consecutiveFailures: 1_000 };
    expect(tripReason(windowOf(0, 20), strict, 0)).toBe('failure-ratio');
    expect(tripReason(windowOf(1, 20), strict, 0)).toBeUndefined();
  });

  describe('by slow calls', () => {
    const counting = { ...rule, slowCallDuration: 1_000, consecutiveFailures: 1_000 };
    const slowWindow = (slow: number, swift: number, failed = false) => {
      const window = windowOf(swift, 0);
      for (let left = slow; left > 0; left--) window.record(failed, 0, rule.window, true);
      return window;
    };

    test.each([
      ['not at 19 of 19', 19, 0, 1, undefined],
      ['at 20 of 20', 20, 0, 1, 'slow-call-ratio'],
      ['not at 20 of 21 where all must be slow', 20, 1, 1, undefined],
      ['at exactly half of 20 where half is enough', 10, 10, 0.5, 'slow-call-ratio'],
      ['not at 9 of 20 where half is needed', 9, 11, 0.5, undefined],
    ] as const)('%s', (_, slow, swift, slowCallRatio, expected) => {
      const window = slowWindow(slow, swift);
      expect(tripReason(window, { ...counting, slowCallRatio }, 0)).toBe(expected);
    });

    test('not where they are not counted: 20 of 20, measured for others', () => {
      expect(tripReason(slowWindow(20, 0), rule, 0)).toBeUndefined();
    });

    test('but by the failures first, where 20 of 20 are both', () => {
      expect(tripReason(slowWindow(20, 0, true), counting, 0)).toBe('failure-ratio');
    });
  });

  test('not by failures that left the window 1 ms ago', () => {
    const window = windowOf(10, 10);
    const patient = { ...rule, consecutiveFailures: 1_000 };
    expect(tripReason(window, patient, 9_999)).toBe('failure-ratio');
    expect(tripReason(window, patient, 10_000)).toBeUndefined();
  });

  test('exactly where a count of 1 to 60 attempts says so', () => {
    const rules = fc.record({
      failureRatio: fc.constantFrom(0.1, 0.25, 0.5, 0.75, 1),
      minimumThroughput: fc.integer({ min: 1, max: 30 }),
      consecutiveFailures: fc.integer({ min: 1, max: 30 }),
    });
    const ends = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(ends, rules, (failures, given) => {
        const window = new Window();
        for (const failed of failures) window.record(failed, 0, rule.window);
        const row = failures.length - 1 - failures.lastIndexOf(false);
        const share = failures.filter(Boolean).length / failures.length;
        const byRow = row >= given.consecutiveFailures;
        const byRatio = failures.length >= given.minimumThroughput && share >= given.failureRatio;
        expect(tripReason(window, { ...rule, ...given }, 0)).toBe(
          byRow ? 'consecutive-failures' : byRatio ? 'failure-ratio' : undefined,
        );
      }),
    );
  });
});

describe('a circuit stays open', () => {
  const middle = () => 0.5;

  test('for 5,000 ms the first time, without jitter', () => {
    expect(breakLength(rule, 0, 0, () => 0)).toBe(5_000);
    expect(breakLength(rule, 0, 0, () => 0.999)).toBe(5_000);
  });

  test('twice as long at each re-opening, up to 60,000 ms', () => {
    const lengths = [0, 1, 2, 3, 4, 5, 10_000].map((count) => breakLength(rule, count, 0, middle));
    expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  test('20 % more or less from the first re-opening on', () => {
    expect(breakLength(rule, 1, 0, () => 0)).toBeCloseTo(8_000, 6);
    expect(breakLength(rule, 1, 0, () => 1)).toBeCloseTo(12_000, 6);
    expect(breakLength(rule, 3, 0, () => 0)).toBeCloseTo(32_000, 6);
    expect(breakLength(rule, 3, 0, () => 1)).toBeCloseTo(48_000, 6);
  });

  test('at least as long as a Retry-After of 7,000 ms that came with the failure', () => {
    expect(breakLength(rule, 0, 7_000, middle)).toBe(7_000);
    expect(breakLength(rule, 1, 7_000, middle)).toBe(10_000);
  });

  test('no longer than 60,000 ms for a Retry-After of 1 hour, or of for ever', () => {
    expect(breakLength(rule, 0, 3_600_000, middle)).toBe(60_000);
    expect(breakLength(rule, 0, Number.POSITIVE_INFINITY, middle)).toBe(60_000);
  });

  test('for a finite time of at most maxOpenFor, for 1,000 sets of numbers', () => {
    const lengths = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(
        fc.tuple(lengths, lengths).map((pair) => pair.toSorted((one, other) => one - other)),
        fc.nat({ max: 3_000 }),
        fc.oneof(fc.constant(0), lengths),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ([openFor = 1, maxOpenFor = 1], reopenings, retryAfter, random) => {
          const given = { ...rule, openFor, maxOpenFor };
          const length = breakLength(given, reopenings, retryAfter, () => random);
          expect(length).toBeLessThanOrEqual(maxOpenFor);
          expect(length).toBeGreaterThanOrEqual(Math.min(openFor, maxOpenFor));
          expect(length).toBeGreaterThanOrEqual(Math.min(retryAfter, maxOpenFor));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
