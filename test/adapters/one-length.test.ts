import { describe, expect, it } from 'vitest';
import { oneLength } from '../../src/adapters/one-length.ts';

/** What goes on to the connection. */
function passed(headers?: Record<string, unknown>): unknown {
  let seen: unknown;
  const dispatch = oneLength((options) => {
    seen = (options as { headers?: unknown }).headers;
    return true;
  });
  expect(dispatch({ path: '/', headers }, {})).toBe(true);
  return seen;
}

describe('a content-length', () => {
  it('that is said 2 times is said 1 time, beside the other headers', () => {
    const headers = { 'content-length': '4, 4', 'x-a': '1' };
    expect(passed(headers)).toEqual({ 'content-length': '4', 'x-a': '1' });
    expect(passed({ 'content-length': '04, 4' })).toEqual({ 'content-length': '4' });
    expect(headers['content-length']).toBe('4, 4');
  });

  it.each([{ 'content-length': '4' }, { 'content-length': '5, 4' }, { 'x-a': '4, 4' }, undefined])(
    'that is said otherwise is left to the connection, 1 of 4: %j',
    (headers) => {
      expect(passed(headers)).toBe(headers);
    },
  );
});
