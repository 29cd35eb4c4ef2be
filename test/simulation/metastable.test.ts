import { describe, expect, test } from 'vitest';
import { defaults } from '../../src/policy.ts';
import { type RetryPolicy, shipped } from './fleet.ts';
import { metastable } from './metastable.ts';

const never = Number.POSITIVE_INFINITY;
const oneRetry: RetryPolicy = { retries: 1 };
const tenth = { capacity: 10, deposit: 0.1, trickle: 0 };
const byRatio = { ...defaults.circuitBreaker, consecutiveFailures: 1e9, openFor: 30_000 };

/** The mean of 2 runs. */
function outcomeOf(policy: RetryPolicy, options: { clients?: number; perSecond?: number } = {}) {
  const runs = [1, 2].map((seed) => metastable(policy, { seconds: 230, ...options, seed }));
  const mean = (figure: 'recovery' | 'load') =>
    runs.reduce((sum, run) => sum + run[figure], 0) / runs.length;
  return { recovery: mean('recovery'), load: mean('load') };
}

/** Within 15 % of the published figure; what never happens may not happen. */
function expectAbout(actual: number, published: number): void {
  if (published !== never) expect(Math.abs(actual / published - 1)).toBeLessThan(0.15);
  else expect(actual).toBe(never);
}

describe('the simulator gives what is published of 10 s of outage at 280 of 300 queries/s', () => {
  test.each<[string, RetryPolicy, number, number]>([
    ['130 s and 283 queries/s without retries', { retries: 0 }, 130, 283],
    ['no recovery and 566 queries/s with 1 retry', oneRetry, never, 566],
    [
      'no recovery and 311 queries/s with retries of 0.1 of the calls',
      { ...oneRetry, budget: tenth, fundedBy: 'calls' },
      never,
      311,
    ],
    [
      '130 s and 283 queries/s with retries of 0.1 of the successes',
      { ...oneRetry, budget: tenth },
      130,
      283,
    ],
    ['24 s and 82 queries/s with a circuit breaker', { ...oneRetry, breaker: byRatio }, 24, 82],
  ])('%s', (_, policy, seconds, queries) => {
    const { recovery, load } = outcomeOf(policy);
    expectAbout(recovery, seconds);
    expectAbout(load, queries);
  });

  test.each([
    [140, 124],
    [160, never],
  ])('at %d queries/s with 1 retry, half of 300 being the limit: %d s', (perSecond, seconds) => {
    expectAbout(outcomeOf(oneRetry, { perSecond }).recovery, seconds);
  });
});

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
