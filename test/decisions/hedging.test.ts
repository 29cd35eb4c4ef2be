import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultHedge,
  type HedgeRule,
  Hedging,
  waitToAskAgain,
} from '../../src/decisions/hedging.ts';

const fixed: HedgeRule = { ...defaultHedge, delay: 10 };
const learnt = defaultHedge;

/** Copies that calls of that age get at once, until one is refused. */
function copiesAt(hedging: Hedging, age: number, now = 0, rule = fixed): number {
  let copies = 0;
  while (!hedging.refusal(rule, 10, age, now)) {
    hedging.sent();
    copies++;
  }
  return copies;
}

/** So many answers in as many milliseconds, at so many a second. */
function answer(
  hedging: Hedging,
  count: number,
  duration: number,
  { rule = learnt, from = 0, rate = 100 } = {},
): number {
  let now = from;
  for (let index = 0; index < count; index++) {
    now += 1_000 / rate;
    hedging.answered(rule, duration, false, now);
  }
  return now;
}

/** So many calls whose delay is over, 100 a second. */
function passAll(hedging: Hedging, count: number, from: number): number {
  for (let index = 1; index <= count; index++) hedging.passed(from + 10 * index);
  return from + 10 * count;
}

describe('the delay', () => {
  test('is the 10 ms of the rule, whatever is known', () => {
    const hedging = new Hedging();
    expect(hedging.delay(fixed, 0)).toBe(10);
    const now = answer(hedging, 1_000, 500);
    expect(hedging.delay(fixed, now)).toBe(10);
  });

  test('is infinite until 50 answers are known, and again when they are 30 s old', () => {
    const hedging = new Hedging();
    const now = answer(hedging, 49, 20);
    expect(hedging.delay(learnt, now)).toBe(Number.POSITIVE_INFINITY);
    answer(hedging, 1, 20, { from: now });
    expect(hedging.delay(learnt, now)).toBeLessThan(23);
    expect(hedging.delay(learnt, now + 30_000)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is what 95 of 100 answers did not exceed, and at most an eighth more, in whole ms', () => {
    for (const unit of [0.1, 1, 7, 100]) {
      const hedging = new Hedging();
      for (let index = 1; index <= 100; index++) hedging.answered(learnt, index * unit, false, 0);
      const delay = hedging.delay(learnt, 0);
      expect(delay).toBeGreaterThanOrEqual(95 * unit);
      expect(delay).toBeLessThanOrEqual(95 * unit * 1.125);
      expect(Number.isInteger(delay)).toBe(true);
    }
  });

  test('is at least 1 ms, and infinite where answers take more than 1 minute', () => {
    const [quick, slow] = [new Hedging(), new Hedging()];
    answer(quick, 50, 0.2);
    expect(quick.delay(learnt, 500)).toBe(1);
    answer(slow, 50, 61_000);
    expect(slow.delay(learnt, 500)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is not learnt from 9 s of answers that were held back and took 5 s', () => {
    const hedging = new Hedging();
    let now = passAll(hedging, 900, answer(hedging, 1_000, 9));
    for (let index = 0; index < 900; index++) hedging.answered(learnt, 5_000, true, now);
    now = answer(hedging, 400, 9, { from: now });
    expect(hedging.delay(learnt, now)).toBeLessThanOrEqual(10);
  });

  test('is learnt anew within 40 s where answers take 10 times as long from now on', () => {
    const hedging = new Hedging();
    let now = answer(hedging, 3_000, 9);
    const end = now + 40_000;
    for (; now < end; now += 10) {
      const passed = hedging.delay(learnt, now) < 90;
      if (passed) hedging.passed(now);
      hedging.answered(learnt, 90, passed, now);
    }
    expect(hedging.delay(learnt, now)).toBeGreaterThanOrEqual(90);
    expect(hedging.delay(learnt, now)).toBeLessThan(102);
    expect(hedging.refusal(learnt, 96, 96, now)).toBeUndefined();
  });
});

describe('tokens', () => {
  test('suffice for 6 calls at their delay of 10 ms, and for 10 in all', () => {
    const hedging = new Hedging();
    expect(copiesAt(hedging, 10)).toBe(6);
    expect(hedging.refusal(fixed, 10, 10, 0)).toBe('extra-load');
    expect(copiesAt(hedging, 1_000)).toBe(4);
    expect(hedging.refusal(fixed, 10, 1_000_000, 0)).toBe('extra-load');
  });

  test.each([
    [4, 12.5],
    [3, 16.7],
    [2, 25],
    [1, 50],
  ])('are kept for the slowest: with %d left, for those that have waited %d ms', (left, age) => {
    const hedging = new Hedging();
    for (let spent = 10; spent > left; spent--) hedging.sent();
    expect(hedging.refusal(fixed, 10, age - 0.1, 0)).toBe('extra-load');
    expect(hedging.refusal(fixed, 10, age, 0)).toBeUndefined();
  });

  test('are 1 more for each 20 answers, and for failures none', () => {
    const hedging = new Hedging();
    expect(copiesAt(hedging, 1_000)).toBe(10);
    for (let failure = 0; failure < 1_000; failure++) hedging.failed(true, 0);
    expect(copiesAt(hedging, 1_000)).toBe(0);
    answer(hedging, 19, 5);
    expect(copiesAt(hedging, 1_000)).toBe(0);
    answer(hedging, 2, 5);
    expect(copiesAt(hedging, 1_000)).toBe(1);
  });

  test('are 10 at the most, after 10,000 answers', () => {
    const hedging = new Hedging();
    const now = answer(hedging, 10_000, 5);
    expect(copiesAt(hedging, 1_000, now)).toBe(10);
  });

  test('never let more through than 10 and 5 % of the answers, from any moment to any other', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('ask', 'ask', 'answer', 'answer', 'answer', 'fail', 'pass'),
        age: fc.integer({ min: 10, max: 5_000 }),
        wait: fc.nat({ max: 500 }),
      }),
      { maxLength: 300 },
    );
    const shares = fc.constantFrom(0.01, 0.05, 0.5, 1);
    fc.assert(
      fc.property(steps, shares, (given, maxExtraLoad) => {
        const rule = { ...fixed, maxExtraLoad };
        const hedging = new Hedging();
        let [now, copies, answers] = [0, 0, 0];
        let least = 0;
        for (const { what, age, wait } of given) {
          now += wait;
          if (what === 'answer') {
            hedging.answered(rule, 5, false, now);
            answers++;
          } else if (what === 'fail') hedging.failed(false, now);
          else if (what === 'pass') hedging.passed(now);
          else if (!hedging.refusal(rule, 10, age, now)) {
            hedging.sent();
            copies++;
          }
          const overspent = copies - maxExtraLoad * answers;
          least = Math.min(least, overspent);
          expect(overspent - least).toBeLessThanOrEqual(10 + 1e-9);
        }
      }),
    );
  });
});

