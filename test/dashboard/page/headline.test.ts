import { describe, expect, test } from 'vitest';
import type { OriginPicture } from '../../../src/dashboard/feed.ts';
import { announcement, headline } from '../../../src/dashboard/page/headline.ts';
import type { Level } from '../../../src/dashboard/page/verdict.ts';

type State = OriginPicture['circuit'];

describe('the headline', () => {
  test.each<[Level[], string]>([
    [[], 'No call yet'],
    [['calm'], 'The origin is well'],
    [['broken'], 'The origin needs attention'],
    [['calm', 'calm'], 'All 2 origins are well'],
    [['calm', 'troubled'], '1 of 2 origins needs attention'],
    [['broken', 'troubled', 'calm'], '2 of 3 origins need attention'],
  ])('of %j is, 1 of 6: %s', (levels, text) => {
    expect(headline(levels.map((level) => ({ level, text: '' })))).toBe(text);
  });
});

describe('the announcement', () => {
  const between = (before: Record<string, State>, after: Record<string, State>) =>
    announcement(new Map(Object.entries(before)), new Map(Object.entries(after)));

  test('names 1 circuit that opened, and 1 that closed', () => {
    expect(between({ a: 'closed', b: 'half-open' }, { a: 'open', b: 'closed' })).toBe(
      'The circuit opened: a. The circuit closed: b.',
    );
  });

  test('is silent about 3 probes that change nothing for callers', () => {
    const before = { a: 'open', b: 'half-open', c: 'open' } as const;
    expect(between(before, { a: 'half-open', b: 'open', c: 'isolated' })).toBe('');
  });

  test('is silent about an origin that was not known before, 1 of 1', () => {
    expect(between({}, { a: 'open' })).toBe('');
  });

  test('names 3 of 5, and counts the others', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const all = (state: State) => Object.fromEntries(names.map((name) => [name, state]));
    expect(between(all('closed'), all('open'))).toBe('5 circuits opened: a, b, c and 2 more.');
  });
});
