import { describe, expect, test } from 'vitest';
import { collapse } from '../../bench/simulate/papers/collapse.ts';
import { type RetryPolicy, shipped } from '../../bench/simulate/papers/fleet.ts';

/** The share of runs that are still down 35 s after the spike, and the calls that succeed a second. */
function outcomeOf(policy: RetryPolicy, peak: number, clients = 1, trials = 8) {
  const seeds = Array.from({ length: trials }, (_, seed) => seed);
  const runs = seeds.map((seed) => collapse(policy, { clients, peak, seed }));
  const mean = (figure: (run: (typeof runs)[number]) => number) =>
    runs.reduce((sum, run) => sum + figure(run), 0) / trials;
  return { down: mean((run) => +run.collapsed), goodput: mean((run) => run.goodput) };
}

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
