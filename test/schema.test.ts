import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { check } from '../src/check.ts';
import { OptionsError } from '../src/core/errors.ts';
import {
  atLeast,
  between,
  conflict,
  delay,
  fn,
  integer,
  kind,
  length,
  off,
  oneOf,
  type Schema,
} from '../src/schema.ts';

/** What is said of a value under the name `it`; nothing, if it is taken. */
function said(schema: Schema<unknown>, value: unknown): string | undefined {
  return faultIn(v.strictObject({ it: schema }), { it: value });
}

function faultIn(schema: Schema<unknown>, options: unknown, known: string[] = []) {
  try {
    check(schema, options, known);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    return (error as OptionsError).message;
  }
}

const longest = 2 ** 31 - 1;

describe('a kind of value', () => {
  test.each<[string, Schema<unknown>, unknown[]]>([
    ['an integer from 2 to 4', integer(2, 4, 'from 2 to 4'), [2, 3, 4]],
    ['an integer of at least 1', atLeast(1), [1, 2, Number.MAX_SAFE_INTEGER]],
    ['an integer of at least 0', atLeast(0), [0, -0, 1]],
    ['a number from 0.5 to 1', between(0.5, 1, 'from 0.5 to 1'), [0.5, 0.7, 1]],
    ['a length of at least 1', length, [1, 1.5, longest]],
    ['a delay of at least 0', delay, [0, 0.5, longest]],
    ['1 of 2 names', oneOf('one', 'two'), ['one', 'two']],
    ['a function, 1 of 3', fn('()'), [() => 1, class {}, async () => 1]],
    ['off, 1 value', off('false'), [false]],
  ])('takes %s', (_, schema, values) => {
    for (const value of values) expect(said(schema, value)).toBeUndefined();
  });

  test.each<[string, Schema<unknown>, unknown, string]>([
    ['1', integer(2, 4, 'from 2 to 4'), 1, 'it: expected from 2 to 4, got 1'],
    ['2.5', integer(2, 4, 'from 2 to 4'), 2.5, 'it: expected from 2 to 4, got 2.5'],
    ['"3"', atLeast(0), '3', 'it: expected an integer ≥ 0, got "3"'],
    ['null', atLeast(0), null, 'it: expected an integer ≥ 0, got null'],
    ['1n', atLeast(0), 1n, 'it: expected an integer ≥ 0, got 1'],
    ['NaN, 0 of a number', atLeast(0), Number.NaN, 'it: expected an integer ≥ 0, got NaN'],
    ['2**53', atLeast(0), 2 ** 53, 'it: expected an integer ≥ 0, got 9007199254740992'],
    ['0', length, 0, `it: expected milliseconds from 1 to ${longest}, got 0`],
    ['2**31', length, 2 ** 31, `it: expected milliseconds from 1 to ${longest}, got 2147483648`],
    ['-1', delay, -1, `it: expected milliseconds from 0 to ${longest}, got -1`],
    [
      'a date of 0',
      delay,
      new Date(0),
      `it: expected milliseconds from 0 to ${longest}, got an object`,
    ],
    ['"three"', oneOf('one', 'two'), 'three', 'it: expected one of one, two, got "three"'],
    ['an object, 1', fn('(a) => b'), {}, 'it: expected a function (a) => b, got an object'],
    ['true, 1 of 2', off('a number, or false'), true, 'it: expected a number, or false, got true'],
    ['an array of 1', off('false'), [false], 'it: expected false, got an array'],
    ['a function of 0', off('false'), () => false, 'it: expected false, got a function'],
  ])('refuses %s', (_, schema, value, message) => {
    expect(said(schema, value)).toBe(message);
  });

  test('that is wrong in 2 ways is told in 1 line', () => {
    expect(said(atLeast(1), 0.5)).toBe('it: expected an integer ≥ 1, got 0.5');
    expect(said(atLeast(0), -1.5)).toBe('it: expected an integer ≥ 0, got -1.5');
    expect(said(atLeast(0), Number.POSITIVE_INFINITY)).toBe(
      'it: expected an integer ≥ 0, got Infinity',
    );
  });
});

