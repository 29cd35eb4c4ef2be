import { describe, expect, test } from 'vitest';
import { type RetryPolicy, shipped } from '../../bench/simulate/papers/fleet.ts';
import { metastable } from '../../bench/simulate/papers/metastable.ts';
import { defaults } from '../../src/policy.ts';

const never = Number.POSITIVE_INFINITY;

/** The mean of 2 runs. */
function outcomeOf(policy: RetryPolicy, options: { clients?: number; perSecond?: number } = {}) {
  const runs = [1, 2].map((seed) => metastable(policy, { seconds: 230, ...options, seed }));
  const mean = (figure: 'recovery' | 'load') =>
    runs.reduce((sum, run) => sum + run[figure], 0) / runs.length;
  return { recovery: mean('recovery'), load: mean('load') };
}

describe('after an outage of 10 s', () => {
  const bare = outcomeOf({ retries: 0 }).recovery;

  test('3 retries without a budget keep the service down', () => {
    const unbounded = { ...shipped, budget: undefined };
    expect(metastable(unbounded, { seconds: 150 }).recovery).toBe(never);
  });

  test.each([
    [1.1, 1],
    [1.1, 10],
    [1.75, 100],
  ])(
    'the default budget takes at most %d times as long as no retries: a fleet of %d',
    (times, clients) => {
      expect(outcomeOf(shipped, { clients }).recovery).toBeLessThanOrEqual(times * bare);
    },
  );

  test('1,000 clients with the default budget send so little in the end that it takes 900 s', () => {
    const { recovery } = metastable(shipped, { clients: 1_000, seconds: 900 });
    expect(recovery).toBeLessThanOrEqual(900);
  });

  test.each([1, 10, 100])(
    'a fleet of %d with the default breaker and budget needs 15 s',
    (clients) => {
      const policy = { ...shipped, breaker: defaults.circuitBreaker };
      expect(metastable(policy, { clients, seconds: 30 }).recovery).toBeLessThanOrEqual(15);
    },
  );
});
