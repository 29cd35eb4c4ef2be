import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptionsError } from '../src/core/errors.ts';
import { checkOptions, Levels } from '../src/levels.ts';
import type { ClientOptions } from '../src/options.ts';
import { defaults } from '../src/policy.ts';

const url = new URL('https://api.example.com/things');
const host = 'api.example.com';

/** A client, one that extends it, and one that extends that. */
function family(first: ClientOptions = {}, second: ClientOptions = {}, third: ClientOptions = {}) {
  const parent = new Levels(first);
  const child = new Levels(second, parent);
  return { parent, child, grandchild: new Levels(third, child) };
}

const retriesOf = (levels: Levels) => {
  const { retry } = levels.policyOf(url);
  return retry === false ? 0 : retry.maxRetries;
};

describe('checkOptions', () => {
  test('gives back good options, and tells 3 faults at once, as createClient does', () => {
    const good = { retry: 2, hosts: { 'a.test': { timeout: 5 } } };
    expect(checkOptions(good)).toEqual(good);
    const wrong = { retries: 5, timeout: -1, retry: { maxRetries: '2' } };
    const told = (work: () => unknown) => {
      try {
        return work();
      } catch (error) {
        return error;
      }
    };
    const error = told(() => checkOptions(wrong)) as OptionsError;
    expect(error).toBeInstanceOf(OptionsError);
    expect(error.message.split('\n')).toHaveLength(3);
    expect(error).toEqual(told(() => new Levels(wrong as never)));
  });

  test.each([
    ['no options at all', null, 'options: expected an object, got null'],
    ['a host that is none', { hosts: { 'a/b': {} } }, 'hosts: expected host'],
    ['two that contradict', { timeout: { total: 1, attempt: 2 } }, 'timeout.attempt: expected at'],
  ])('refuses %s, 1 of 3 ways that a schema alone would not see', (_, wrong, message) => {
    expect(() => checkOptions(wrong)).toThrow(message);
  });
});

describe('levels of options', () => {
  test('give the defaults where all 3 say nothing', () => {
    expect(family().grandchild.policyOf(url)).toEqual(defaults);
  });

  test('stand over one another, the innermost of 3 last', () => {
    const { parent, child, grandchild } = family({ retry: 1 }, { timeout: 2 }, { retry: 3 });
    expect([parent, child, grandchild].map(retriesOf)).toEqual([1, 1, 3]);
    expect(grandchild.policyOf(url).timeout.total).toBe(2);
    expect(parent.policyOf(url).timeout.total).toBe(30_000);
  });

  test('have all their own options under all their host rules: 9 of the parent’s rule', () => {
    const { child } = family({ hosts: { [host]: { retry: 9 } } }, { retry: 1 });
    expect(retriesOf(child)).toBe(9);
  });

  test('give the last name, and the headers of all 3 in order', () => {
    const { grandchild } = family({ name: 'a', headers: { a: '1' } }, { headers: { a: '2' } });
    expect(grandchild.last('name')).toBe('a');
    expect(grandchild.all('headers')).toEqual([{ a: '1' }, { a: '2' }]);
  });

  test('share 1 map of origins, so a child has no maxOrigins', () => {
    expect(() => family({}, { maxOrigins: 5 })).toThrow(OptionsError);
  });
});

