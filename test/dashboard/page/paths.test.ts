import { describe, expect, test } from 'vitest';
import { band, boxes, line, stepArea } from '../../../src/dashboard/page/paths.ts';

describe('a path', () => {
  test('of steps goes up the 3 values and back along the foot', () => {
    expect(stepArea([0, 0, 0], [0.5, 0.5, 1])).toBe('M0 50H2V0H3V100H0Z');
  });

  test('of steps stands on what is below it', () => {
    expect(stepArea([0.5, 0.25], [1, 1])).toBe('M0 0H2V75H1V50H0Z');
  });

  test('of steps is interrupted where there is nothing, 2 runs of 3', () => {
    expect(stepArea([0, 0, 0], [1, 0, 1])).toBe('M0 0H1V100H0ZM2 0H3V100H2Z');
    expect(stepArea([0.2, 0.2], [0.2, 0.2])).toBe('');
  });

  test('of a line goes through the middle of its buckets, with a gap for each null of 2', () => {
    expect(line([0, 1, null, null, 0.5])).toBe('M0.5 100L1.5 0M4 50h1');
    expect(line([null, null])).toBe('');
  });

  test('of a band is there where both of its 2 lines are', () => {
    expect(band([0, 0, null], [1, 1, 1])).toBe('M0.5 0L1.5 0L1.5 100L0.5 100Z');
  });

  test('of a state is a box for each of its 2 times', () => {
    expect(boxes(['open', 'open', 'closed', 'open'], 'open', 0, 12)).toBe(
      'M0 0H2V12H0ZM3 0H4V12H3Z',
    );
  });
});
