import { expect, test } from 'vitest';
import { counted, exactly, grouped, listed, percent, roughly } from '../../src/core/words.ts';

test.each([
  [0, '0 ms'],
  [0.5, '0.5 ms'],
  [200, '200 ms'],
  [1_000, '1 s'],
  [1_500, '1,500 ms'],
  [30_000, '30 s'],
  [60_000, '60 s'],
  [120_000, '2 min'],
  [3_600_000, '60 min'],
])('%d ms are exactly %s, 1 of 9', (length, text) => {
  expect(exactly(length)).toBe(text);
});

test.each([
  [0.4, '0 ms'],
  [12.3, '12 ms'],
  [999.6, '1 s'],
  [1_934, '1.93 s'],
  [10_020, '10 s'],
  [125_300, '125 s'],
  [3_600_000, '3,600 s'],
])('%d ms are roughly %s, 1 of 7', (length, text) => {
  expect(roughly(length)).toBe(text);
});

test('a number of things is said as 1 call and as 1,000 calls', () => {
  expect(counted(1, 'call')).toBe('1 call');
  expect(counted(1_000, 'call')).toBe('1,000 calls');
  expect(counted(0, 'copy', 'copies')).toBe('0 copies');
});

test('a share is said to all its figures, 3 of them', () => {
  expect([0.95, 0.07, 0.999].map(percent)).toEqual(['95 %', '7 %', '99.9 %']);
  expect(grouped(12_345.678)).toBe('12,345.678');
});

test('a row of 0, 1, 2 and 3 words is said as one would', () => {
  const words = ['a', 'b', 'c'];
  const said = [0, 1, 2, 3].map((length) => listed(words.slice(0, length)));
  expect(said).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