describe('an outage', () => {
  /** Whether hedging stops where, of 100 calls a second, this share is in trouble for 10 s. */
  function stopsAt(share: number, kind: 'passed' | 'failed', rule = fixed): boolean {
    const hedging = new Hedging();
    let now = 0;
    for (let index = 0; index < 1_000; index++) {
      now += 10;
      if (Math.floor(index * share) === Math.floor((index + 1) * share)) {
        hedging.answered(rule, 5, false, now);
      } else if (kind === 'failed') hedging.failed(false, now);
      else {
        hedging.passed(now);
        hedging.answered(rule, 50, true, now);
      }
    }
    return hedging.refusal(rule, 10, 10, now) === 'outage';
  }

  test.each([
    [0.05, false],
    [0.2, false],
    [0.3, true],
    [1, true],
  ])('is there where %d of the attempts reach their delay: %s', (share, expected) => {
    expect(stopsAt(share, 'passed')).toBe(expected);
  });

  test.each([
    [0.05, false],
    [0.2, false],
    [0.3, true],
    [1, true],
  ])('is there where %d of the attempts fail: %s', (share, expected) => {
    expect(stopsAt(share, 'failed')).toBe(expected);
  });

  test('is a fifth more than usual: with the delay at the median, 0.55 is none and 0.65 is one', () => {
    const median = { ...learnt, percentile: 0.5 };
    expect(stopsAt(0.55, 'passed', median)).toBe(false);
    expect(stopsAt(0.65, 'passed', median)).toBe(true);
    const generous = { ...fixed, maxExtraLoad: 0.5 };
    expect(stopsAt(0.55, 'passed', generous)).toBe(false);
    expect(stopsAt(0.65, 'passed', generous)).toBe(true);
  });

  test('is seen within 1 s at 100 calls a second, and over 2 to 5 s after its end', () => {
    const hedging = new Hedging();
    let now = answer(hedging, 1_000, 5);
    const began = now;
    while (!hedging.refusal(fixed, 10, 1_000, now)) now = passAll(hedging, 1, now);
    expect(now - began).toBeLessThan(1_000);
    now = passAll(hedging, 950, now);
    const ended = now;
    while (hedging.refusal(fixed, 10, 1_000, now)) now = answer(hedging, 1, 5, { from: now });
    expect(now - ended).toBeGreaterThan(2_000);
    expect(now - ended).toBeLessThan(5_000);
  });

  test('is over after 10 s in which nobody calls', () => {
    const hedging = new Hedging();
    for (let index = 1; index <= 1_000; index++) hedging.passed(10 * index);
    expect(hedging.refusal(fixed, 10, 10, 10_000)).toBe('outage');
    expect(hedging.refusal(fixed, 10, 10, 20_000)).toBeUndefined();
  });

  test('is none where the first 3 calls of all are slow', () => {
    const hedging = new Hedging();
    for (let index = 0; index < 3; index++) {
      hedging.passed(0);
      expect(hedging.refusal(fixed, 10, 10, 0)).toBeUndefined();
    }
    for (let index = 0; index < 3; index++) hedging.passed(0);
    expect(hedging.refusal(fixed, 10, 10, 0)).toBe('outage');
  });

  test('is none where 50 of 1,000 calls that began at once are late, one after another', () => {
    const hedging = new Hedging();
    for (let index = 0; index < 950; index++) hedging.answered(fixed, 5, false, 5);
    for (let index = 0; index < 50; index++) {
      hedging.passed(10);
      expect(hedging.refusal(fixed, 10, 1_000, 10)).toBeUndefined();
    }
  });

  test('is none where 5 of 100 calls take over 10 s and the others came 9 s before', () => {
    const slow = { ...fixed, delay: 10_000 };
    const hedging = new Hedging();
    hedging.delay(slow, 0);
    for (let index = 0; index < 95; index++) hedging.answered(slow, 1_000, false, 1_000);
    for (let index = 0; index < 5; index++) hedging.passed(10_000);
    expect(hedging.refusal(slow, 10_000, 10_000, 10_000)).toBeUndefined();
  });

  test('is not told twice by an attempt that was late and then failed', () => {
    const [once, twice] = [new Hedging(), new Hedging()];
    for (let index = 0; index < 3; index++) {
      once.passed(0);
      twice.passed(0);
      twice.failed(true, 0);
    }
    expect(once.refusal(fixed, 10, 10, 0)).toBeUndefined();
    expect(twice.refusal(fixed, 10, 10, 0)).toBeUndefined();
  });

  test('is seen as before where a clock was put back by 10,000 s', () => {
    const hedging = new Hedging();
    answer(hedging, 1_000, 5, { from: 10_000_000 });
    hedging.passed(0);
    expect(hedging.refusal(fixed, 10, 10, 0)).toBeUndefined();
    for (let index = 0; index < 1_000; index++) hedging.passed(0);
    expect(hedging.refusal(fixed, 10, 10, 0)).toBe('outage');
  });
});

describe('a call that was refused asks again', () => {
  test.each([
    [1, 1],
    [10, 3],
    [100, 25],
    [1_000, 256],
    [10_000, 2_560],
  ])('at an age of %d ms after %d ms', (age, wait) => {
    expect(waitToAskAgain(age)).toBe(wait);
  });

  test('when it is a quarter older, and up to an eighth of that more: 190 lengths for all ages to 1 minute', () => {
    const ages = Array.from({ length: 60_000 }, (_, index) => index + 1);
    const wrong = ages.filter((age) => {
      const wait = waitToAskAgain(age);
      return wait < age / 4 || wait >= Math.max(age / 4 + 1, (age / 4) * 1.125);
    });
    expect(wrong).toEqual([]);
    expect(new Set(ages.map(waitToAskAgain)).size).toBeLessThan(190);
  });
});
