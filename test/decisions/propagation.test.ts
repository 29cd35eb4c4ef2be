import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultPropagation,
  headersOf,
  heardIn,
  isMarked,
  type PropagationRule,
} from '../../src/decisions/propagation.ts';

const ruleOf = (rule: Partial<PropagationRule>): PropagationRule => ({
  ...defaultPropagation,
  ...rule,
});
const told = { timeLeft: 500, attempt: 1, doNotRetry: false };
const getter = (headers: Record<string, string>) => (name: string) => headers[name] ?? null;

describe('the headers of an attempt', () => {
  test.each([
    ['milliseconds', 500, { 'x-request-timeout-ms': '490' }],
    ['milliseconds', 490.9, { 'x-request-timeout-ms': '480' }],
    ['envoy', 500, { 'x-envoy-expected-rq-timeout-ms': '490' }],
    ['grpc', 500, { 'grpc-timeout': '490m' }],
    ['grpc', 1e8 + 1_510, { 'grpc-timeout': '100001S' }],
    [{ header: 'x-left' }, 500, { 'x-left': '490' }],
    [{ header: 'x-left', format: 'grpc' }, 500, { 'x-left': '490m' }],
    ['milliseconds', 10, { 'x-request-timeout-ms': '1' }],
    ['milliseconds', -40, { 'x-request-timeout-ms': '1' }],
    ['milliseconds', Number.POSITIVE_INFINITY, {}],
    [false, 500, {}],
  ] as const)('say what is left less 10 ms, as %j of %d', (deadline, timeLeft, expected) => {
    const rule = ruleOf({ deadline, attempt: false });
    expect(headersOf(rule, { ...told, timeLeft })).toEqual(expected);
  });

  test('say which try it is, and whether that is the last: 3 headers', () => {
    expect(headersOf(defaultPropagation, { timeLeft: 100, attempt: 3, doNotRetry: true })).toEqual({
      'x-request-timeout-ms': '90',
      'x-request-attempt': '3',
      'x-do-not-retry': 'true',
    });
    const quiet = ruleOf({ deadline: false, attempt: 'x-envoy-attempt-count', doNotRetry: false });
    expect(headersOf(quiet, { timeLeft: 100, attempt: 3, doNotRetry: true })).toEqual({
      'x-envoy-attempt-count': '3',
    });
  });
});

