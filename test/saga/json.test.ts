import { expect, test } from 'vitest';
import { asJson } from '../../src/saga/json.ts';

class Money {
  readonly amount = 1;
}
const ring: { self?: object } = {};
ring.self = ring;

test.each<[string, unknown]>([
  ['result: expected what JSON can hold, got an object of Date', new Date(0)],
  ['result: expected what JSON can hold, got NaN', Number.NaN],
  ['result.at[1]: expected what JSON can hold, got an object of Map', { at: [1, new Map()] }],
  ['result.price: expected what JSON can hold, got an object of Money', { price: new Money() }],
  ['result.done: expected what JSON can hold, got a function', { done: () => {} }],
  ['result: expected what JSON can hold, got a bigint', 1n],
  ['result[0]: expected what JSON can hold, got undefined', [undefined]],
  ['result.self: expected what JSON can hold, got a value that holds itself', ring],
])('refuses what a journal would change, 1 of 8: %s', (message, value) => {
  expect(() => asJson(value, 'result')).toThrow(new TypeError(message));
});

test.each<[unknown]>([
  [undefined],
  [null],
  ['text'],
  [0.5],
  [[{ a: [true] }]],
  [Object.assign(Object.create(null), { a: 1 })],
])('keeps the rest as it is, 1 of 6: %j', (value) => {
  expect(asJson(value, 'result')).toEqual(value);
});

test('gives a copy: what becomes of the 1st is nothing to it', () => {
  const shared = { n: 1 };
  const kept = asJson({ a: shared, b: shared, c: undefined }, 'result');
  shared.n = 2;
  expect(kept).toEqual({ a: { n: 1 }, b: { n: 1 } });
});
