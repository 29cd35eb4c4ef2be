import { describe, expect, test } from 'vitest';
import { isOf, mentions } from '../../../src/dashboard/page/filter.ts';
import { originOf } from './given.ts';

describe('the filter', () => {
  test.each([
    ['', true],
    ['A.EXAM', true],
    ['shop', true],
    ['shop example', true],
    ['shop github', false],
  ])('finds %j in the 2 names of an origin: %j', (text, found) => {
    expect(mentions(text, originOf())).toBe(found);
  });

  test('knows 4 kinds: a probe is no longer open, but not closed and not calm', () => {
    const probed = originOf({ circuit: 'half-open' });
    const kinds = (['all', 'attention', 'open', 'calm'] as const).filter((kind) =>
      isOf(kind, probed, 'troubled'),
    );
    expect(kinds).toEqual(['all', 'attention', 'open']);
  });
});
