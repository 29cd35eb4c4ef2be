import { AssertionError } from 'node:assert';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { CircuitOpenError, OptionsError, TimeoutError } from '../../src/core/errors.ts';
import { joined } from '../../src/core/suppressed.ts';
import { classifierOf, type ErrorRules } from '../../src/decisions/thrown.ts';
import { networkError } from '../support/script.ts';

const nothing: ErrorRules = { recoverable: [], permanent: [], terminal: [] };
const by = (rules: Partial<ErrorRules>) => classifierOf({ ...nothing, ...rules });
const saidOf = (error: unknown, rules: Partial<ErrorRules> = {}) => by(rules)(error);
const refusal = { origin: 'payments', attempts: 1 };

class Declined extends Error {}
class DeclinedTwice extends Declined {}
class NoError {
  code = 5;
}
class OwnBug extends TypeError {}

/** As a runner has it that gives its tests globals of their own: fetch is not of their realm. */
function foreignReset(): unknown {
  const error = runInNewContext('new TypeError("fetch failed")');
  return Object.assign(error, { cause: networkError('ECONNRESET').cause });
}

describe('without a word of the policy', () => {
  it.each([
    ['an Error', new Error('boom'), 'ambiguous'],
    ['an error of one’s own', new Declined(), 'ambiguous'],
    ['a string', 'boom', 'ambiguous'],
    ['undefined', undefined, 'ambiguous'],
    ['a timeout', new TimeoutError('attempt', 5, refusal), 'ambiguous'],
    ['a reset', networkError('ECONNRESET'), 'ambiguous'],
    ['a network error without a code', new TypeError('fetch failed'), 'ambiguous'],
    ['what was never sent', networkError('ECONNREFUSED'), 'never-sent'],
    ['a certificate', networkError('CERT_HAS_EXPIRED'), 'certificate'],
    [
      'a bad scheme',
      new TypeError('fetch failed', { cause: new Error('unknown scheme') }),
      'fatal',
    ],
    ['a TypeError', new TypeError('x is not a function'), 'fatal'],
    ['a class of it', new OwnBug(), 'fatal'],
    ['a ReferenceError', new ReferenceError('x'), 'fatal'],
    ['a RangeError', new RangeError('x'), 'fatal'],
    ['a SyntaxError', new SyntaxError('x'), 'fatal'],
    ['a bug that a reset led to', new RangeError('x', { cause: networkError('EPIPE') }), 'fatal'],
    ['one of another realm', runInNewContext('new RangeError("x")'), 'fatal'],
    ['a reset of another realm', foreignReset(), 'ambiguous'],
    ['a bug, after which clean-up failed', joined(new Error('busy'), new TypeError('x')), 'fatal'],
    ['a failure, after which clean-up had a bug', joined(new TypeError('x'), 'boom'), 'ambiguous'],
    ['an assertion', new AssertionError({ message: 'x' }), 'fatal'],
    ['an abort', new DOMException('x', 'AbortError'), 'fatal'],
    ['a refusal', new CircuitOpenError(5, refusal), 'fatal'],
    [
      'a refusal after a reset',
      new CircuitOpenError(5, { ...refusal, cause: networkError('ECONNRESET') }),
      'fatal',
    ],
    ['a wrong option', new OptionsError('x'), 'fatal'],
  ])('%s is 1 thing: %o', (_, error, expected) => {
    expect(saidOf(error)).toBe(expected);
  });

  it('a chai assertion is 1 bug, too', () => {
    let thrown: unknown;
    try {
      expect(1).toBe(2);
    } catch (error) {
      thrown = error;
    }
    expect(saidOf(thrown)).toBe('fatal');
  });
});

