import { expect, test } from 'vitest';
import { joined, OwnSuppressedError } from '../../src/core/suppressed.ts';

const later = new Error('pool is gone');
const before = new Error('no stock');

test('2 errors become 1 that has both, as the language joins them', () => {
  const error = joined(later, before);
  expect(error).toMatchObject({ name: 'SuppressedError', error: later, suppressed: before });
  expect(error.message).toBe('pool is gone (in clean-up, after: no stock)');
  const Native = Reflect.get(globalThis, 'SuppressedError');
  expect(error).toBeInstanceOf(Native ?? OwnSuppressedError);
});

test('what Node 22 gets has the 3 properties of the language’s own', () => {
  const error = new OwnSuppressedError(later, before, 'both');
  expect([error.error, error.suppressed, error.message]).toEqual([later, before, 'both']);
  expect(error.name).toBe('SuppressedError');
});
