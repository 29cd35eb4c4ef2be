import { expect, test } from 'vitest';
import { said } from '../../src/describe/said.ts';

test('says options by their names, 7 kinds of value', () => {
  const options = {
    ...{ a: true, b: { c: { d: 1_000 }, e: false }, f: 'text', g: ['x', 'y'], h: [] },
    ...{ i: () => 1, j: new Response('secret') },
  };
  expect(said(options)).toBe(
    'a on, b.c.d 1,000, b.e off, f text, g x and y, h none, i (a function), j (a Response)',
  );
});