describe('what a policy names', () => {
  const wrapped = new Error('outer', { cause: Object.assign(new Error(), { code: 'GONE' }) });

  it('is told by a class, a class above it, a code, a cause’s code, a number, or a function: 6 ways', () => {
    expect(saidOf(new Declined(), { permanent: [Declined] })).toBe('fatal');
    expect(saidOf(new DeclinedTwice(), { permanent: [Declined] })).toBe('fatal');
    expect(saidOf(Object.assign(new Error(), { code: 'GONE' }), { permanent: ['GONE'] })).toBe(
      'fatal',
    );
    expect(saidOf(wrapped, { permanent: ['GONE'] })).toBe('fatal');
    expect(saidOf(new NoError(), { permanent: [5] })).toBe('fatal');
    expect(saidOf('boom', { permanent: [(error) => error === 'boom'] })).toBe('fatal');
  });

  it('is not what it is like: 4 that are something else', () => {
    expect(saidOf(new Error(), { permanent: [Declined, NoError] })).toBe('ambiguous');
    expect(saidOf(new NoError(), { permanent: ['5'] })).toBe('ambiguous');
    expect(saidOf('GONE', { permanent: ['GONE'] })).toBe('ambiguous');
    expect(saidOf('boom', { permanent: [() => 'yes' as never] })).toBe('ambiguous');
  });

  it('may be a class that is no Error, and is asked with instanceof: 1 match', () => {
    expect(saidOf(new NoError(), { terminal: [NoError] })).toBe('terminal');
  });

  it('is what the strictest of 3 lists says', () => {
    const all = [Declined];
    expect(saidOf(new Declined(), { recoverable: all, permanent: all })).toBe('fatal');
    expect(saidOf(new Declined(), { recoverable: all, permanent: all, terminal: all })).toBe(
      'terminal',
    );
  });

  it('brings back an abort, and a certificate: 2 that are not tried again by themselves', () => {
    const abort = (error: unknown) => error instanceof DOMException;
    expect(saidOf(new DOMException('x', 'AbortError'), { recoverable: [abort] })).toBe('ambiguous');
    const expired = networkError('CERT_HAS_EXPIRED');
    expect(saidOf(expired, { recoverable: ['CERT_HAS_EXPIRED'] })).toBe('ambiguous');
  });

  it('counts as not named where the function throws, which gives 1 warning', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const broken = () => {
      throw new Error('a bug in the policy');
    };
    expect(saidOf(new Error(), { terminal: [broken] })).toBe('ambiguous');
    expect(warnings).toHaveBeenCalledTimes(1);
  });
});

describe('a bug', () => {
  it('is named by its class, one above it that is a bug’s, or its code: 4 ways', () => {
    expect(saidOf(new RangeError(), { recoverable: [RangeError] })).toBe('ambiguous');
    expect(saidOf(new OwnBug(), { recoverable: [TypeError] })).toBe('ambiguous');
    expect(saidOf(new OwnBug(), { recoverable: [OwnBug] })).toBe('ambiguous');
    const assertion = new AssertionError({ message: 'x' });
    expect(saidOf(assertion, { recoverable: ['ERR_ASSERTION'] })).toBe('ambiguous');
    expect(saidOf(assertion, { recoverable: [AssertionError] })).toBe('ambiguous');
  });

  it('of another realm is named by the class of the same name here: 1 of 2 names it', () => {
    const foreign = runInNewContext('new RangeError("x")');
    expect(saidOf(foreign, { recoverable: [RangeError] })).toBe('ambiguous');
    expect(saidOf(foreign, { recoverable: [TypeError] })).toBe('fatal');
  });

  it('is not named by Error, by another bug’s class, nor by a function, which is not even asked', () => {
    const asked = vi.fn(() => true);
    for (const matcher of [Error, TypeError, asked])
      expect(saidOf(new RangeError(), { recoverable: [matcher] })).toBe('fatal');
    expect(saidOf(new RangeError(), { terminal: [Error, asked] })).toBe('fatal');
    expect(asked).not.toHaveBeenCalled();
  });

  it('can be terminal, where it is named: 1 way', () => {
    expect(saidOf(new RangeError(), { terminal: [RangeError] })).toBe('terminal');
  });
});
