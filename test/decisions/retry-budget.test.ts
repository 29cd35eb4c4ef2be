import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OriginState } from '../../src/core/per-origin.ts';
import { type BudgetRule, defaultBudget, RetryBudget } from '../../src/decisions/retry-budget.ts';

const still: BudgetRule = { capacity: 10, deposit: 0.1, trickle: 0 };
const dripping: BudgetRule = { ...still, trickle: 0.1 };

/** Takes so many tokens, or as many as there are. */
function drain(budget: RetryBudget, rule: BudgetRule, now = 0, most = 1_000): number {
  let taken = 0;
  while (taken < most && budget.take(rule, now)) taken++;
  return taken;
}

function deposits(budget: RetryBudget, rule: BudgetRule, successes: number): void {
  for (let success = 0; success < successes; success++) budget.deposit(rule, 0);
}

describe('a bucket', () => {
  test('of the default rule holds 10 tokens, gets 0.2 for a success and at first 0.05 a second', () => {
    expect(defaultBudget).toEqual({ capacity: 10, deposit: 0.2, trickle: 0.05 });
  });

  test('begins with 10 tokens, at whatever time', () => {
    for (const now of [-1e12, 0, 1e12]) expect(new RetryBudget().tokens(still, now)).toBe(10);
    expect(new RetryBudget().full).toBe(true);
  });

  test('gives 10 tokens in a row, and then none', () => {
    const budget = new RetryBudget();
    const given = Array.from({ length: 12 }, () => budget.take(still, 0));
    expect(given).toEqual([...new Array(10).fill(true), false, false]);
    expect(budget.tokens(still, 0)).toBe(0);
  });

  test('gives 1 token for 10 successes of 0.1, and none for 9', () => {
    const budget = new RetryBudget();
    drain(budget, still);
    deposits(budget, still, 9);
    expect(budget.take(still, 0)).toBe(false);
    budget.deposit(still, 0);
    expect(budget.take(still, 0)).toBe(true);
    expect(budget.take(still, 0)).toBe(false);
  });

  test('never holds more than 10, and is full after 10 successes for 1 retry', () => {
    const budget = new RetryBudget();
    budget.take(still, 0);
    expect(budget.full).toBe(false);
    deposits(budget, still, 1_000);
    expect(budget.tokens(still, 0)).toBe(10);
    expect(budget.full).toBe(true);
    expect(drain(budget, still)).toBe(10);
  });

  test('gives whole tokens only: 2 out of 2.9', () => {
    expect(drain(new RetryBudget(), { ...still, capacity: 2.9 })).toBe(2);
  });

  test('of 0 tokens gives none, and one without end gives 1,000', () => {
    expect(drain(new RetryBudget(), { ...dripping, capacity: 0 }, 1e9)).toBe(0);
    expect(drain(new RetryBudget(), { ...still, capacity: Number.POSITIVE_INFINITY })).toBe(1_000);
  });
});

describe('a token that is given back', () => {
  test('can be taken again, 1 time', () => {
    const budget = new RetryBudget();
    drain(budget, still);
    budget.giveBack();
    expect(budget.tokens(still, 0)).toBe(1);
    expect(drain(budget, still)).toBe(1);
  });

  test('makes no 11th of 10', () => {
    const budget = new RetryBudget();
    budget.take(still, 0);
    deposits(budget, still, 10);
    budget.giveBack();
    expect(budget.tokens(still, 0)).toBe(10);
    expect(drain(budget, still)).toBe(10);
  });
});

