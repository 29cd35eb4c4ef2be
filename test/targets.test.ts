import { describe, expect, test } from 'vitest';
import type { OriginState } from '../src/core/per-origin.ts';
import { targetsOf } from '../src/targets.ts';

/** The state of each origin, made once, as a client does it. */
function states() {
  const known = new Map<string, OriginState>();
  return (origin: string) => {
    const state = known.get(origin) ?? { origin, inFlight: 0 };
    known.set(origin, state);
    return state;
  };
}

const placesOf = (options: Parameters<typeof targetsOf>[0], input: string) =>
  targetsOf(options)
    .routeOf(input, states())
    ?.endpoints.map(({ url }) => url.href);

const east = 'https://east.example.com/v3';
const west = 'https://west.example.com:8443/api/v3/';

describe('1 place', () => {
  test.each([
    [undefined, 'https://api.example.com/x', 'https://api.example.com/x'],
    [undefined, 'x', undefined],
    [east, 'users/1', 'https://east.example.com/v3/users/1'],
    [[east], 'users/1', 'https://east.example.com/v3/users/1'],
    [[{ url: east, weight: 7 }], 'users/1', 'https://east.example.com/v3/users/1'],
  ])('by %j takes %j to %j, and to nowhere else', (baseUrl, input, expected) => {
    const targets = targetsOf({ baseUrl });
    expect(targets.several).toBe(false);
    expect(targets.urlOf(input)?.href).toBe(expected);
    expect(targets.routeOf(input, states())).toBeUndefined();
  });
});

describe('2 places', () => {
  const baseUrl = [east, west];

  test.each([
    ['users/1', 'v3/users/1', 'api/v3/users/1'],
    ['?page=2', 'v3/?page=2', 'api/v3/?page=2'],
    ['', 'v3/', 'api/v3/'],
    ['../users', 'users', 'api/users'],
    ['/users', 'users', 'users'],
  ])('take %j each into its own folder', (input, first, second) => {
    expect(placesOf({ baseUrl }, input)).toEqual([
      `https://east.example.com/${first}`,
      `https://west.example.com:8443/${second}`,
    ]);
    expect(targetsOf({ baseUrl }).urlOf(input)?.href).toBe(`https://east.example.com/${first}`);
  });

  test.each([
    'https://east.example.com/v3/users',
    'https://other.example.com/',
    '//other.example.com/users',
    '//east.example.com/users',
    '\\\\other.example.com\\users',
    'data:text/plain,x',
  ])('leave an input that names its host to that host: %j', (input) => {
    expect(placesOf({ baseUrl }, input)).toBeUndefined();
  });

  test('leave 1 input that is no URL at all to the platform', () => {
    expect(targetsOf({ baseUrl }).urlOf('//')).toBeNull();
    expect(placesOf({ baseUrl }, '//')).toBeUndefined();
  });

  test('of different schemes leave what only 1 of them can read to that one', () => {
    const mixed = { baseUrl: ['https://one.example.com/', 'http://two.example.com/'] };
    expect(placesOf(mixed, 'https:')).toBeUndefined();
    expect(placesOf(mixed, 'x')).toHaveLength(2);
  });

  test('of 1 origin share its state, with 2 URLs', () => {
    const paths = { baseUrl: ['https://api.example.com/v1', 'https://api.example.com/v2'] };
    const route = targetsOf(paths).routeOf('users', states());
    expect(route?.endpoints.map(({ url }) => url.pathname)).toEqual(['/v1/users', '/v2/users']);
    expect(new Set(route?.endpoints.map(({ state }) => state)).size).toBe(1);
  });

  test('are 2 new places for each call: nothing of one call is left to the next', () => {
    const targets = targetsOf({ baseUrl });
    const stateOf = states();
    const [one, other] = [targets.routeOf('x', stateOf), targets.routeOf('x', stateOf)];
    expect(one?.endpoints[0]).not.toBe(other?.endpoints[0]);
    expect(one?.endpoints[0]?.state).toBe(other?.endpoints[0]?.state);
  });
});

describe('the order', () => {
  const weights = [{ url: east, weight: 0 }, { url: west }];

  test.each([
    [{ baseUrl: [east, west] }, 'ordered', [1, 1]],
    [{ baseUrl: [east, west], endpoints: 'weighted' }, 'weighted', [1, 1]],
    [{ baseUrl: weights }, 'weighted', [0, 1]],
    [{ baseUrl: weights, endpoints: 'weighted' }, 'weighted', [0, 1]],
    [{ baseUrl: [{ url: east }, west] }, 'ordered', [1, 1]],
  ] as const)('of %j is %s, with weights %j', (options, order, expected) => {
    const given = { ...options, baseUrl: [...options.baseUrl] };
    const route = targetsOf(given).routeOf('x', states());
    expect(route?.order).toBe(order);
    expect(route?.endpoints.map(({ weight }) => weight)).toEqual(expected);
  });
});
