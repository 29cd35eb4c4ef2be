import { expect, test } from 'vitest';
import { remembered } from '../../src/core/remembered.ts';

const state = () => ({ origin: 'https://a.test', inFlight: 0 });

test('a memory is made at the 1st question, and is the same at the 2nd', () => {
  let made = 0;
  const memories = remembered(() => ({ number: ++made }));
  const origin = state();
  expect(memories.peek(origin)).toBeUndefined();
  expect(made).toBe(0);
  expect(memories.of(origin)).toBe(memories.of(origin));
  expect(memories.peek(origin)).toEqual({ number: 1 });
});

test('2 states of one origin, of 2 clients, have a memory each', () => {
  const memories = remembered(() => ({}));
  expect(memories.of(state())).not.toBe(memories.of(state()));
});
