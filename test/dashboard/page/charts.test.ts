import { describe, expect, test } from 'vitest';
import { budget } from '../../../src/dashboard/page/charts/budget.ts';
import { calls } from '../../../src/dashboard/page/charts/calls.ts';
import { ribbonPaths, ribbonSummary } from '../../../src/dashboard/page/charts/circuit.ts';
import { extraRequests } from '../../../src/dashboard/page/charts/extra-requests.ts';
import { latency } from '../../../src/dashboard/page/charts/latency.ts';
import { slots } from '../../../src/dashboard/page/charts/slots.ts';
import { originOf } from './given.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('a chart', () => {
  test('of calls stacks failed, refused and succeeded, and says the 3 numbers', () => {
    const series = { calls: [4, 8], succeeded: [4, 2], refused: [0, 2] };
    const { values, paths, summary } = calls.draw(originOf({ series }), 1_000);
    expect(values).toEqual([
      [0, 4],
      [0, 2],
      [4, 2],
    ]);
    expect(paths).toEqual(['M1 50H2V100H1Z', 'M1 25H2V50H1Z', 'M0 50H1V0H2V25H1V100H0Z']);
    expect(plain(summary)).toBe(
      'Calls: 12 calls ended in the last 2 s, of which 6 succeeded, 4 failed, 2 were refused; at most 8/s.',
    );
  });

  test('of calls in buckets of 5 s shows how many there were each second', () => {
    const { values } = calls.draw(originOf({ series: { calls: [20], succeeded: [20] } }), 5_000);
    expect(values[2]).toEqual([4]);
  });

  test('of latency is drawn between 10 and 1,000 ms, with a gap for the 1 second without calls', () => {
    const series = {
      calls: [1, 0, 1],
      p50: [10, null, 100],
      p95: [100, null, 1_000],
      p99: [1_000, null, 1_000],
    };
    const { axis, paths, summary } = latency.draw(originOf({ series }), 1_000);
    expect(axis.ticks).toEqual([10, 50, 100, 500, 1_000]);
    expect(paths[0]).toBe('M0 100h1M2 50h1');
    expect(plain(summary)).toBe(
      'Latency: p50 100 ms, p95 1 s, p99 1 s at last; p99 at most 1 s in the last 3 s.',
    );
  });

  test('of extra requests says that 4 requests carried 2 calls', () => {
    const series = { calls: [2], attempts: [4], retries: [1], hedges: [1] };
    const { values, summary } = extraRequests.draw(originOf({ series }), 1_000);
    expect(values).toEqual([[0.5], [0.5]]);
    expect(plain(summary)).toBe(
      'Extra requests: 1 retry and 1 second copy among 4 requests in the last 1 s, 100 % for each call.',
    );
  });

  test('of a budget is as high as its 10 tokens, and only there where there is one', () => {
    const series = { calls: [0, 0], tokens: [10, 2.5] };
    const origin = originOf({ budget: { tokens: 2.5, capacity: 10 }, series });
    expect(budget.draw(origin, 1_000).paths).toEqual(['M0 0H1V75H2V100H0Z']);
    expect(budget.gauge?.(origin)).toEqual({ value: 2.5, most: 10 });
    expect([budget.isOn(origin), budget.isOn(originOf())]).toEqual([true, false]);
  });

  test('of slots stacks 3 in use and 1 that waits below a limit of 3', () => {
    const series = { calls: [0], inUse: [3], queued: [1], limit: [3] };
    const origin = originOf({ slots: { inUse: 3, queued: 1, limit: 3 }, series });
    const { paths, summary } = slots.draw(origin, 1_000);
    expect(paths).toEqual(['M0 25H1V100H0Z', 'M0 0H1V25H0Z', 'M0 25h1']);
    expect(plain(summary)).toBe(
      'Slots: 3 of 3 slots in use, 1 call waits; at most 1 waited in the last 1 s.',
    );
  });

  test('of a circuit has 4 states of different heights, and says how often it opened', () => {
    const states = ['closed', 'open', 'half-open', 'closed', 'isolated'] as const;
    expect(ribbonPaths(states)).toEqual([
      'M0 9H1V12H0ZM3 9H4V12H3Z',
      'M2 5H3V12H2Z',
      'M1 0H2V12H1Z',
      'M4 0H5V4.5H4ZM4 7.5H5V12H4Z',
    ]);
    expect(plain(ribbonSummary(states, 1_000))).toBe(
      'opened 2 times, not closed for 3 s of the last 5 s (60 %)',
    );
    expect(plain(ribbonSummary(['closed', 'closed'], 1_000))).toBe(
      'closed for all of the last 2 s',
    );
  });
});