describe('a change', () => {
  test('replaces the options of its names, and leaves the 2 others', () => {
    const levels = new Levels({ retry: 1, timeout: 2_000, headers: { a: '1' } });
    levels.change({ retry: 5, headers: { b: '2' } });
    expect(retriesOf(levels)).toBe(5);
    expect(levels.policyOf(url).timeout.total).toBe(2_000);
    expect(levels.all('headers')).toEqual([{ b: '2' }]);
  });

  test('replaces an object as a whole: of retry {…} with 2 keys 1 is left', () => {
    const levels = new Levels({ retry: { maxRetries: 9, methods: ['GET'] } });
    levels.change({ retry: { methods: ['PUT'] } });
    expect(levels.policyOf(url).retry).toMatchObject({ maxRetries: 3, methods: ['PUT'] });
  });

  test('of `undefined` takes 1 option back to what it was without', () => {
    const { parent, child } = family({ retry: 1 }, { retry: 7 });
    child.change({ retry: undefined });
    expect(retriesOf(child)).toBe(1);
    parent.change({ retry: undefined });
    expect(retriesOf(child)).toBe(3);
  });

  test('of nothing, {}, changes nothing', () => {
    const levels = new Levels({ retry: 1 });
    levels.change({});
    expect(levels.own).toEqual({ retry: 1 });
  });

  test('is heard by the 2 below, and not by those above', () => {
    const { parent, child, grandchild } = family({ retry: 1 });
    child.change({ retry: 5 });
    expect([parent, child, grandchild].map(retriesOf)).toEqual([1, 5, 5]);
    parent.change({ timeout: 7 });
    expect(grandchild.policyOf(url).timeout.total).toBe(7);
    grandchild.change({ retry: 9 });
    expect([parent, child, grandchild].map(retriesOf)).toEqual([1, 5, 9]);
  });

  test('raises the revision of all 3 by 1, and one that is refused by 0', () => {
    const { parent, child, grandchild } = family();
    const revisions = () => [parent, child, grandchild].map(({ revision }) => revision);
    expect(revisions()).toEqual([0, 0, 0]);
    child.change({ retry: 1 });
    expect(revisions()).toEqual([1, 1, 1]);
    expect(() => child.change({ retry: -1 })).toThrow(OptionsError);
    expect(revisions()).toEqual([1, 1, 1]);
  });

  test('of host rules is heard: 2 retries become 4 and, taken back, the 3 of everybody', () => {
    const levels = new Levels({ hosts: { [host]: { retry: 2 } } });
    levels.change({ hosts: { [host]: { retry: 4 } } });
    expect(retriesOf(levels)).toBe(4);
    levels.change({ hosts: undefined });
    expect(retriesOf(levels)).toBe(3);
  });
});

describe('the policies of a moment', () => {
  test('are what they were, whatever is changed at any of 3 levels thereafter', () => {
    const { parent, child, grandchild } = family({ retry: 1 }, { timeout: 2 }, {});
    const before = grandchild.policies();
    parent.change({ retry: 5, hosts: { [host]: { retry: 6 } } });
    child.change({ timeout: undefined });
    grandchild.change({ retry: 7 });
    expect(before(url)).toMatchObject({ retry: { maxRetries: 1 }, timeout: { total: 2 } });
    expect(grandchild.policies()(url)).toMatchObject({ retry: { maxRetries: 6 } });
    expect(grandchild.policyOf(url)).toEqual(grandchild.policies()(url));
  });

  test('are 3 for 3,000 origins of which 3 different things are said', () => {
    const { grandchild } = family(
      { retry: 1, hosts: { '*.example.com': { timeout: 1 } } },
      { hosts: { '*.a.example.com': { retry: 2 } } },
    );
    const policyOf = grandchild.policies();
    const hosts = ['example.org', 'example.com', 'a.example.com'].flatMap((domain) => {
      return Array.from({ length: 1_000 }, (_, index) => `https://host-${index}.${domain}/`);
    });
    const policies = new Set(hosts.map((each) => policyOf(new URL(each))));
    expect([...policies]).toMatchObject([
      { retry: { maxRetries: 1 }, timeout: { total: 30_000 } },
      { retry: { maxRetries: 1 }, timeout: { total: 1 } },
      { retry: { maxRetries: 2 }, timeout: { total: 1 } },
    ]);
  });
});