describe('a choice of 2 kinds', () => {
  const schema = kind('number', length, off('milliseconds, or false'));

  test('takes either', () => {
    expect(said(schema, 1)).toBeUndefined();
    expect(said(schema, false)).toBeUndefined();
  });

  test('tells a fault by the kind of the 2 that was meant', () => {
    expect(said(schema, 0)).toBe(`it: expected milliseconds from 1 to ${longest}, got 0`);
    expect(said(schema, 'x')).toBe('it: expected milliseconds, or false, got "x"');
    expect(said(schema, null)).toBe('it: expected milliseconds, or false, got null');
  });

  test('does not take null for an object, nor an array of 0', () => {
    const object = kind('object', v.strictObject({}), off('an object, or false'));
    expect(said(object, {})).toBeUndefined();
    expect(said(object, null)).toBe('it: expected an object, or false, got null');
    expect(said(object, [])).toBe('it: expected an object, or false, got an array');
  });
});

describe('a check between 2 entries', () => {
  const schema = v.pipe(
    v.strictObject({ low: v.number(), high: v.number() }),
    conflict<{ low: number; high: number }>(['high'], ({ low, high }) =>
      high < low ? `at least low (${low})` : undefined,
    ),
  );

  test('is told at the second of 2', () => {
    expect(faultIn(schema, { low: 2, high: 1 })).toBe('high: expected at least low (2), got 1');
    expect(faultIn(schema, { low: 1, high: 1 })).toBeUndefined();
  });

  test('is not made where 1 of them is no number', () => {
    expect(faultIn(schema, { low: 'x', high: 1 })).toMatch(/^low: [^\n]*$/);
  });

  test('is told at the part that it is of, where that has 1 value and no entries', () => {
    const brief = v.pipe(
      v.strictObject({ part: v.union([v.number(), schema]) }),
      conflict<{ part: number | { low: number; high: number } }>(
        ['part', 'high'],
        () => 'something else',
      ),
    );
    expect(faultIn(brief, { part: 1 })).toBe('part: expected something else, got 1');
    expect(faultIn(brief, { part: { low: 1, high: 2 } })).toBe(
      'part.high: expected something else, got 2',
    );
  });

  test('is told where it is, 3 levels down', () => {
    const deep = v.strictObject({ a: v.strictObject({ b: schema }) });
    expect(faultIn(deep, { a: { b: { low: 2, high: 1 } } })).toBe(
      'a.b.high: expected at least low (2), got 1',
    );
  });
});

describe('an unknown name', () => {
  const schema = v.strictObject({ timeout: v.optional(length), retry: v.optional(length) });

  test('is told with the nearest of 2 known ones', () => {
    expect(faultIn(schema, { timout: 1 }, ['timeout', 'retry'])).toBe(
      'timout: unknown option; did you mean timeout?',
    );
  });

  test('is told without one where 0 are near', () => {
    expect(faultIn(schema, { somethingElseEntirely: 1 }, ['timeout', 'retry'])).toBe(
      'somethingElseEntirely: unknown option',
    );
  });
});

describe('a value in a message', () => {
  const schema = off('false');

  test('is cut after 40 characters', () => {
    expect(said(schema, 'x'.repeat(100))).toBe(`it: expected false, got "${'x'.repeat(40)}…"`);
    expect(said(schema, 'x'.repeat(40))).toBe(`it: expected false, got "${'x'.repeat(40)}"`);
  });

  test('stays in 1 line, whatever it holds', () => {
    expect(said(schema, 'a\nb')).toBe('it: expected false, got "a\\nb"');
  });

  test.each([
    [{ password: 'secret' }, 'an object'],
    [['secret'], 'an array'],
    [function secret() {}, 'a function'],
    [new Headers({ authorization: 'secret' }), 'an object'],
  ])('never tells the inside of an object, 1 of 4', (value, shown) => {
    expect(said(schema, value)).toBe(`it: expected false, got ${shown}`);
  });

  test('may be a symbol, 1 kind that does not turn into text by itself', () => {
    expect(said(schema, Symbol('1'))).toBe('it: expected false, got Symbol(1)');
  });
});

describe('a whole set of options', () => {
  const schema = v.strictObject({ a: v.optional(atLeast(0)), b: v.optional(length) });

  test('is given back as a copy, 2 values in it', () => {
    const options = { a: 1, b: 2 };
    const checked = check(schema, options, []);
    expect(checked).toEqual(options);
    expect(checked).not.toBe(options);
  });

  test('has a line for each of 2 faults', () => {
    expect(faultIn(schema, { a: -1, b: 0 })).toBe(
      `a: expected an integer ≥ 0, got -1\nb: expected milliseconds from 1 to ${longest}, got 0`,
    );
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [1, '1'],
    ['x', '"x"'],
    [() => 1, 'a function'],
    [true, 'true'],
  ])('that is none is told as such, 1 of 6: %s', (options, shown) => {
    expect(faultIn(schema, options)).toBe(`options: expected an object, got ${shown}`);
  });
});
