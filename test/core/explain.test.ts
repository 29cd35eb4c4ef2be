import { describe, expect, test } from 'vitest';
import { explain, record } from '../../src/core/explain.ts';
import { logOf } from './given.ts';

describe('the log of a call', () => {
  test.each<[string, () => object]>([
    ['a Response', () => new Response('1')],
    ['an error', () => new TypeError('fetch failed')],
    ['a DOMException', () => new DOMException('1', 'AbortError')],
    ['a plain object', () => ({})],
    ['an object without a prototype', () => Object.create(null)],
    ['a frozen error', () => Object.freeze(new Error('1'))],
    ['a sealed object', () => Object.seal({ a: 1 })],
    ['a function', () => () => 1],
    ['an array', () => [1]],
    ['a proxy', () => new Proxy({}, {})],
  ])('is told by %s, 1 of 10', (_, make) => {
    const object = make();
    const log = logOf();
    expect(explain(object)).toBeUndefined();
    record(object, log);
    expect(explain(object)).toBe(log);
  });

  test.each([undefined, null, 0, '', 'stop', true, 1n, Symbol('1')])(
    'is told by nothing that is no object, 1 of 8: %s',
    (value) => {
      expect(() => record(value, logOf())).not.toThrow();
      expect(explain(value)).toBeUndefined();
    },
  );

  test('is the one of the last of 2 calls that gave the same error', () => {
    const error = new Error('shared');
    const [first, second] = [logOf({ id: '1' }), logOf({ id: '2' })];
    record(error, first);
    record(error, second);
    expect(explain(error)).toBe(second);
  });

  test('is undefined for what 0 clients gave', () => {
    expect(explain(new Response())).toBeUndefined();
    expect(explain(new Error('mine'))).toBeUndefined();
    expect(explain({ log: logOf() })).toBeUndefined();
  });

  test('leaves a Response as it was: 0 keys more, on it and on its prototype', () => {
    const response = new Response('1', { status: 201 });
    const before = [Reflect.ownKeys(response), Reflect.ownKeys(Response.prototype)];
    const [prototype, extensible] = [Object.getPrototypeOf(response), true];
    record(response, logOf());
    expect([Reflect.ownKeys(response), Reflect.ownKeys(Response.prototype)]).toEqual(before);
    expect(Object.getPrototypeOf(response)).toBe(prototype);
    expect(Object.isExtensible(response)).toBe(extensible);
    expect(JSON.stringify(response)).toBe('{}');
    expect(Object.getOwnPropertySymbols(response)).toEqual(
      Object.getOwnPropertySymbols(new Response('1')),
    );
  });

  test('is not told by a copy of a Response, 1 clone', () => {
    const response = new Response('1');
    record(response, logOf());
    expect(explain(response.clone())).toBeUndefined();
  });

  test('leaves a Response readable and cloneable, 2 times', async () => {
    const response = new Response('whole');
    record(response, logOf());
    expect(await response.clone().text()).toBe('whole');
    expect(await response.text()).toBe('whole');
  });
});
