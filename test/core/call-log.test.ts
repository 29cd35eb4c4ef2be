import { describe, expect, test } from 'vitest';
import { explain, lastFailure, record, stoppedBy } from '../../src/core/call-log.ts';
import { superseded, TimeoutError } from '../../src/core/errors.ts';
import { Stop } from '../../src/core/stop.ts';
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

describe('the last failure', () => {
  const error = new Error('reset');

  test('is none after 0 attempts, or where the only one is under way', () => {
    expect(lastFailure(logOf())).toBeUndefined();
    const attempts = [{ attempt: 1, outcome: 'pending', duration: 0 }];
    expect(lastFailure(logOf({ attempts }))).toBeUndefined();
  });

  test('is the error itself of the last of 2 attempts that ended', () => {
    const attempts = [
      { attempt: 1, outcome: '503', duration: 1 },
      { attempt: 2, outcome: 'ECONNRESET', duration: 1, error },
      { attempt: 3, outcome: 'pending', duration: 0 },
    ];
    expect(lastFailure(logOf({ attempts }))).toBe(error);
  });

  test('is not the end of a copy that was superseded, the 2nd of 2', () => {
    const attempts = [
      { attempt: 1, outcome: 'ECONNRESET', duration: 1, error },
      { attempt: 1, hedge: true, outcome: 'superseded', duration: 1, error: superseded },
    ] as const;
    expect(lastFailure(logOf({ attempts: [...attempts] }))).toBe(error);
  });

  test('is an error that names the status where it was an answer, of 503', () => {
    const attempts = [
      { attempt: 1, outcome: 'ECONNRESET', duration: 1, error },
      { attempt: 2, outcome: '503', duration: 1 },
    ];
    expect(lastFailure(logOf({ attempts }))).toEqual(new Error('Attempt 2 was answered 503'));
  });
});

test.each([
  ['timeout', new TimeoutError('total', 1_000, { origin: 'https://api.test', attempts: 1 })],
  ['aborted', new Error('enough')],
  ['aborted', AbortSignal.abort().reason],
  ['aborted', undefined],
])('a stop means %s, 1 of 4', (expected, reason) => {
  const stop = Stop.never.child();
  stop.abort(reason);
  expect(stoppedBy(stop)).toBe(expected);
});
