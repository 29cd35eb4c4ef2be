import { describe, expect, test } from 'vitest';
import { History } from '../../src/dashboard/history.ts';
import type { OriginHealth } from '../../src/health.ts';

const health: OriginHealth = {
  ...{ circuit: 'closed', retryAfter: 0, attempts: 0, failures: 0, slow: 0, inFlight: 0 },
  ...{ retryBudget: 7.333_333, retryBudgetCapacity: 10, hedge: null, cooldown: 0, throttle: null },
  concurrency: { inUse: 3, queued: 2, limit: 5 },
};

describe('a history of 5 seconds', () => {
  test('has 5 buckets in each of 14 lists from the beginning, and none is the current one', () => {
    const history = new History(5, 100);
    history.count('calls', 100);
    const lists = Object.entries(history.series(100));
    expect(lists).toHaveLength(14);
    for (const [, list] of lists) expect(list).toHaveLength(5);
    expect(history.series(100).calls).toEqual([0, 0, 0, 0, 0]);
    expect(history.series(101).calls).toEqual([0, 0, 0, 0, 1]);
  });

  test('moves by the seconds that passed, and is empty after 6 of them', () => {
    const history = new History(5, 0);
    history.count('attempts', 0);
    history.count('attempts', 2);
    history.count('attempts', 2);
    expect(history.series(4).attempts).toEqual([0, 1, 0, 2, 0]);
    expect(history.series(6).attempts).toEqual([0, 2, 0, 0, 0]);
    expect(history.series(1_000_000).attempts).toEqual([0, 0, 0, 0, 0]);
    expect(history.calls()).toBe(0);
  });

  test('ignores a second that is over: 1 call then counts in the current one', () => {
    const history = new History(5, 10);
    history.count('calls', 12);
    history.count('calls', 11);
    expect(history.series(13).calls).toEqual([0, 0, 0, 0, 2]);
  });

  test('has the quantiles of each second by themselves: 10 and 200 ms', () => {
    const history = new History(5, 0);
    history.took(10, 0);
    history.took(200, 1);
    expect(history.series(3).p50).toEqual([null, null, 10, 200, null]);
    expect(history.series(3).p99).toEqual([null, null, 10, 200, null]);
  });

  test('keeps a circuit as it was left in each of 5 seconds', () => {
    const history = new History(5, 0);
    history.circuitIs('open', 1);
    history.circuitIs('half-open', 3);
    history.circuitIs('closed', 3);
    expect(history.series(5).circuit).toEqual(['closed', 'open', 'open', 'closed', 'closed']);
  });

  test('takes 1 sample for all seconds since the one before', () => {
    const history = new History(5, 0);
    history.sample(health, 0);
    history.sample({ ...health, retryBudget: 10, concurrency: null }, 1);
    history.sample(health, 4);
    const { tokens, inUse, limit, queued } = history.series(4);
    expect(tokens).toEqual([null, 10, 7.33, 7.33, 7.33]);
    expect(inUse).toEqual([null, null, 3, 3, 3]);
    expect(limit).toEqual([null, null, 5, 5, 5]);
    expect(queued).toEqual([null, null, 2, 2, 2]);
    history.sample(health, 1_000);
    expect(history.series(1_000).tokens).toEqual([7.33, 7.33, 7.33, 7.33, 7.33]);
  });
});
