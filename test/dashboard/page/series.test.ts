import { describe, expect, test } from 'vitest';
import {
  bucketsOf,
  failedIn,
  latest,
  shareOfCalls,
  together,
  totals,
} from '../../../src/dashboard/page/series.ts';
import { originOf, seriesOf } from './given.ts';

describe('sums of a series', () => {
  const series = seriesOf({
    ...{ calls: [4, 6, 10], succeeded: [4, 3, 0], refused: [0, 1, 10] },
    ...{ attempts: [5, 8, 0], retries: [1, 2, 0], hedges: [0, 1, 0] },
  });

  test('take for failed what neither succeeded nor was refused: 0, 2 and 0', () => {
    expect(failedIn(series)).toEqual([0, 2, 0]);
  });

  test('count all of it, or the last 2 buckets', () => {
    const all = { calls: 20, succeeded: 7, failed: 2, refused: 11 };
    expect(totals(series)).toEqual({ ...all, attempts: 13, retries: 3, hedges: 1, extra: 4 / 20 });
    expect(totals(series, 2)).toMatchObject({ calls: 16, failed: 2, retries: 2 });
  });

  test('share extra requests among the calls of the last 5 buckets, by their ends or by what left', () => {
    const quiet = [0, 0, 0, 0, 0];
    const late = seriesOf({ attempts: [4, 2, ...quiet], retries: [0, 2, ...quiet] }, 7);
    expect(shareOfCalls(late.retries, late)).toEqual([0, 0.5, 0.5, 0.5, 0.5, 2, null]);
    const refused = seriesOf({
      calls: [10, 10],
      refused: [10, 10],
      attempts: [0, 2],
      retries: [0, 1],
    });
    expect(shareOfCalls(refused.retries, refused)).toEqual([0, 0.05]);
  });

  test('of 2 origins are those of both, the newest bucket with the newest', () => {
    const longer = originOf({ series: { calls: [1, 2, 3] } });
    const shorter = originOf({ series: { calls: [10, 20] } });
    expect(together([longer, shorter]).calls.slice(-3)).toEqual([1, 12, 23]);
  });

  test('have a newest value only within the last 2 buckets, if so many are asked for', () => {
    expect(latest([5, 7, null], 2)).toBe(7);
    expect(latest([7, null, null], 2)).toBeNull();
  });

  test('of half a minute are those of 30 buckets of a second, and of 1 of a minute', () => {
    expect(bucketsOf(30_000, { bucket: 1_000 })).toBe(30);
    expect(bucketsOf(30_000, { bucket: 60_000 })).toBe(1);
  });
});
