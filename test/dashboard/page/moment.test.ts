import { describe, expect, test } from 'vitest';
import { indexOf, Moment, momentOf } from '../../../src/dashboard/page/moment.ts';

describe('a moment', () => {
  const span = { at: 100_000, bucket: 1_000, length: 60 };

  test('is in 1 bucket, and moves on by 1 when a second has passed', () => {
    expect(indexOf(90_000, span)).toBe(49);
    expect(indexOf(90_000, { ...span, at: 101_000 })).toBe(48);
    expect(momentOf(49, span)).toBe(90_000);
  });

  test('is in 0 buckets when it left the window, or is not chosen', () => {
    expect([indexOf(40_000, span), indexOf(101_000, span), indexOf(null, span)]).toEqual([
      ...[null, null, null],
    ]);
  });

  test('does not leave the window on its 2 sides', () => {
    expect([momentOf(-9, span), momentOf(99, span)]).toEqual([41_000, 100_000]);
  });

  test('is told of once when it is set to the same 2 times', () => {
    const moment = new Moment();
    const told: (number | null)[] = [];
    moment.onChange((at) => told.push(at));
    moment.at = 5;
    moment.at = 5;
    moment.at = null;
    expect(told).toEqual([5, null]);
  });
});
