import { describe, expect, test } from 'vitest';
import { verdictOf } from '../../../src/dashboard/page/verdict.ts';
import { originOf } from './given.ts';

const verdict = (given: Parameters<typeof originOf>[0]) => {
  const { level, text } = verdictOf(originOf(given), 1_000);
  return [level, text.replaceAll('\u202f', ' ')];
};
const closed = new Array<'closed'>(7).fill('closed');

describe('the verdict on an origin', () => {
  test('of which 3 of 10 seconds were open says so, and when it will be probed', () => {
    const given = { circuit: 'open', retryAfter: 4_200 } as const;
    expect(
      verdict({ ...given, series: { circuit: [...closed, 'open', 'half-open', 'open'] } }),
    ).toEqual([...['broken', 'Calls are refused for 3 s; a probe may be sent in 5 s.']]);
    expect(verdict({ circuit: 'open', retryAfter: 0 })).toEqual([
      ...['broken', 'Calls are refused; the next call is the probe.'],
    ]);
  });

  test('that was isolated for all of the 2 seconds that are known says whose doing that is', () => {
    expect(
      verdict({
        circuit: 'isolated',
        retryAfter: null,
        series: { circuit: ['isolated', 'isolated'] },
      }),
    ).toEqual([
      'broken',
      'Isolated by an operator: no call is let out for more than 2 s, until it is closed by hand.',
    ]);
  });

  test.each([
    [{ circuit: 'half-open' }, 'A probe is under way; its answer decides.'],
    [{ cooldown: 1_500 }, 'The origin asked for a pause: 2 s are left.'],
    [{ throttle: 0.12 }, '12 % of requests are refused here, as the origin rejects them.'],
    [{ series: { calls: [20], succeeded: [18] } }, 'Of the calls of the last 30 s, 10 % failed.'],
    [
      { series: { calls: [20], succeeded: [13], refused: [5] } },
      'Of the calls of the last 30 s, 10 % failed and 25 % were refused here.',
    ],
    [
      { budget: { tokens: 0.4, capacity: 10 } },
      'The retry budget is used up: what fails is not retried.',
    ],
    [
      { slots: { inUse: 2, queued: 3, limit: 2 }, series: { queued: [1, 2, 3, 3, 3] } },
      '3 calls wait for a slot.',
    ],
  ] as const)('%j is that it is troubled, 1 of 7: %s', (given, text) => {
    expect(verdict(given)).toEqual(['troubled', text]);
  });

  test('names 2 troubles of 3, the most telling first', () => {
    const [, text] = verdict({
      ...{ cooldown: 900, throttle: 0.5, budget: { tokens: 0, capacity: 10 } },
    });
    expect(text).toBe(
      'The origin asked for a pause: 1 s are left. 50 % of requests are refused here, as the origin rejects them.',
    );
  });

  test.each([
    [{}, 'No call in the last 10 s.'],
    [{ inFlight: 1 }, 'The first calls are under way.'],
    [{ series: { calls: [3], succeeded: [3] } }, 'No call failed in the last 1 s.'],
    [
      { series: { calls: [90, 0], succeeded: [89, 0], retries: [1, 0], hedges: [2, 0] } },
      '1 of 90 calls failed in the last 2 s, with 1 retry and 2 second copies.',
    ],
    [{ series: { calls: [4], succeeded: [1] } }, '3 of 4 calls failed in the last 1 s.'],
    [
      { slots: { inUse: 2, queued: 3, limit: 2 }, series: { queued: [0, 2, 3, 3, 3] } },
      'No call in the last 10 s.',
    ],
  ])('%j is that it is calm, 1 of 6: %s', (given, text) => {
    expect(verdict(given)).toEqual(['calm', text]);
  });
});
