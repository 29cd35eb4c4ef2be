import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/dashboard/feed.ts';
import { kindOf, merged } from '../../../src/dashboard/page/decision-groups.ts';

const decision = (at: number, given: Partial<Decision> = {}): Decision => ({
  ...{ at, client: 'shop', origin: 'https://a.example', event: 'call.refused', id: null },
  text: 'Refused.',
  ...given,
});

describe('decisions', () => {
  test('that are the same within one second are 1 line, which counts 3', () => {
    const groups = merged([], [decision(2_900), decision(2_500), decision(2_100), decision(1_900)]);
    expect(groups.map(({ at, times }) => [at, times])).toEqual([
      [2_100, 3],
      [1_900, 1],
    ]);
  });

  test('keep their line while it grows from 1 to 2', () => {
    const [before] = merged([], [decision(2_100)]);
    const [after] = merged([], [decision(2_500), decision(2_100)]);
    expect(after?.key).toBe(before?.key);
  });

  test('are remembered when the server no longer tells of them, with the 2 that were counted', () => {
    const opened = decision(1_000, { event: 'circuit.opened', text: 'Opened.' });
    const known = merged([], [decision(1_200), decision(1_100), opened]);
    const groups = merged(known, [decision(1_200)]);
    expect(groups.map(({ event, times }) => [event, times])).toEqual([
      ['call.refused', 2],
      ['circuit.opened', 1],
    ]);
  });

  test('are remembered up to 400 lines, the newest ones', () => {
    const all = Array.from({ length: 500 }, (_, index) => decision((500 - index) * 1_000));
    const groups = merged([], all);
    expect([groups.length, groups[0]?.at, groups.at(-1)?.at]).toEqual([400, 500_000, 101_000]);
  });

  test.each([
    ['circuit.opened', 'circuit'],
    ['retry.refused', 'retry'],
    ['hedge.sent', 'hedge'],
    ['call.refused', 'refusal'],
    ['fallback.used', 'fallback'],
    ['call.held', 'wait'],
    ['slot.queued', 'wait'],
  ] as const)('%s are of the kind %s, 1 of 7', (event, kind) => {
    expect(kindOf(event)).toBe(kind);
  });
});
