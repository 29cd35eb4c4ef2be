import { describe, expect, test } from 'vitest';
import type { Backoff } from '../../src/decisions/backoff.ts';
import { collapse } from './collapse.ts';
import { type RetryPolicy, shipped } from './fleet.ts';

const fromOneSecond: Backoff = {
  type: 'exponential',
  base: 1_000,
  factor: 2,
  cap: 60_000,
  jitter: 'full',
};
const fromTwentySeconds: Backoff = { ...fromOneSecond, base: 20_000 };
const tenth = { capacity: 10, deposit: 0.1, trickle: 0 };

/** The share of runs that are still down 35 s after the spike, and the calls that succeed a second. */
function outcomeOf(policy: RetryPolicy, peak: number, clients = 1, trials = 8) {
  const seeds = Array.from({ length: trials }, (_, seed) => seed);
  const runs = seeds.map((seed) => collapse(policy, { clients, peak, seed }));
  const mean = (figure: (run: (typeof runs)[number]) => number) =>
    runs.reduce((sum, run) => sum + figure(run), 0) / trials;
  return { down: mean((run) => +run.collapsed), goodput: mean((run) => run.goodput) };
}

describe('the simulator gives what is published of 5 s at 80 or 120 calls/s in place of 40', () => {
  test.each<[string, number, RetryPolicy]>([
    ['without retries', 80, { retries: 0 }],
    ['without retries', 120, { retries: 0 }],
    ['2 retries that wait up to 40 s', 80, { retries: 2, backoff: fromTwentySeconds }],
    ['2 retries out of successes', 80, { retries: 2, budget: tenth }],
    ['2 retries out of successes', 120, { retries: 2, budget: tenth }],
    [
      '2 retries out of successes that wait up to 2 s',
      120,
      { retries: 2, backoff: fromOneSecond, budget: tenth },
    ],
  ])('0 runs stay down: %s, a peak of %d', (_, peak, policy) => {
    const { down, goodput } = outcomeOf(policy, peak);
    expect(down).toBe(0);
    expect(Math.abs(goodput - 40)).toBeLessThan(1);
  });

  test.each<[string, RetryPolicy]>([
    ['2 retries at once', { retries: 2 }],
    ['2 retries that wait up to 2 s', { retries: 2, backoff: fromOneSecond }],
  ])('6 to 11 of 12 runs stay down after 80, and all after 120: %s', (_, policy) => {
    const { down } = outcomeOf(policy, 80, 1, 12);
    expect(down).toBeGreaterThanOrEqual(0.5);
    expect(down).toBeLessThanOrEqual(0.9);
    expect(outcomeOf(policy, 120, 1, 3)).toEqual({ down: 1, goodput: 0 });
  });
});

describe('after 5 s of a higher load', () => {
  test('3 retries without a budget keep 3 of 3 runs down', () => {
    expect(outcomeOf({ ...shipped, budget: undefined }, 120, 1, 3).down).toBe(1);
  });

  test.each([
    [80, 1],
    [80, 10],
    [80, 100],
    [120, 1],
    [120, 10],
    [120, 100],
  ])('the default budget keeps 0 runs down: a peak of %d, a fleet of %d', (peak, clients) => {
    const { down, goodput } = outcomeOf(shipped, peak, clients);
    expect(down).toBe(0);
    expect(Math.abs(goodput - 40)).toBeLessThan(1);
  });

  test('1,000 clients with the default budget, and so with 10,000 tokens, need 300 s', () => {
    const { recovery } = collapse(shipped, { clients: 1_000, peak: 120, seconds: 300 });
    expect(recovery).toBeLessThan(300);
  });
});
