import { describe, expect, it } from 'vitest';
import { RequestHeaders } from '../../src/undici/request-headers.ts';

describe('the headers of a request', () => {
  const forms: Record<string, unknown> = {
    'an object': { 'X-One': 'a', 'x-two': ['b', 'c'], 'x-none': undefined },
    'a list': ['X-One', 'a', 'x-two', 'b', 'x-two', 'c'],
    'a Map': new Map<string, unknown>([
      ['X-One', 'a'],
      ['x-two', ['b', 'c']],
    ]),
    'a Headers': new Headers({ 'X-One': 'a', 'x-two': 'b, c' }),
    'an iterator': [['X-One', 'a'] as const, ['x-two', 'b, c'] as const].values(),
  };
  for (const [form, given] of Object.entries(forms)) {
    it(`are read from ${form}: 2 names`, () => {
      expect(new RequestHeaders(given).record).toEqual({ 'x-one': 'a', 'x-two': 'b, c' });
    });
  }

  it('leave as they were given where 0 were added', () => {
    const given = { 'X-One': 'a' };
    const headers = new RequestHeaders(given);
    expect(headers.with(headers.record)).toBe(given);
    expect(headers.with(new Headers(headers.record))).toBe(given);
    expect(new RequestHeaders(undefined).with(undefined)).toBeUndefined();
  });

  it('leave with 1 that was added and 1 that was changed, and the rest as they were given', () => {
    const headers = new RequestHeaders({ 'X-One': 'a', 'X-Two': ['b', 'c'], traceparent: '0' });
    const asked = new Headers({ ...headers.record, traceparent: '1', 'idempotency-key': 'k' });
    expect(headers.with(asked)).toEqual([
      ...['X-One', 'a', 'X-Two', ['b', 'c']],
      ...['idempotency-key', 'k', 'traceparent', '1'],
    ]);
  });

  it('that are no headers are left to undici: 1 of 2 is known', () => {
    const given = { 'x-one': 'a', 'x odd': 'b', 'x-snow': '\u2603' };
    const headers = new RequestHeaders(given);
    expect(headers.record).toEqual({ 'x-one': 'a' });
    expect(headers.with(headers.record)).toBe(given);
  });
});
