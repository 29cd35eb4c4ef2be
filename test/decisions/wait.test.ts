import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Outcome } from '../../src/core/outcome.ts';
import type { CircuitView } from '../../src/core/per-origin.ts';
import { type Endpoint, routeOf } from '../../src/core/route.ts';
import { backoffDelay, defaultBackoff } from '../../src/decisions/backoff.ts';
import type { AttemptInfo } from '../../src/decisions/retry-decision.ts';
import { askedBy, backoffOf, boundsOf, type Prospect } from '../../src/decisions/wait.ts';
import { defaults } from '../../src/policy.ts';

const warnings = vi.fn();
beforeEach(() => {
  warnings.mockReset();
  vi.spyOn(process, 'emitWarning').mockImplementation(warnings);
});

const now = Date.UTC(2026, 0, 1);
const half = () => 0.5;
const infoOf = (attempt: number): AttemptInfo => ({
  origin: 'https://api.test',
  method: 'GET',
  attempt,
});
const answered = (headers: Record<string, string> = {}): Outcome => ({
  response: new Response(null, { status: 503, headers }),
});
const broken = () => {
  throw new Error('broken');
};

describe('the backoff of a rule', () => {
  test('follows its schedule, counted from attempt 1', () => {
    const backoff = { ...defaultBackoff, jitter: 'none' } as const;
    const delays = [1, 2, 3, 4].map((attempt) =>
      backoffOf({ backoff }, answered(), infoOf(attempt), 0, half),
    );
    expect(delays).toEqual([200, 400, 800, 1_600]);
  });

  test('follows the delay before where it is decorrelated: up to 3 times that', () => {
    const backoff = { ...defaultBackoff, jitter: 'decorrelated' } as const;
    expect(backoffOf({ backoff }, answered(), infoOf(2), 1_000, () => 1)).toBe(3_000);
  });

  test('draws the first decorrelated delay from 1 to 3 bases, where there was none before', () => {
    const backoff = { ...defaultBackoff, jitter: 'decorrelated' } as const;
    const draw = (random: number) => backoffOf({ backoff }, answered(), infoOf(1), 0, () => random);
    expect([0, 0.5, 1].map(draw)).toEqual([200, 400, 600]);
  });

  test('is what its function gives, 7, told of the attempt and its outcome', () => {
    const backoff = vi.fn(() => 7);
    const outcome = answered();
    expect(backoffOf({ backoff }, outcome, infoOf(2), 0, half)).toBe(7);
    expect(backoff).toHaveBeenCalledExactlyOnceWith({ ...infoOf(2), outcome });
  });

  test.each([0, 0.5, 1e9, Number.POSITIVE_INFINITY])('may be %d by a function', (length) => {
    expect(backoffOf({ backoff: () => length }, answered(), infoOf(1), 0, half)).toBe(length);
  });

  test.each([
    [-1],
    [Number.NaN],
    ['7'],
    [null],
    [undefined],
    [true],
    [{}],
    [7n],
    [Number.NEGATIVE_INFINITY],
  ])('is the default one, 400 here, where its function gives %s', (given) => {
    const backoff = () => given as number;
    const delay = backoffOf({ backoff }, answered(), infoOf(3), 0, half);
    expect(delay).toBe(backoffDelay(defaultBackoff, 2, 0, half));
    expect(delay).toBe(400);
  });

  test('is the default one where its function throws, and the process gets 1 warning', () => {
    expect(backoffOf({ backoff: broken }, answered(), infoOf(1), 0, half)).toBe(100);
    expect(warnings).toHaveBeenCalledExactlyOnceWith('The function retry.backoff failed: broken', {
      code: 'RESILIENT_FETCH_HOOK',
    });
  });

  test('is a number of at least 0, whatever its function gives, 500 times', () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: 1, max: 50 }), (given, attempt) => {
        const backoff = () => given as number;
        const delay = backoffOf({ backoff }, answered(), infoOf(attempt), 0, half);
        expect(delay).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a server asked for', () => {
  const rule = { max: 30_000 };

  test('is read from its standard header, 5 s', () => {
    expect(askedBy(answered({ 'retry-after': '5' }), rule, now)).toBe(5_000);
    const date = new Date(now + 7_000).toUTCString();
    expect(askedBy(answered({ 'retry-after': date }), rule, now)).toBe(7_000);
  });

  test('is given as it was said, also beyond the max of 30,000', () => {
    expect(askedBy(answered({ 'retry-after': '3600' }), rule, now)).toBe(3_600_000);
  });

  test('is nothing where the rule is off, there was no answer, or it had 0 headers', () => {
    expect(askedBy(answered({ 'retry-after': '5' }), false, now)).toBeUndefined();
    expect(askedBy({ error: new Error('reset') }, rule, now)).toBeUndefined();
    expect(askedBy(answered(), rule, now)).toBeUndefined();
  });

  test('is what the function reads, 250, over the headers', () => {
    const parse = vi.fn(({ headers }: Response) => Number(headers.get('x-wait')));
    const outcome = answered({ 'x-wait': '250', 'retry-after': '5' });
    expect(askedBy(outcome, { max: 1, parse }, now)).toBe(250);
    expect(parse).toHaveBeenCalledExactlyOnceWith(outcome.response);
  });

  test.each([[0], [-1], [Number.NaN], ['7'], [null], [undefined], [{}]])(
    'is read from the headers, 5 s, where the function gives %s',
    (given) => {
      const parse = () => given as number;
      expect(askedBy(answered({ 'retry-after': '5' }), { max: 1, parse }, now)).toBe(5_000);
      expect(askedBy(answered(), { max: 1, parse }, now)).toBeUndefined();
    },
  );

  test('is read from the headers where the function throws, and there is 1 warning', () => {
    const asked = askedBy(answered({ 'retry-after': '5' }), { max: 1, parse: broken }, now);
    expect(asked).toBe(5_000);
    expect(warnings).toHaveBeenCalledExactlyOnceWith(
      'The function retry.retryAfter.parse failed: broken',
      { code: 'RESILIENT_FETCH_HOOK' },
    );
  });
});

