import { describe, expect, test } from 'vitest';
import { Arrangement } from '../../../src/dashboard/page/arrangement.ts';

const entries = (ranks: Record<string, number>) =>
  Object.entries(ranks).map(([key, rank]) => ({ key, rank, name: key }));

describe('the order of the origins', () => {
  test('is by rank, and by name among equals, of 4', () => {
    const order = new Arrangement().order(entries({ d: 2, b: 0, c: 2, a: 1 }), 0);
    expect(order).toEqual(['b', 'a', 'c', 'd']);
  });

  test('lets rise at once what became urgent, and sink after 10 s what calmed down', () => {
    const arrangement = new Arrangement();
    arrangement.order(entries({ a: 2, b: 2 }), 0);
    expect(arrangement.order(entries({ a: 2, b: 0 }), 1_000)).toEqual(['b', 'a']);
    expect(arrangement.order(entries({ a: 2, b: 2 }), 2_000)).toEqual(['b', 'a']);
    expect(arrangement.order(entries({ a: 2, b: 2 }), 11_999)).toEqual(['b', 'a']);
    expect(arrangement.order(entries({ a: 2, b: 2 }), 12_000)).toEqual(['a', 'b']);
  });

  test('does not change for one that is up and down every 5 s', () => {
    const arrangement = new Arrangement();
    for (let second = 0; second < 60; second++) {
      const rank = Math.floor(second / 5) % 2 === 0 ? 0 : 2;
      expect(arrangement.order(entries({ a: 2, b: rank }), second * 1_000)).toEqual(['b', 'a']);
    }
  });

  test('forgets one that is gone: after 1 s without it, it begins anew', () => {
    const arrangement = new Arrangement();
    arrangement.order(entries({ a: 2, b: 0 }), 0);
    arrangement.order(entries({ a: 2 }), 1_000);
    expect(arrangement.order(entries({ a: 2, b: 2 }), 2_000)).toEqual(['a', 'b']);
  });
});
