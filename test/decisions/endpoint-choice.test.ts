import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { CircuitView } from '../../src/core/per-origin.ts';
import { type Endpoint, type EndpointOrder, type Route, routeOf } from '../../src/core/route.ts';
import { Cooldown } from '../../src/decisions/cooldown.ts';
import {
  askedOf,
  choose,
  chooseNext,
  isFailureOfPlace,
  refuses,
} from '../../src/decisions/endpoint-choice.ts';
import { networkError } from '../support/script.ts';
import { seeded } from '../support/seeded.ts';

const now = 100_000;
const never = () => {
  throw new Error('nothing was to be drawn');
};

/** How a place is: its weight, and for how long its circuit or a pause keeps everybody out. */
interface Health {
  readonly weight?: number;
  readonly opensIn?: number;
  readonly pause?: number;
}

function placeOf(name: string, { weight = 1, opensIn, pause = 0 }: Health = {}): Endpoint {
  const state: Endpoint['state'] = { origin: `https://${name}.test`, inFlight: 0 };
  if (opensIn !== undefined) {
    state.circuit = { state: 'open', retryAfter: opensIn, refusing: true } as CircuitView;
  }
  if (pause > 0) Cooldown.of(state).hold(pause, now);
  return { state, weight, url: new URL(`${state.origin}/things`) };
}

/** A route by the names of its places, in their order. */
function routeTo(places: Record<string, Health>, order: EndpointOrder = 'ordered'): Route {
  return routeOf(
    Object.entries(places).map(([name, health]) => placeOf(name, health)),
    order,
  );
}

const named = (route: Route, name: string): Endpoint => {
  const found = route.endpoints.find(({ state }) => state.origin === `https://${name}.test`);
  if (!found) throw new Error(`no place ${name}`);
  return found;
};
const nameOf = (place: Endpoint | undefined) => place?.url.hostname.split('.')[0];
const fail = (route: Route, ...names: string[]) => {
  for (const name of names) route.failed.set(named(route, name), now);
};
const choice = (route: Route, random: () => number = never) => {
  const chosen = choose(route, now, random);
  return [nameOf(chosen?.endpoint), chosen?.fresh && 'fresh', chosen?.insist && 'insist']
    .filter(Boolean)
    .join(' ');
};

describe('in order', () => {
  test('goes to the 1st of 3 that are well, and draws nothing', () => {
    expect(choice(routeTo({ a: {}, b: {}, c: {} }))).toBe('a fresh');
  });

  test('goes to the 2nd while the circuit of the 1st is open, or a pause holds it', () => {
    expect(choice(routeTo({ a: { opensIn: 1 }, b: {}, c: {} }))).toBe('b fresh');
    expect(choice(routeTo({ a: { pause: 1 }, b: {}, c: {} }))).toBe('b fresh');
  });

  test('goes to the 3rd where 2 have failed the call, though they are well', () => {
    const route = routeTo({ a: {}, b: {}, c: {} });
    fail(route, 'b', 'a');
    expect(choice(route)).toBe('c fresh');
  });

  test('looks at weights as little as at chance: 1 of weight 0 comes first where it stands first', () => {
    expect(choice(routeTo({ a: { weight: 0 }, b: { weight: 9 } }))).toBe('a fresh');
  });
});

describe('where all that are well have failed the call', () => {
  test('goes to the 1 that failed longest ago, and it is not fresh', () => {
    const route = routeTo({ a: {}, b: {}, c: {} });
    fail(route, 'b', 'c', 'a');
    expect(choice(route)).toBe('b');
  });

  test('goes to 1 that failed it, before 1 that has not but lets nothing in', () => {
    const route = routeTo({ a: {}, b: { opensIn: 1 } });
    fail(route, 'a');
    expect(choice(route)).toBe('a');
  });

  test('goes to the 1 that did not ask for time, then to the 1 that asked for 2 s and not 3', () => {
    const route = routeTo({ a: {}, b: {}, c: {} });
    route.failed.set(named(route, 'a'), now + 3_000);
    route.failed.set(named(route, 'b'), now + 2_000);
    route.failed.set(named(route, 'c'), now - 50);
    expect(choice(route)).toBe('c');
    route.failed.set(named(route, 'c'), now + 9_000);
    expect(choice(route)).toBe('b');
    expect(askedOf(named(route, 'b'), route, now)).toBe(2_000);
    expect(askedOf(named(route, 'b'), route, now + 5_000)).toBe(0);
  });
});

