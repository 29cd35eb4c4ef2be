import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causes, codeOf, labelOf } from '../../src/core/outcome.ts';
import { networkError } from '../support/script.ts';

describe('the code of an error', () => {
  test('is its own, or that of the 1st cause that has one', () => {
    expect(codeOf(Object.assign(new Error(), { code: 'EPIPE' }))).toBe('EPIPE');
    expect(codeOf(networkError('ECONNRESET'))).toBe('ECONNRESET');
    expect(codeOf(new Error('1', { cause: networkError('ECONNREFUSED') }))).toBe('ECONNREFUSED');
  });

  test('is none where it is a number, as a DOMException’s 20', () => {
    expect(codeOf(new DOMException('stop', 'AbortError'))).toBeUndefined();
    expect(codeOf(Object.assign(new Error(), { code: 1 }))).toBeUndefined();
  });

  test.each([undefined, null, 1, 'ECONNRESET', Symbol('1'), () => 1])(
    'is none of what is no object, 1 of 6: %s',
    (value) => {
      expect(codeOf(value)).toBeUndefined();
    },
  );
});

describe('the causes of an error', () => {
  test('are itself and the 2 behind it, in order', () => {
    const [first, second] = [new Error('1'), new Error('2')];
    const third = { cause: 'text' };
    Object.assign(first, { cause: second });
    Object.assign(second, { cause: third });
    expect([...causes(first)]).toEqual([first, second, third]);
  });

  test('are 8 at most, also where they are a ring', () => {
    const error: Error & { cause?: unknown } = new Error('ring');
    error.cause = error;
    expect([...causes(error)]).toHaveLength(8);
    expect(codeOf(error)).toBeUndefined();
  });

  test('are found in 1,000 values of every shape without a throw', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (value, cause) => {
        expect([...causes(value)].length).toBeLessThanOrEqual(8);
        expect([...causes(new Error('1', { cause }))].length).toBeGreaterThan(0);
        expect(typeof labelOf({ error: value })).toBe('string');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the word for an outcome', () => {
  test.each([
    ['200', { response: new Response() }],
    ['503', { response: new Response(null, { status: 503 }) }],
    ['ECONNRESET', { error: networkError('ECONNRESET') }],
    ['TypeError', { error: new TypeError('fetch failed') }],
    ['AbortError', { error: new DOMException('stop', 'AbortError') }],
    ['error', { error: 'https://user:secret@a.test/?token=1' }],
    ['error', { error: undefined }],
    ['error', { error: { message: 'secret', name: 'secret' } }],
  ])('is %s, 1 of 8', (word, outcome) => {
    expect(labelOf(outcome)).toBe(word);
  });

  test('is free of what the message tells, such as 1 token', () => {
    const error = new TypeError('Failed to parse URL from https://a.test/?token=secret');
    expect(labelOf({ error })).toBe('TypeError');
  });
});