describe('the trickle', () => {
  test('brings ln(1 + 0.1 t) tokens in t seconds without a success', () => {
    const budget = new RetryBudget();
    drain(budget, dripping);
    const tokens = [0, 1, 20, 60, 600, 3_600].map((t) => budget.tokens(dripping, t * 1_000));
    const expected = [0, 0.095, 1.099, 1.946, 4.111, 5.889];
    for (const [index, value] of expected.entries()) expect(tokens[index]).toBeCloseTo(value, 3);
  });

  test('is down to 0.016 tokens in 10 s after 10 minutes, and back at 0.69 after a success', () => {
    const budget = new RetryBudget();
    drain(budget, dripping);
    drain(budget, dripping, 600_000);
    const before = budget.tokens(dripping, 600_000);
    expect(budget.tokens(dripping, 610_000) - before).toBeCloseTo(0.016, 3);
    budget.deposit({ ...dripping, deposit: 0 }, 600_000);
    expect(budget.tokens(dripping, 610_000) - before).toBeCloseTo(Math.LN2, 9);
  });

  test('is not made up for by a success: 0.685 tokens in the 10 minutes before it, and not 4', () => {
    const budget = new RetryBudget();
    drain(budget, dripping);
    budget.take({ ...dripping, capacity: 0 }, 600_000);
    const before = budget.tokens(dripping, 600_000);
    budget.deposit({ ...dripping, deposit: 0 }, 1_200_000);
    expect(budget.tokens(dripping, 1_200_000) - before).toBeCloseTo(0.685, 3);
  });

  test.each<[string, (budget: RetryBudget) => void]>([
    ['1 success', (budget) => budget.deposit(dripping, 0)],
    ['11 successes', (budget) => deposits(budget, dripping, 11)],
    ['1 token given back', (budget) => budget.giveBack()],
  ])('does not fade in an hour in which nothing is asked: after %s', (_, mend) => {
    const budget = new RetryBudget();
    budget.take(dripping, 0);
    mend(budget);
    drain(budget, dripping, 3_600_000);
    expect(budget.tokens(dripping, 3_600_000)).toBe(0);
    expect(budget.tokens(dripping, 3_660_000)).toBeCloseTo(Math.log(7), 9);
  });

  test('goes on fading where it has filled a bucket of 1 by itself', () => {
    const one = { ...dripping, capacity: 1 };
    const budget = new RetryBudget();
    const times: number[] = [];
    for (let second = 0; second < 600; second++) {
      if (budget.take(one, second * 1_000)) times.push(second);
    }
    expect(times).toEqual([0, 18, 67, 200, 561]);
  });

  test('of 0.05 lets a client of 1 call a minute retry each of 60 calls, if the retries succeed', () => {
    const budget = new RetryBudget();
    drain(budget, defaultBudget);
    budget.deposit(defaultBudget, 0);
    let retried = 0;
    for (let minute = 1; minute <= 60; minute++) {
      if (!budget.take(defaultBudget, minute * 60_000)) continue;
      retried++;
      budget.deposit(defaultBudget, minute * 60_000);
    }
    expect(retried).toBe(60);
  });

  test('brings 0 tokens while the clock stands still, and while it runs backwards', () => {
    const budget = new RetryBudget();
    drain(budget, dripping, 1_000_000);
    for (const now of [1_000_000, 999_000, 0, -1e9, 500_000, 1_000_000]) {
      expect(budget.tokens(dripping, now)).toBe(0);
      expect(budget.take(dripping, now)).toBe(false);
    }
    expect(budget.tokens(dripping, 1_010_000)).toBeCloseTo(Math.log(2), 9);
  });

  test('does not count a time twice that the clock ran through 2 times', () => {
    const budget = new RetryBudget();
    drain(budget, dripping, 0);
    budget.take(dripping, 5_000);
    budget.take(dripping, 0);
    budget.take(dripping, 5_000);
    expect(budget.tokens(dripping, 5_000)).toBeCloseTo(Math.log1p(0.5), 9);
  });
});

describe('a rule that changes', () => {
  test('to more tokens has 10 more at once, to fewer 10 fewer', () => {
    const budget = new RetryBudget();
    drain(budget, still, 0, 5);
    expect(budget.tokens({ ...still, capacity: 20 }, 0)).toBe(15);
    expect(budget.tokens(still, 0)).toBe(5);
    expect(budget.tokens({ ...still, capacity: 2 }, 0)).toBe(0);
  });

  test('from call to call gives no more tokens than the larger of 2 rules', () => {
    const budget = new RetryBudget();
    const small = { ...still, capacity: 2 };
    let taken = 0;
    for (let turn = 0; turn < 100; turn++) {
      if (budget.take(turn % 2 ? small : still, 0)) taken++;
    }
    expect(taken).toBe(10);
  });
});

describe('the budget of an origin', () => {
  const stateOf = (origin: string): OriginState => ({ origin, inFlight: 0 });

  test('is made once for 2 questions, and not by peeking', () => {
    const state = stateOf('https://a.test');
    expect(RetryBudget.peek(state)).toBeUndefined();
    const budget = RetryBudget.of(state);
    expect(RetryBudget.of(state)).toBe(budget);
    expect(RetryBudget.peek(state)).toBe(budget);
  });

  test('is not that of another: 2 states of the same name have 2', () => {
    const [one, other] = [stateOf('https://a.test'), stateOf('https://a.test')];
    drain(RetryBudget.of(one), still);
    expect(RetryBudget.of(other).tokens(still, 0)).toBe(10);
  });
});