describe('the numbers that bound an attempt', () => {
  const clock = 5_000;
  const prospect: Prospect = {
    outcome: answered(),
    info: infoOf(1),
    previous: 0,
    timeLeft: 900,
    circuit: undefined,
    route: undefined,
    choice: undefined,
  };
  const bounds = (changes: Partial<Prospect>, rule = {}) =>
    boundsOf({ ...defaults.retry, ...rule }, { ...prospect, ...changes }, clock, now, half);

  const placeOf = (name: string): Endpoint => {
    const origin = `https://${name}.test`;
    return { state: { origin, inFlight: 0 }, url: new URL(origin), weight: 1 };
  };
  const [here, there] = [placeOf('here'), placeOf('there')];
  const route = { ...routeOf([here, there], 'ordered'), latest: here };
  const going = (endpoint: Endpoint, fresh = false) => {
    return { route, choice: { endpoint, fresh, insist: false } };
  };

  test('are those of the rule, of the clock, and a backoff of 100', () => {
    expect(bounds({})).toEqual({
      nested: false,
      retries: 0,
      maxRetries: 3,
      backoff: 100,
      retryAfter: undefined,
      maxRetryAfter: 30_000,
      spreadRetryAfter: 0,
      elsewhere: false,
      timeLeft: 900,
      circuitRetryAfter: 0,
    });
  });

  test('hold what the server asked for, 5 s, spread to 5.25', () => {
    const outcome = answered({ 'retry-after': '5' });
    expect(bounds({ outcome })).toMatchObject({ retryAfter: 5_000, spreadRetryAfter: 5_250 });
    expect(bounds({ outcome }, { retryAfter: false })).toMatchObject({
      retryAfter: undefined,
      maxRetryAfter: 0,
    });
  });

  test.each([
    ['open', 700, 700],
    ['isolated', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['half-open', 700, 0],
    ['closed', 0, 0],
  ] as const)('hold the time of a circuit that is %s for %d: %d', (state, retryAfter, expected) => {
    const circuit = { state, retryAfter } as CircuitView;
    expect(bounds({ circuit }).circuitRetryAfter).toBe(expected);
  });

  test('hold no wait for a place that is fresh, and its function is asked 0 times', () => {
    const backoff = vi.fn(() => 50);
    const outcome = answered({ 'retry-after': '5' });
    const expected = { elsewhere: true, backoff: 0, retryAfter: undefined, spreadRetryAfter: 0 };
    expect(bounds({ outcome, ...going(there, true) }, { backoff })).toMatchObject(expected);
    expect(backoff).toHaveBeenCalledTimes(0);
  });

  test('hold what was asked for by the place that is gone to: 5 s of this one, 2 of the other', () => {
    const outcome = answered({ 'retry-after': '5' });
    route.failed.set(there, clock + 2_000);
    expect(bounds({ outcome, ...going(here) })).toMatchObject({ retryAfter: 5_000 });
    expect(bounds({ outcome, ...going(there) })).toMatchObject({
      ...{ retryAfter: 2_000, spreadRetryAfter: 2_100, backoff: 100, elsewhere: false },
    });
    route.failed.set(there, clock);
    expect(bounds({ outcome, ...going(there) })).toMatchObject({ retryAfter: undefined });
  });
});
