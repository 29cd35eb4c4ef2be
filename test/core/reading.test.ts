import { expect, test } from 'vitest';
import { Reading } from '../../src/core/reading.ts';

function watched() {
  const ends: boolean[] = [];
  const reading = new Reading({ ended: (finished) => ends.push(finished) });
  return { reading, ends };
}

test('an end is told 1 time, however often it comes', () => {
  const { reading, ends } = watched();
  reading.end(true);
  reading.end(false);
  reading.desert();
  expect(ends).toEqual([true]);
});

test('a 2nd watch that comes after the end is told of it at once', () => {
  const { reading } = watched();
  reading.end(false);
  const ends: boolean[] = [];
  reading.add({ ended: (finished) => ends.push(finished) });
  expect(ends).toEqual([false]);
});

test('what nobody can reach any more has 0 readers, and is over', () => {
  const { reading, ends } = watched();
  reading.desert();
  expect(ends).toEqual([false]);
});

test('what nobody can reach but its 1 reader is over when that lets go', () => {
  const { reading, ends } = watched();
  reading.lock();
  reading.desert();
  expect(ends).toEqual([]);
  reading.release();
  expect(ends).toEqual([false]);
});

test('the 1st of 2 watches stands closest to the body', async () => {
  const order: number[] = [];
  const watch = (number: number) => ({
    around: async <T>(read: Promise<T>): Promise<T> => {
      const value = await read;
      order.push(number);
      return value;
    },
  });
  const reading = new Reading(watch(1));
  reading.add(watch(2));
  expect(await reading.around(Promise.resolve('chunk'))).toBe('chunk');
  expect(order).toEqual([1, 2]);
});

test('only a watch of the end is worth tracking, 1 of 2', () => {
  const reading = new Reading({ around: (read) => read });
  expect(reading.tracked).toBe(false);
  reading.add({ ended: () => {} });
  expect(reading.tracked).toBe(true);
});
