import { expect, test } from 'vitest';
import { stateWords } from '../../src/describe/state.ts';
import type { OriginHealth } from '../../src/health.ts';
import { defaults } from '../../src/policy.ts';

const well: OriginHealth = {
  ...{ circuit: 'closed', retryAfter: 0, attempts: 0, failures: 0, slow: 0, inFlight: 1 },
  ...{
    retryBudget: 10,
    retryBudgetCapacity: 10,
    hedge: null,
    concurrency: null,
    cooldown: 0,
    throttle: null,
  },
};
const all: OriginHealth = {
  ...{ circuit: 'open', retryAfter: 3_200, attempts: 1_000, failures: 600, slow: 4, inFlight: 2 },
  ...{
    retryBudget: 9.44,
    retryBudgetCapacity: 10,
    hedge: { delay: 45 },
    concurrency: { inUse: 2, queued: 1, limit: 20 },
  },
  ...{ cooldown: 2_000, throttle: 0.123 },
};

test('an origin that is well is told in 3 words, in the middle of 1 call', () => {
  expect(stateWords(well, defaults)).toBe(
    'circuit closed, 0 of 0 attempts failed · 1 call under way · 10 of 10 retry tokens',
  );
});

test('an origin that is not is told with all that is known, 7 things', () => {
  expect(stateWords(all, defaults).split(' · ')).toEqual([
    'circuit open, a probe in 3.2 s, 600 of 1,000 attempts failed, 4 were slow',
    '2 calls under way',
    '9.4 of 10 retry tokens',
    '2 of 20 slots taken, 1 call waiting',
    'second copies after 45 ms',
    'a pause for 2 s more',
    '12 % refused here',
  ]);
});

test('of what is off, 2 parts, nothing is told', () => {
  const off = { ...defaults, circuitBreaker: false, retryBudget: false } as const;
  expect(stateWords({ ...well, retryBudget: null }, off)).toBe('1 call under way');
});