describe('where nobody lets anything in', () => {
  test('insists on the 1 that does so soonest: in 1 s, not in 2 or 3', () => {
    const route = routeTo({ a: { opensIn: 3_000 }, b: { opensIn: 1_000 }, c: { pause: 2_000 } });
    expect(choice(route)).toBe('b insist');
  });

  test('takes the longer of the 2 where a circuit is open and a pause is on', () => {
    const route = routeTo({ a: { opensIn: 1_000, pause: 5_000 }, b: { opensIn: 4_000 } });
    expect(choice(route)).toBe('b insist');
  });

  test('insists on 1 that has not failed the call before 1 that opens sooner', () => {
    const route = routeTo({ a: { opensIn: 1_000 }, b: { opensIn: 2_000 } });
    fail(route, 'a');
    expect(choice(route)).toBe('b insist');
    fail(route, 'b');
    expect(choice(route)).toBe('a insist');
  });

  test('comes to 1 that is held open for ever last of all, and to the 1st where all of 3 are', () => {
    const forEver = { opensIn: Number.POSITIVE_INFINITY };
    expect(choice(routeTo({ a: forEver, b: { opensIn: 9 }, c: forEver }))).toBe('b insist');
    expect(choice(routeTo({ a: forEver, b: forEver, c: forEver }))).toBe('a insist');
  });
});

describe('a second copy', () => {
  test('goes to the 2nd while the 1st is under way, though that is the better one', () => {
    const route = routeTo({ a: {}, b: {} });
    route.underWay.add(named(route, 'a'));
    expect(choice(route)).toBe('b fresh');
    fail(route, 'b');
    expect(choice(route)).toBe('b');
  });

  test('goes to the same place where the other 1 lets nothing in, and does not insist', () => {
    const route = routeTo({ a: {}, b: { opensIn: 1 } });
    route.underWay.add(named(route, 'a'));
    expect(choice(route)).toBe('a fresh');
  });

  test('insists on the other 1 where both let nothing in', () => {
    const route = routeTo({ a: { opensIn: 1 }, b: { opensIn: 2 } });
    route.underWay.add(named(route, 'a'));
    expect(choice(route)).toBe('b insist');
  });
});

describe('by weight', () => {
  const draws = 20_000;

  function shares(route: Route): Record<string, number> {
    const random = seeded(11);
    const counts: Record<string, number> = {};
    for (let index = 0; index < draws; index++) {
      const name = nameOf(choose(route, now, random)?.endpoint) ?? 'nowhere';
      counts[name] = (counts[name] ?? 0) + 1;
    }
    for (const name of Object.keys(counts)) counts[name] = (counts[name] ?? 0) / draws;
    return counts;
  }

  test('goes to 3 of weight 1, 3 and 6 in a share of 10, 30 and 60 %, to 1 point', () => {
    const route = routeTo({ a: { weight: 1 }, b: { weight: 3 }, c: { weight: 6 } }, 'weighted');
    const { a, b, c } = shares(route);
    expect(Math.abs((a ?? 0) - 0.1)).toBeLessThan(0.01);
    expect(Math.abs((b ?? 0) - 0.3)).toBeLessThan(0.01);
    expect(Math.abs((c ?? 0) - 0.6)).toBeLessThan(0.01);
  });

  test('shares what 1 that is ill would have got among the others: 25 and 75 %', () => {
    const route = routeTo(
      { a: { weight: 1 }, b: { weight: 3 }, c: { weight: 6, opensIn: 1 } },
      'weighted',
    );
    const { a, b, c } = shares(route);
    expect(Math.abs((a ?? 0) - 0.25)).toBeLessThan(0.01);
    expect(Math.abs((b ?? 0) - 0.75)).toBeLessThan(0.01);
    expect(c).toBeUndefined();
  });

  test('goes to 1 of weight 0 never while there is another, and always where there is none', () => {
    const route = routeTo({ spare: { weight: 0 }, a: { weight: 1 } }, 'weighted');
    expect(shares(route)).toEqual({ a: 1 });
    fail(route, 'a');
    expect(shares(route)).toEqual({ spare: 1 });
  });

  test.each([
    [0, 'a fresh'],
    [0.4999, 'a fresh'],
    [0.5, 'b fresh'],
    [1 - 2 ** -53, 'b fresh'],
    [1, 'b fresh'],
  ])('draws %d as %s of 2 alike and a spare 1', (drawn, expected) => {
    const route = routeTo({ a: {}, b: {}, spare: { weight: 0 } }, 'weighted');
    expect(choice(route, () => drawn)).toBe(expected);
  });

  test('bears weights as large as a number goes, and as small', () => {
    const { MAX_SAFE_INTEGER: huge, MIN_VALUE: tiny } = Number;
    const route = routeTo({ a: { weight: tiny }, b: { weight: huge } }, 'weighted');
    expect(choice(route, () => 0)).toBe('a fresh');
    expect(choice(route, () => 0.5)).toBe('b fresh');
  });
});