describe('a change that is wrong', () => {
  const given = { retry: 1, timeout: { attempt: 20_000 } } as const;

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'options: expected an object, got undefined'],
    ['null', null, 'options: expected an object, got null'],
    ['a string', 'retry', 'options: expected an object, got "retry"'],
    ['a number', 5, 'options: expected an object, got 5'],
    ['an array', [{ retry: 5 }], 'options: expected an object, got an array'],
    ['a function', () => ({ retry: 5 }), 'options: expected an object, got a function'],
    ['a Map', new Map([['retry', 5]]), 'options: expected an object, got an object'],
    ['a wrong name', { retries: 5 }, 'retries: unknown option; did you mean retry?'],
    ['`__proto__`', JSON.parse('{"__proto__":{"retry":5}}'), '__proto__: unknown option'],
    ['null for an option', { retry: null }, 'retry: expected an object, a number of retries'],
    ['one right, one wrong', { timeout: 5, retry: -1 }, 'retry: expected an integer ≥ 0, got -1'],
    ['a wrong host', { hosts: { 'https://a.test/b': {} } }, 'hosts: expected host, host:port'],
    ['a rule of a host', { hosts: { [host]: { retry: 'x' } } }, `hosts.${host}.retry: expected`],
    [
      'a header’s name',
      { headers: { 'bad name': 'secret' } },
      'headers: expected names and values',
    ],
    ['a header’s value', { headers: { a: 'b\r\nc: secret' } }, 'headers: expected names and'],
    [
      'what does not fit what stays',
      { circuitBreaker: { window: 5_000 } },
      'circuitBreaker.window: expected at least timeout.attempt (20000)',
    ],
    ['a name', { name: 'other' }, 'name: expected what it was: it can’t be changed'],
    ['a pool', { pool: true }, 'pool: expected what it was: it can’t be changed'],
    ['maxOrigins', { maxOrigins: 1 }, 'maxOrigins: expected what it was: it can’t be changed'],
    ['random', { random: () => 0 }, 'random: expected what it was: it can’t be changed'],
    ['a preset', { preset: 'fast' }, 'preset: expected one of'],
  ])('by %s throws an OptionsError and changes 0 options', (_, wrong, message) => {
    const levels = new Levels(given);
    const before = levels.policyOf(url);
    let thrown: unknown;
    try {
      levels.change(wrong as ClientOptions);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(OptionsError);
    expect((thrown as Error).message.replaceAll("'", '’')).toContain(message);
    expect((thrown as Error).message).not.toContain('secret');
    expect(levels.policyOf(url)).toEqual(before);
    expect(levels.own).toEqual(given);
    expect(levels.revision).toBe(0);
  });

  test('tells of all 4 that can’t be changed, a line for each', () => {
    const wrong = { name: 'other', pool: true, maxOrigins: 5, random: () => 0 };
    let message = '';
    try {
      new Levels({}).change(wrong);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual(Object.keys(wrong));
  });

  test('is none where the 4 that can’t be changed are given as they were', () => {
    const same = { name: 'a', pool: { connections: 2, agent: { maxHeaderSize: 5 } } };
    const random = () => 0;
    const levels = new Levels({ ...structuredClone(same), maxOrigins: 5, random });
    levels.change({ ...structuredClone(same), maxOrigins: 5, random, retry: 7 });
    expect(retriesOf(levels)).toBe(7);
  });

  test('is none for a fallback that was given before and is still there', () => {
    const fallback = new Response('spare');
    const levels = new Levels({ fallback });
    levels.change({ retry: 1 });
    expect(levels.policyOf(url).fallback).toBe(fallback);
  });

  test('by a getter that throws changes 0 options, and throws what that threw', () => {
    const levels = new Levels(given);
    const fault = new Error('a getter');
    const wrong = {
      timeout: 5,
      get retry(): number {
        throw fault;
      },
    };
    expect(() => levels.change(wrong)).toThrow(fault);
    expect(levels.own).toEqual(given);
  });

  test('by anything at all changes 0 options or throws 1 OptionsError, 1,000 times', () => {
    const value = fc.oneof(fc.anything(), fc.constantFrom(1, true, false, undefined, null, 'all'));
    const name = fc.constantFrom(
      ...['retry', 'timeout', 'hosts', 'headers', 'throttle', 'fallback', 'preset', 'fetch'],
      ...['concurrency', 'hedge', 'baseUrl', 'endpoints', 'circuitBreaker', 'retryBudget'],
      ...['idempotencyKey', 'name', 'pool', 'wrong', '__proto__', 'constructor'],
    );
    const changes = fc.oneof(fc.anything(), fc.dictionary(name, value, { maxKeys: 3 }));
    fc.assert(
      fc.property(changes, (wrong) => {
        const levels = new Levels(given);
        const { revision } = levels;
        try {
          levels.change(wrong as ClientOptions);
          expect(levels.revision).toBe(revision + 1);
        } catch (error) {
          expect(error).toBeInstanceOf(OptionsError);
          expect(levels.own).toEqual(given);
          expect(levels.revision).toBe(revision);
        }
        expect(levels.policyOf(url)).toHaveProperty('timeout.total');
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });
});

test('the layers of a host are 2 levels and their 2 rules, from the lowest to the highest', () => {
  const parent = new Levels({ retry: 1, hosts: { '*.test': { retry: 2 } } });
  const child = new Levels(
    { retry: 3, hosts: { 'api.test': { retry: 4 }, a: { retry: 5 } } },
    parent,
  );
  const told = (at?: URL) => child.layersOf(at).map(({ from, options }) => [from, options.retry]);
  expect(told(new URL('https://api.test'))).toEqual([
    ['inherited', 1],
    ['client', 3],
    ['hosts *.test', 2],
    ['hosts api.test', 4],
  ]);
  expect(told()).toEqual(told(new URL('https://other.example')));
  expect(told()).toHaveLength(2);
});
