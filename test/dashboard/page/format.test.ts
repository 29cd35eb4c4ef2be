import { describe, expect, test } from 'vitest';
import {
  clock,
  count,
  duration,
  percent,
  perSecond,
  plural,
  span,
} from '../../../src/dashboard/page/format.ts';

/** With ordinary spaces, which are easier to read in a table. */
const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('numbers on the page', () => {
  test.each([
    [0, '0 %'],
    [0.000_1, '<0.1 %'],
    [0.001, '0.1 %'],
    [0.123, '12.3 %'],
    [0.5, '50 %'],
    [0.999_9, '99.9 %'],
    [1, '100 %'],
    [1.25, '125 %'],
  ])('say %d as a share as %s, 1 of 8', (share, text) => {
    expect(plain(percent(share))).toBe(text);
  });

  test.each([
    [0.4, '0.4 ms'],
    [7.04, '7 ms'],
    [84.4, '84 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1_234, '1.23 s'],
    [12_340, '12.3 s'],
    [59_940, '59.9 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
  ])('say %d ms as %s, 1 of 11', (milliseconds, text) => {
    expect(plain(duration(milliseconds))).toBe(text);
  });

  test.each([
    [0, '0/s'],
    [0.25, '0.3/s'],
    [4, '4/s'],
    [41.6, '42/s'],
    [1_204, '1,204/s'],
    [12_345, '12.3 k/s'],
    [123_456, '123 k/s'],
  ])('say %d a second as %s, 1 of 7', (rate, text) => {
    expect(plain(perSecond(rate))).toBe(text);
  });

  test('round a countdown up, so that 1 ms is not over yet', () => {
    expect([span(1), span(1_000), span(1_001), span(0)].map(plain)).toEqual([
      '1 s',
      '1 s',
      '2 s',
      '0 s',
    ]);
  });

  test('count 1 call and 2 calls, and a million without its digits', () => {
    expect([plural(1, 'call'), plural(2, 'call'), plural(0, 'retry', 'retries')]).toEqual([
      ...['1 call', '2 calls', '0 retries'],
    ]);
    expect(plain(count(1_234_567))).toBe('1.23 M');
  });

  test('give the time of day in 3 pairs of digits', () => {
    expect(clock(new Date(2030, 0, 1, 9, 4, 7).getTime())).toBe('09:04:07');
  });
});
