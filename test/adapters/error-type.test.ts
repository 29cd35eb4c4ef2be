import { describe, expect, test } from 'vitest';
import { errorTypeOf, wordFor } from '../../src/adapters/error-type.ts';
import { CircuitOpenError, superseded, TimeoutError } from '../../src/core/errors.ts';
import { Stop } from '../../src/core/stop.ts';
import { networkError } from '../support/script.ts';

const refusal = { origin: 'https://api.test', attempts: 0 };
const stoppedBy = (reason: unknown) => {
  const stop = Stop.never.child();
  stop.abort(reason);
  return stop;
};

describe('the type of an error', () => {
  test('is the status of an answer from 400 on', () => {
    const typeOf = (status: number) =>
      errorTypeOf({ response: new Response(null, { status }) }, Stop.never);
    expect([200, 304, 399, 400, 404, 503].map(typeOf)).toEqual([
      ...[undefined, undefined, undefined],
      ...['400', '404', '503'],
    ]);
  });

  test('is the code of an error, or else its name: 5 of them', () => {
    const errors = [
      networkError('ECONNREFUSED'),
      new TypeError('x'),
      new CircuitOpenError(1, refusal),
      new TimeoutError('attempt', 1, refusal),
      'a word',
    ];
    expect(errors.map((error) => errorTypeOf({ error }, Stop.never))).toEqual([
      ...['ECONNREFUSED', 'TypeError', 'ERR_RESILIENCE_CIRCUIT_OPEN', 'timeout', 'error'],
    ]);
  });

  test('is nothing where the caller or a faster copy ended it, and 1 word where a timeout did', () => {
    const typeBy = (reason: unknown) => errorTypeOf({ error: reason }, stoppedBy(reason));
    expect(typeBy(new Error('gone'))).toBeUndefined();
    expect(typeBy(undefined)).toBeUndefined();
    expect(typeBy(superseded)).toBeUndefined();
    expect(typeBy(new DOMException('x', 'TimeoutError'))).toBeUndefined();
    expect(typeBy(new TimeoutError('total', 1, refusal))).toBe('timeout');
  });

  test('is that of the failure where another stop came after it: 1 ECONNRESET', () => {
    const error = networkError('ECONNRESET');
    expect(errorTypeOf({ error }, stoppedBy('gone'))).toBe('ECONNRESET');
  });
});

describe('a word', () => {
  test('that may be private, or is too long, is none of 4', () => {
    const words = ['bob@example.com', 'two words', '', 'x'.repeat(61)];
    expect(words.map(wordFor)).toEqual(Array(4).fill('_OTHER'));
  });

  test('that somebody invents is told of 100 times at the most, and the usual ones always', () => {
    const invented = Array.from({ length: 1_000 }, (_, index) => `INVENTED_${index}`);
    const told = new Set(invented.map(wordFor));
    expect(told.size).toBeGreaterThan(50);
    expect(told.size).toBeLessThanOrEqual(101);
    expect(told).toContain('_OTHER');
    expect(invented.map(wordFor).filter((word) => word !== '_OTHER')).toEqual(
      invented.slice(0, told.size - 1),
    );
    const usual = ['ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', '503', '429'];
    expect(usual.map(wordFor)).toEqual(usual);
    expect(wordFor('ERR_RESILIENCE_TIMEOUT')).toBe('timeout');
  });
});