describe('for any history', () => {
  interface Step {
    readonly what: 'take' | 'giveBack' | 'deposit' | 'ask';
    /** Milliseconds since the step before; the clock may run backwards. */
    readonly wait: number;
    readonly rule: BudgetRule;
  }

  const rules: fc.Arbitrary<BudgetRule> = fc.record({
    capacity: fc.oneof(fc.nat({ max: 20 }), fc.double({ min: 0, max: 20, noNaN: true })),
    deposit: fc.constantFrom(0, 0.05, 0.1, 0.3, 1, 2.5),
    trickle: fc.constantFrom(0, 0.02, 0.1, 1, 10),
  });
  const stepsOf = (rule: fc.Arbitrary<BudgetRule>): fc.Arbitrary<Step[]> =>
    fc.array(
      fc.record({
        what: fc.constantFrom('take', 'take', 'take', 'giveBack', 'deposit', 'ask'),
        wait: fc.oneof(
          fc.constant(0),
          fc.nat({ max: 2_000 }),
          fc.nat({ max: 600_000 }),
          fc.integer({ min: -5_000, max: 0 }),
        ),
        rule,
      }),
      { maxLength: 60 },
    );
  const ofOneRule = rules.chain((rule) => stepsOf(fc.constant(rule)));
  const ofManyRules = stepsOf(rules);
  const settings = { seed: 1, numRuns: 500 };

  /** What has been granted, given back, deposited and let time for, up to each step. */
  function play(steps: readonly Step[]) {
    const budget = new RetryBudget();
    const sums = [{ granted: 0, deposited: 0, elapsed: 0 }];
    let [granted, deposited, elapsed, now, latest] = [0, 0, 0, 0, Number.NaN];
    for (const { what, wait, rule } of steps) {
      now += wait;
      if (what === 'take' || what === 'deposit') {
        if (now > latest) elapsed += (now - latest) / 1_000;
        if (!(now < latest)) latest = now;
      }
      if (what === 'take' && budget.take(rule, now)) granted++;
      if (what === 'giveBack' && granted > 0) {
        budget.giveBack();
        granted--;
      }
      if (what === 'deposit') {
        budget.deposit(rule, now);
        deposited += rule.deposit;
      }
      if (what === 'ask') budget.tokens(rule, now);
      sums.push({ granted, deposited, elapsed });
    }
    return { budget, now, sums };
  }

  test.each([
    ['1 rule', ofOneRule],
    ['many rules', ofManyRules],
  ])(
    'retries of every window are at most the capacity, the deposits and the trickle: %s',
    (_, histories) => {
      fc.assert(
        fc.property(histories, (steps) => {
          const capacity = Math.max(0, ...steps.map(({ rule }) => rule.capacity));
          const trickle = Math.max(0, ...steps.map(({ rule }) => rule.trickle));
          const { sums } = play(steps);
          for (const [index, from] of sums.entries()) {
            for (const to of sums.slice(index)) {
              const deposited = to.deposited - from.deposited;
              const trickled = trickle * (to.elapsed - from.elapsed);
              expect(to.granted - from.granted).toBeLessThanOrEqual(
                capacity + deposited + trickled + 1e-6,
              );
            }
          }
        }),
        settings,
      );
    },
  );

  test('without a success t seconds bring at most ln(1 + trickle t) tokens, however often one asks', () => {
    fc.assert(
      fc.property(ofOneRule, (steps) => {
        const { sums } = play(steps.filter(({ what }) => what === 'take' || what === 'ask'));
        const { capacity = 0, trickle = 0 } = steps[0]?.rule ?? {};
        for (const { granted, elapsed } of sums) {
          expect(granted).toBeLessThanOrEqual(capacity + Math.log1p(trickle * elapsed) + 1e-6);
        }
      }),
      settings,
    );
  });

  test('there are from 0 tokens to the capacity, and a full bucket has all of them', () => {
    fc.assert(
      fc.property(ofManyRules, rules, fc.integer({ min: -1e6, max: 1e6 }), (steps, rule, wait) => {
        const { budget, now } = play(steps);
        const tokens = budget.tokens(rule, now + wait);
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(tokens).toBeLessThanOrEqual(rule.capacity);
        if (budget.full) expect(tokens).toBe(rule.capacity);
      }),
      settings,
    );
  });

  test('a token is there to be taken exactly where tokens says 1 or more', () => {
    fc.assert(
      fc.property(ofManyRules, rules, (steps, rule) => {
        const { budget, now } = play(steps);
        const tokens = budget.tokens(rule, now);
        expect(budget.take(rule, now)).toBe(tokens + 1e-9 >= 1);
      }),
      settings,
    );
  });

  test('to ask changes nothing: 0 of the decisions', () => {
    fc.assert(
      fc.property(ofManyRules, (steps) => {
        const { sums } = play(steps);
        const asking = play(steps.flatMap((step) => [step, { ...step, what: 'ask', wait: 0 }]));
        expect(asking.sums.filter((_, index) => index % 2 === 0)).toEqual(sums);
      }),
      settings,
    );
  });

  test('a token taken and given back at once leaves what there was, to 9 digits', () => {
    fc.assert(
      fc.property(ofOneRule, (steps) => {
        const rule = steps[0]?.rule ?? still;
        const { budget, now } = play(steps);
        const before = budget.tokens(rule, now);
        if (budget.take(rule, now)) budget.giveBack();
        expect(budget.tokens(rule, now)).toBeCloseTo(before, 9);
      }),
      settings,
    );
  });

  test('a later time never means fewer tokens', () => {
    fc.assert(
      fc.property(ofManyRules, rules, fc.nat({ max: 1e9 }), (steps, rule, wait) => {
        const { budget, now } = play(steps);
        expect(budget.tokens(rule, now + wait)).toBeGreaterThanOrEqual(budget.tokens(rule, now));
      }),
      settings,
    );
  });
});
