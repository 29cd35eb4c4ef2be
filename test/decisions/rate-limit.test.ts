import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rateLimitReset } from '../../src/decisions/rate-limit.ts';
import { askedBy } from '../../src/decisions/wait.ts';

const now = Date.UTC(2026, 5, 15, 12, 0, 0);
const inAMinute = now / 1_000 + 60;

const asked = (headers: Record<string, string>) => rateLimitReset(new Headers(headers), now);
const waitIn = (value: string) => asked({ ratelimit: value });

describe('RateLimit as from version 08 of its draft', () => {
  test.each([
    ['"default";r=0;t=30', 30_000],
    ['"default"; r=0; t=30', 30_000],
    ['"100-in-15min"; r=0; t=900', 900_000],
    ['"default";t=30;r=0', 30_000],
    ['"default";r=0;pk=:cHJvYmU=:;t=30', 30_000],
    ['"default";pk=:cHJvYmU=:;r=0;t=30', 30_000],
    ['default;r=0;t=30', 30_000],
    ['"a, or b";r=0;t=30', 30_000],
    ['"r=5;t=9";r=0;t=30', 30_000],
  ])('%s asks for %d ms', (value, expected) => {
    expect(waitIn(value)).toBe(expected);
  });

  test.each([
    ['"minute";r=0;t=30, "day";r=5000;t=86400', 30_000],
    ['"minute";r=10;t=30, "day";r=0;t=600', 600_000],
    ['"minute";r=0;t=30 , "day";r=0;t=600', 600_000],
    ['"minute";r=0;t=600,"day";r=0;t=30', 600_000],
    ['"minute";r=0,"day";r=0;t=30', 30_000],
  ])('of 2 policies, %s, asks for %d ms', (value, expected) => {
    expect(waitIn(value)).toBe(expected);
  });
});

describe('RateLimit as in version 07', () => {
  test.each([
    ['limit=100, remaining=0, reset=30', 30_000],
    ['limit=100,remaining=0,reset=30', 30_000],
    ['remaining=0, reset=30', 30_000],
    ['reset=30, remaining=0, limit=100', 30_000],
  ])('%s asks for %d ms', (value, expected) => {
    expect(waitIn(value)).toBe(expected);
  });
});

describe('a pair of headers', () => {
  test.each([
    ['RateLimit-Remaining', 'RateLimit-Reset', '30', 30_000],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset', '30', 30_000],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset', String(inAMinute), 60_000],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset', `${inAMinute}.500`, 60_500],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset', String(now + 60_000), 60_000],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset-After', '0.25', 250],
    ['X-Rate-Limit-Remaining', 'X-Rate-Limit-Reset', String(inAMinute), 60_000],
    ['X-RateLimit-Remaining', 'X-RateLimit-Reset', '999999999', 999_999_999_000],
  ])('%s: 0 with %s: %s asks for %d ms', (remaining, reset, value, expected) => {
    expect(asked({ [remaining]: '0', [reset]: value })).toBe(expected);
    expect(asked({ [remaining]: ' 0 ', [reset]: ` ${value} ` })).toBe(expected);
  });

  test('is read where it is there first: of 3 pairs the standard one, 10 s', () => {
    const headers = {
      'ratelimit-remaining': '0',
      'ratelimit-reset': '10',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '20',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': '30',
    };
    expect(asked(headers)).toBe(10_000);
    expect(asked({ ...headers, 'ratelimit-reset': 'soon' })).toBe(20_000);
  });

  test('takes Discord’s finer one before its date: 1.5 s', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(inAMinute) };
    expect(asked({ ...headers, 'x-ratelimit-reset-after': '1.5' })).toBe(1_500);
  });

  test('counts beside a RateLimit, and the longer of the 2 holds', () => {
    const pair = { 'ratelimit-remaining': '0', 'ratelimit-reset': '10' };
    expect(asked({ ...pair, ratelimit: '"default";r=0;t=30' })).toBe(30_000);
    expect(asked({ ...pair, ratelimit: '"default";r=0;t=3' })).toBe(10_000);
    expect(asked({ ...pair, ratelimit: '"default";r=9;t=30' })).toBe(10_000);
  });
});