describe('what is heard in the headers of a request', () => {
  const heard = (headers: Record<string, string>, rule: Partial<PropagationRule> = {}) =>
    heardIn(getter(headers), ruleOf(rule));
  const nothing = { deadline: undefined, attempt: 1, doNotRetry: false };

  test.each([
    [{ 'x-request-timeout-ms': '250' }, 250],
    [{ 'x-envoy-expected-rq-timeout-ms': '250' }, 250],
    [{ 'grpc-timeout': '250m' }, 250],
    [{ 'grpc-timeout': '2S' }, 2_000],
    [{ 'grpc-timeout': '3M' }, 180_000],
    [{ 'grpc-timeout': '1H' }, 3_600_000],
    [{ 'grpc-timeout': '500u' }, 0.5],
    [{ 'grpc-timeout': '99999999n' }, 99.999999],
    [{ 'x-request-timeout-ms': '250', 'grpc-timeout': '200m' }, 200],
    [{ 'x-request-timeout-ms': '9999999999' }, 9_999_999_999],
  ])('is a deadline, 1 of 10: %j', (headers, deadline) => {
    expect(heard(headers as Record<string, string>).deadline).toBeCloseTo(deadline, 9);
  });

  test.each([
    ...['', '0', '-5', '1.5', '1e3', '0x10', ' 5', '5 ', '5, 6', '12345678901', 'NaN'],
    ...['٣', '5m', 'Infinity', 'null'],
  ])('is nothing where the header has none of the 15 digits and forms it may: %j', (value) => {
    expect(heard({ 'x-request-timeout-ms': value })).toEqual(nothing);
  });

  test.each(['', '5', '0m', '123456789m', '5x', '5 m', 'm', '-5m', '1.5S'])(
    "is nothing where gRPC's form is broken, 1 of 9: %j",
    (value) => {
      expect(heard({ 'grpc-timeout': value })).toEqual(nothing);
    },
  );

  test.each([
    [{ 'x-request-attempt': '3' }, 3],
    [{ 'x-envoy-attempt-count': '2' }, 2],
    [{ 'grpc-previous-rpc-attempts': '1' }, 2],
    [{ 'x-request-attempt': '2', 'x-envoy-attempt-count': '4' }, 4],
    [{ 'x-request-attempt': '0' }, 1],
    [{ 'x-request-attempt': '99999' }, 1],
    [{ 'x-request-attempt': '-2' }, 1],
    [{ 'x-request-attempt': '2, 3' }, 1],
  ])('is the number of a try, 1 of 8: %j', (headers, attempt) => {
    expect(heard(headers as Record<string, string>).attempt).toBe(attempt);
  });

  test.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['yes', false],
    ['', false],
  ])('is the wish for 0 retries: %j, %j', (value, expected) => {
    expect(heard({ 'x-do-not-retry': value }).doNotRetry).toBe(expected);
  });

  test('can be by 3 names of your own, and by none', () => {
    const headers = { 'x-left': '5S', 'x-try': '2', 'x-stop': '1' };
    const own = { attempt: 'x-try', doNotRetry: 'x-stop' } as const;
    expect(heard(headers, { ...own, deadline: { header: 'x-left', format: 'grpc' } })).toEqual({
      ...{ deadline: 5_000, attempt: 2, doNotRetry: true },
    });
    const all = { 'grpc-timeout': '5S', 'x-request-attempt': '2', 'x-do-not-retry': '1' };
    const none = { deadline: false, attempt: false, doNotRetry: false } as const;
    expect(heard(all, none)).toEqual(nothing);
  });

  test('is within bounds whatever comes, 300 values', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, number) => {
        for (const value of [text, String(number), `${number}m`]) {
          const headers = { 'x-request-timeout-ms': value, 'grpc-timeout': value };
          const { deadline = 1, attempt } = heard({ ...headers, 'x-request-attempt': value });
          expect(deadline > 0 && Number.isFinite(deadline)).toBe(true);
          expect(attempt >= 1 && attempt < 10_000).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('is what was said, less the margin of 10 and what is cut off, in each of 2 forms', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 11, max: 2 ** 31, noNaN: true }),
        fc.constantFrom('milliseconds' as const, 'grpc' as const),
        (timeLeft, deadline) => {
          const headers = headersOf(ruleOf({ deadline }), { ...told, timeLeft });
          const { deadline: length = 0 } = heard(headers);
          expect(length).toBeLessThanOrEqual(timeLeft - 10);
          expect(length).toBeGreaterThan(timeLeft - 10 - (timeLeft > 1e8 ? 1_001 : 1.001));
        },
      ),
    );
  });
});

describe('an answer says that a retry is of no use', () => {
  test.each([
    [{ 'x-do-not-retry': 'true' }, true],
    [{ 'x-should-retry': 'false' }, true],
    [{ 'x-should-retry': 'true' }, false],
    [{ 'grpc-retry-pushback-ms': '-1' }, true],
    [{ 'grpc-retry-pushback-ms': '100' }, false],
    [{ 'x-other': 'true' }, false],
  ])('or not, 1 of 6 headers: %j, %j', (headers, expected) => {
    expect(isMarked(new Headers(headers as Record<string, string>), 'x-do-not-retry')).toBe(
      expected,
    );
  });

  test('by a name of its own, and never where it has 0 headers', () => {
    expect(isMarked(new Headers({ 'x-stop': '1' }), 'x-stop')).toBe(true);
    expect(isMarked(undefined, 'x-stop')).toBe(false);
  });
});
