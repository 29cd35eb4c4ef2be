import { describe, expect, test } from 'vitest';
import { type RetryPolicy, shipped } from '../../bench/simulate/papers/fleet.ts';
import { endure, failing, mishaps } from '../../bench/simulate/papers/ordinary.ts';
import { type BudgetRule, defaultBudget } from '../../src/decisions/retry-budget.ts';

const unbounded: RetryPolicy = { ...shipped, budget: undefined };
const holding = (changes: Partial<BudgetRule>): RetryPolicy => ({
  ...shipped,
  budget: { ...defaultBudget, ...changes },
});

describe('the default budget', () => {
  test.each([
    ['1 call a minute', 1 / 60, 36_000],
    ['1 call a second', 1, 3_000],
    ['100 calls a second', 100, 60],
  ])('saves 199 of 200 calls where 1 attempt in 100 fails: %s', (_, perSecond, seconds) => {
    const mishap = { perSecond, seconds, fails: failing(0.01) };
    expect(endure(shipped, mishap, { trials: 3 }).saved).toBeGreaterThan(0.995);
  });

  test('saves 99 % of the calls from 10 % of failures, and sends 1.1 times as many attempts', () => {
    const { saved, load } = endure(shipped, mishaps.tenPercent, { trials: 2 });
    expect(saved).toBeGreaterThan(0.99);
    expect(load).toBeLessThan(1.12);
  });

  test('saves 99 % of the calls of a quiet client from a deploy that cuts 10 connections in a row', () => {
    expect(endure(shipped, mishaps.cutConnections, { trials: 40 }).saved).toBeGreaterThan(0.99);
    const unpaid = { ...shipped, repays: false };
    expect(endure(unpaid, mishaps.cutConnections, { trials: 40 }).saved).toBeLessThan(0.95);
  });

  test('saves 90 % of the calls where 1 attempt in 3 is answered badly, and 35 % if no token comes back', () => {
    const third = { ...mishaps.tenPercent, fails: failing(1 / 3) };
    expect(endure(shipped, third, { trials: 2 }).saved).toBeGreaterThan(0.9);
    const unpaid = { ...shipped, repays: false };
    expect(endure(unpaid, third, { trials: 2 }).saved).toBeLessThan(0.35);
  });

  test('saves 70 % of the calls of a quiet client from 20 s in which half of its attempts fail', () => {
    expect(endure(shipped, mishaps.halfReplaced, { trials: 40 }).saved).toBeGreaterThan(0.7);
  });

  test('is too small for a blip of 1 s at 50 calls/s, which 150 tokens save 70 % of the calls from', () => {
    expect(endure(shipped, mishaps.blip).saved).toBeLessThan(0.01);
    expect(endure(holding({ capacity: 150 }), mishaps.blip).saved).toBeGreaterThan(0.7);
    expect(endure(unbounded, mishaps.blip).saved).toBeGreaterThan(0.7);
  });

  test('lets a client of 1 call a minute that has used up 10 tokens retry again', () => {
    const { saved } = endure(shipped, mishaps.quietAfterOutage);
    expect(saved).toBeGreaterThan(0.6);
    expect(endure(holding({ trickle: 0 }), mishaps.quietAfterOutage).saved).toBe(0);
  });

  test('saves as many calls where the token is taken before the wait as where after it, if none is repaid', () => {
    const early: RetryPolicy = { ...shipped, repays: false };
    const late: RetryPolicy = { ...early, takes: 'after the wait' };
    for (const mishap of [mishaps.shortBlip, mishaps.sharedBlip, mishaps.halfReplaced]) {
      const difference = endure(early, mishap).saved - endure(late, mishap).saved;
      expect(difference).toBeGreaterThan(-0.01);
    }
  });
});