describe('nothing is asked for', () => {
  test.each([
    ['"default";r=1;t=30'],
    ['"default";r=50;t=30'],
    ['"default";r=0'],
    ['"default";r=0;t=0'],
    ['"default";t=30'],
    ['"default";r=0;t=-30'],
    ['"default";r=0;t=soon'],
    ['"default";r=0;t="30"'],
    ['"default";r=05;t=30'],
    ['"default";r=00;t=30'],
    ['"default";r;t=30'],
    ['"default";r=0;r=5;t=30'],
    ['"default";xr=0;t=30'],
    ['"default";r=0;t=1e3'],
    ['"default";r=0;t=9999999999999999'],
    ['limit=100, remaining=1, reset=30'],
    ['limit=100, remaining=0'],
    ['limit=100, remaining=0, reset=-1'],
    ['limit=100, remaining=0, reset=0'],
    ['remaining=00, reset=30'],
    ['r=0, t=30'],
    ['100'],
    [''],
    [',;=,;='],
    ['constructor=0, __proto__=0'],
  ])('by RateLimit: %s', (value) => {
    expect(waitIn(value)).toBeUndefined();
  });

  test.each([
    ['1', '30'],
    ['', '30'],
    ['-1', '30'],
    ['00', '30'],
    ['0, 0', '30'],
    ['0', ''],
    ['0', '0'],
    ['0', '-30'],
    ['0', '+30'],
    ['0', '30s'],
    ['0', '0x1e'],
    ['0', '3e1'],
    ['0', '1 000'],
    ['0', '30, 30'],
    ['0', 'Infinity'],
    ['0', 'NaN'],
    ['0', '.'],
    ['0', '9999999999999999'],
    ['0', String(now / 1_000)],
    ['0', String(now / 1_000 - 1)],
    ['0', String(now - 1)],
    ['0', new Date(now + 60_000).toUTCString()],
    ['0', new Date(now + 60_000).toISOString()],
  ])('by X-RateLimit-Remaining: %j and X-RateLimit-Reset: %j', (remaining, reset) => {
    const headers = { 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset };
    expect(asked(headers)).toBeUndefined();
  });

  test('by 1 header of a pair without the other, nor by halves of 2 pairs', () => {
    expect(asked({ 'x-ratelimit-reset': '30' })).toBeUndefined();
    expect(asked({ 'x-ratelimit-remaining': '0' })).toBeUndefined();
    expect(asked({ 'ratelimit-remaining': '0', 'x-ratelimit-reset': '30' })).toBeUndefined();
    expect(asked({ 'x-ratelimit-limit': '0', 'x-ratelimit-reset': '30' })).toBeUndefined();
  });

  test('by an answer of 0 headers, or of a double that has none', () => {
    expect(asked({})).toBeUndefined();
    expect(rateLimitReset(undefined, now)).toBeUndefined();
  });
});

describe('Retry-After stands over a rate limit', () => {
  const limited = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' };
  const waitFor = (headers: Record<string, string>) =>
    askedBy({ response: new Response(null, { status: 429, headers }) }, { max: 30_000 }, now);

  test.each([
    [{ 'retry-after': '2', ...limited }, 2_000],
    [{ 'retry-after': '60', ...limited }, 60_000],
    [{ 'retry-after-ms': '150', ...limited }, 150],
    [{ 'retry-after': 'soon', ...limited }, 30_000],
    [{ 'retry-after': '-1', ...limited }, 30_000],
    [limited, 30_000],
    [{ ...limited, 'x-ratelimit-remaining': '1' }, undefined],
  ])('%j asks for %s ms', (headers, expected) => {
    expect(waitFor(headers as Record<string, string>)).toBe(expected);
  });
});

describe('any text at all', () => {
  const names = [
    ...['ratelimit', 'ratelimit-remaining', 'ratelimit-reset', 'x-ratelimit-remaining'],
    ...['x-ratelimit-reset', 'x-ratelimit-reset-after', 'x-rate-limit-remaining'],
    ...['x-rate-limit-reset'],
  ];
  const number = fc.oneof(
    { weight: 3, arbitrary: fc.constant('0') },
    fc.constantFrom('1', '-1', '00', '0.5', '1e9', '999999999', '1e400', '9'.repeat(400)),
    fc.nat().map(String),
    fc.double().map(String),
    fc.bigInt().map(String),
  );
  const parameter = fc.tuple(fc.constantFrom('r', 't', 'remaining', 'reset', '"a"', ''), number);
  const nearly = fc
    .array(fc.tuple(parameter, fc.constantFrom(';', ',', '; ', ', ', '')), { maxLength: 8 })
    .map((parts) => parts.map(([both, end]) => both.join('=') + end).join(''));
  const anything = fc.string({ unit: 'binary-ascii' }).filter(isHeaderValue);
  const headerText = fc.oneof(nearly, number, number, anything);

  function isHeaderValue(value: string): boolean {
    try {
      return new Headers({ a: value }).has('a');
    } catch {
      return false;
    }
  }

  test('throws 0 times, and gives nothing or a finite number above 0, 5,000 times', () => {
    const all = Object.fromEntries(names.map((name) => [name, headerText]));
    const some = fc.record(all, { requiredKeys: [] });
    let found = 0;
    fc.assert(
      fc.property(some, fc.double({ min: 0, max: 4e12, noNaN: true }), (headers, clock) => {
        const wait = rateLimitReset(new Headers(headers), clock);
        if (wait === undefined) return;
        found++;
        expect(wait).toBeGreaterThan(0);
        expect(Number.isFinite(wait)).toBe(true);
      }),
      { numRuns: 5_000, seed: 1 },
    );
    expect(found).toBeGreaterThan(100);
  });

  test('gives back what a server of version 08 wrote, the longest of 1 to 5 policies, 1,000 times', () => {
    const policy = fc.record({ left: fc.nat({ max: 3 }), reset: fc.integer({ min: 1, max: 1e6 }) });
    fc.assert(
      fc.property(fc.array(policy, { minLength: 1, maxLength: 5 }), (policies) => {
        const value = policies.map(({ left, reset }, at) => `"p${at}";r=${left};t=${reset}`);
        const used = policies.filter(({ left }) => left === 0).map(({ reset }) => reset * 1_000);
        expect(waitIn(value.join(', '))).toBe(used.length > 0 ? Math.max(...used) : undefined);
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });

  test.each(['9', ';', ',', '=', '"', ' ', ';r=0', '"a";r=0;t=1,'])(
    'is read within 200 ms when it is 16,000 times %j',
    (part) => {
      const value = part.repeat(16_000);
      const headers = Object.fromEntries(names.map((name) => [name, value]));
      const start = performance.now();
      asked(headers);
      expect(performance.now() - start).toBeLessThan(200);
    },
  );
});
