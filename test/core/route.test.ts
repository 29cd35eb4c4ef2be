import { expect, test } from 'vitest';
import { type Endpoint, placeIn, routeOf } from '../../src/core/route.ts';

const place: Endpoint = {
  state: { origin: 'https://a.test', inFlight: 0 },
  url: new URL('https://user:secret@a.test/v3/users?token=secret'),
  weight: 1,
};

test('a route begins with 0 failures, 0 copies under way, and no latest place', () => {
  const { failed, underWay, latest, order } = routeOf([place], 'weighted');
  expect([failed.size, underWay.size, latest, order]).toEqual([0, 0, undefined, 'weighted']);
});

test('events are told of the latest of its places, without 1 secret, and of none before that', () => {
  const route = routeOf([place], 'ordered');
  expect(placeIn(undefined)).toBeUndefined();
  expect(placeIn(route)).toBeUndefined();
  route.latest = place;
  expect(placeIn(route)).toEqual({ origin: 'https://a.test', path: '/v3/users' });
});