describe('where a retry goes', () => {
  const answered = (status: number) => ({ response: new Response(null, { status }) });
  const broke = (code: string) => ({ error: networkError(code) });
  const timedOut = { error: Object.assign(new Error('slow'), { name: 'TimeoutError' }) };

  function next(outcome: Parameters<typeof chooseNext>[0], places: Record<string, Health>) {
    const route = routeTo(places);
    route.latest = named(route, 'a');
    if (isFailureOfPlace(outcome)) fail(route, 'a');
    const chosen = chooseNext(outcome, route, now, never);
    return `${nameOf(chosen?.endpoint)}${chosen?.fresh ? ' fresh' : ''}`;
  }

  it.each([
    ['503', answered(503)],
    ['500', answered(500)],
    ['ECONNREFUSED', broke('ECONNREFUSED')],
    ['ECONNRESET', broke('ECONNRESET')],
    ['an attempt timeout', timedOut],
  ])('leaves a place after 1 %s', (_, outcome) => {
    expect(next(outcome, { a: {}, b: {} })).toBe('b fresh');
  });

  it.each([
    ['429', answered(429)],
    ['408', answered(408)],
    ['425', answered(425)],
    ['409', answered(409)],
    ['200', answered(200)],
    ['501', answered(501)],
    ['an error of the caller’s', { error: new TypeError('x is not a function') }],
  ])('returns to the same place after 1 %s, though another is well', (_, outcome) => {
    expect(next(outcome, { a: {}, b: {} })).toBe('a');
  });

  it('leaves after a 429 where its pause of 1 s holds everybody off', () => {
    expect(next(answered(429), { a: { pause: 1_000 }, b: {} })).toBe('b fresh');
  });

  it('has no place that is fresh where the only other 1 lets nothing in', () => {
    expect(next(answered(503), { a: {}, b: { opensIn: 1 } })).toBe('a');
  });
});

test('keeps its rules for any of 6 places in any state', () => {
  const health = fc.record({
    weight: fc.constantFrom(0, 1, 5),
    opensIn: fc.option(fc.constantFrom(1, 500, Number.POSITIVE_INFINITY), { nil: undefined }),
    pause: fc.constantFrom(0, 0, 700),
    failed: fc.option(fc.integer({ min: -1_000, max: 1_000 }), { nil: undefined }),
    underWay: fc.boolean(),
  });
  const order = fc.constantFrom<EndpointOrder>('ordered', 'weighted');
  const draw = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(health, { minLength: 1, maxLength: 6 }),
      order,
      draw,
      (all, order, drawn) => {
        const endpoints = all.map((given, index) => placeOf(`place-${index}`, given));
        const route = routeOf(endpoints, order);
        for (const [index, { failed, underWay }] of all.entries()) {
          const endpoint = endpoints[index] as Endpoint;
          if (failed !== undefined) route.failed.set(endpoint, now + failed);
          if (underWay) route.underWay.add(endpoint);
        }
        const chosen = choose(route, now, () => drawn);
        if (!chosen) throw new Error('nowhere to go');
        const { endpoint, fresh, insist } = chosen;
        const well = endpoints.filter((place) => !refuses(place, now));
        const idle = well.filter((place) => !route.underWay.has(place));
        expect(insist).toBe(well.length === 0);
        expect(insist || well.includes(endpoint)).toBe(true);
        if (idle.length > 0) expect(idle).toContain(endpoint);
        expect(fresh).toBe(!insist && !route.failed.has(endpoint));
        const untried = (idle.length > 0 ? idle : well).some((place) => !route.failed.has(place));
        expect(fresh).toBe(untried);
      },
    ),
    { seed: 3, numRuns: 500 },
  );
});
