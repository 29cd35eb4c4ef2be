import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../src/dashboard/feed.ts';
import { Stretch } from '../../../src/dashboard/page/stretch.ts';
import { originOf, seriesOf } from './given.ts';

/** A window of 120 seconds, in which each origin made its first call so many seconds ago. */
const picture = (...ages: number[]): Picture => ({
  ...{ at: 0, bucket: 1_000, controls: false, decisions: [] },
  origins: ages.map((age) => {
    const calls = Array.from({ length: 120 }, (_, index) => (index === 120 - age ? 1 : 0));
    return originOf({ series: seriesOf({ calls }, 120) });
  }),
});
const lengths = ({ origins }: Picture) => origins.map(({ series }) => series.circuit.length);

describe('the stretch of time that is shown', () => {
  test.each([
    [0, 30],
    [30, 30],
    [31, 60],
    [61, 120],
    [119, 120],
  ])('for a first call %d s ago is %d s, 1 of 5', (age, length) => {
    expect(lengths(new Stretch().of(picture(age)))).toEqual([length]);
  });

  test('is the same for 3 origins, and keeps what is newest', () => {
    const shown = new Stretch().of(picture(5, 45, 1));
    expect(lengths(shown)).toEqual([60, 60, 60]);
    expect(shown.origins.map(({ series }) => series.calls.indexOf(1))).toEqual([55, 15, 59]);
  });

  test('does not shrink from 60 s when what was longest ago is forgotten', () => {
    const stretch = new Stretch();
    stretch.of(picture(45));
    expect(lengths(stretch.of(picture(5)))).toEqual([60]);
  });
});
