import { describe, expect, test, vi } from 'vitest';
import { type CircuitView, type OriginState, PerOrigin } from '../../src/core/per-origin.ts';

const totals = { attempts: 0, failures: 0, slow: 0 };
const circuitThatIs = (state: CircuitView['state']): CircuitView => ({
  state,
  retryAfter: 0,
  refusing: false,
  totals,
});

function mapOf(limit: number) {
  const forgotten: string[] = [];
  const create = vi.fn((origin: string): OriginState => ({ origin, inFlight: 0 }));
  const map = new PerOrigin(limit, create, ({ origin }) => forgotten.push(origin));
  const known = () => [...map.values()].map(({ origin }) => origin);
  const add = (origin: string, changes: Partial<OriginState> = {}) =>
    Object.assign(map.of(origin), changes);
  return { map, create, forgotten, known, add };
}

const open = { circuit: circuitThatIs('open') };
const halfOpen = { circuit: circuitThatIs('half-open') };
const isolated = { circuit: circuitThatIs('isolated') };
const closed = { circuit: circuitThatIs('closed') };
const busy = { inFlight: 1 };

describe('the state of an origin', () => {
  test('is made once for 3 calls', () => {
    const { map, create } = mapOf(10);
    expect(map.of('a')).toBe(map.of('a'));
    expect(map.of('a').origin).toBe('a');
    expect(create).toHaveBeenCalledTimes(1);
  });

  test('is not made by peeking, 0 times', () => {
    const { map, create } = mapOf(10);
    expect(map.peek('a')).toBeUndefined();
    expect(create).toHaveBeenCalledTimes(0);
    expect(map.peek('a')).toBe(undefined);
    map.of('a');
    expect(map.peek('a')).toBe(map.of('a'));
  });

  test('is kept for 3 of 3 origins, in the order of their making', () => {
    const { map, known } = mapOf(3);
    for (const origin of ['a', 'b', 'c']) map.of(origin);
    expect(known()).toEqual(['a', 'b', 'c']);
    expect(map.size).toBe(3);
  });
});

describe('a full map of 3', () => {
  test('never grows: 1,000 origins later it is still 3', () => {
    const { map, known } = mapOf(3);
    for (let each = 0; each < 1_000; each++) {
      map.of(`o${each}`);
      expect(map.size).toBeLessThanOrEqual(3);
    }
    expect(known()).toEqual(['o997', 'o998', 'o999']);
  });

  test('forgets the one of 3 that was not used for longest', () => {
    const { map, known } = mapOf(3);
    for (const origin of ['a', 'b', 'c', 'a', 'd']) map.of(origin);
    expect(known()).toEqual(['c', 'a', 'd']);
  });

  test('does not count peeking as use, 1 time', () => {
    const { map, known } = mapOf(3);
    for (const origin of ['a', 'b', 'c']) map.of(origin);
    map.peek('a');
    map.of('d');
    expect(known()).toEqual(['b', 'c', 'd']);
  });

  test.each<[string, Partial<OriginState>[], string[], string[]]>([
    ['an idle one before 2 busy ones', [busy, busy, {}], ['a', 'b', 'd'], []],
    ['the older of 2 idle ones', [busy, {}, {}], ['a', 'c', 'd'], []],
    ['an idle one before 2 open ones', [open, halfOpen, {}], ['a', 'b', 'd'], []],
    ['an idle one whose circuit is closed, 1 of 3', [open, closed, busy], ['a', 'c', 'd'], []],
    ['a busy one before 2 open ones', [open, halfOpen, busy], ['a', 'b', 'd'], []],
    ['the older of 2 busy ones', [open, busy, busy], ['a', 'c', 'd'], []],
    ['the oldest of 3 open ones, and says so', [open, halfOpen, open], ['b', 'c', 'd'], ['a']],
    ['a half-open one, and says so, 1 time', [halfOpen, open, open], ['b', 'c', 'd'], ['a']],
    ['an isolated one, and says so, 1 time', [isolated, open, open], ['b', 'c', 'd'], ['a']],
    ['a busy one before 2 isolated ones', [isolated, isolated, busy], ['a', 'b', 'd'], []],
    [
      'an open one that is busy, and says so, 1 time',
      [{ ...open, ...busy }, open, open],
      ['b', 'c', 'd'],
      ['a'],
    ],
  ])('forgets %s', (_, states, left, said) => {
    const { map, known, add, forgotten } = mapOf(3);
    states.forEach((state, index) => {
      add('abc'[index] ?? '', state);
    });
    map.of('d');
    expect(known()).toEqual(left);
    expect(forgotten).toEqual(said);
  });

  test('says nothing of 1 closed circuit that it forgets', () => {
    const { map, add, forgotten } = mapOf(1);
    add('a', closed);
    map.of('b');
    expect(forgotten).toEqual([]);
  });

  test('gives a forgotten origin a new state, the 2nd', () => {
    const { map, create, add } = mapOf(1);
    const first = add('a', { inFlight: 0 });
    map.of('b');
    expect(map.of('a')).not.toBe(first);
    expect(create).toHaveBeenCalledTimes(3);
  });
});

describe('a full map of 1,600', () => {
  /** Adds as many origins as it holds, all in one state, and 1,600 more; counts how often it is asked what may go. */
  function asked(changes: Partial<OriginState>, limit = 1_600) {
    const isIdle = vi.fn(({ inFlight }: OriginState) => inFlight === 0);
    const create = (origin: string): OriginState => ({ origin, inFlight: 0, ...changes });
    const forgotten = vi.fn();
    const map = new PerOrigin(limit, create, forgotten, isIdle);
    for (let each = 0; each < 2 * limit; each++) map.of(`o${each}`);
    return { map, isIdle, forgotten };
  }

  test('of idle origins asks twice for each of 1,600 that must go', () => {
    const { isIdle } = asked({});
    expect(isIdle).toHaveBeenCalledTimes(3_200);
  });

  test('of busy ones walks over all of them once for 100 that must go', () => {
    const { isIdle } = asked(busy);
    expect(isIdle).toHaveBeenCalledTimes(16 * 1_600 + 1_600);
  });

  test('asks no more often for each where it holds 10 times as many', () => {
    const { isIdle } = asked(busy, 16_000);
    expect(isIdle.mock.calls.length / 16_000).toBeLessThanOrEqual(17);
  });

  test('of open ones forgets 1,600 in the order of their making', () => {
    const { forgotten } = asked(open);
    const order = forgotten.mock.calls.map(([{ origin }]) => origin);
    expect(order).toEqual(Array.from({ length: 1_600 }, (_, index) => `o${index}`));
  });

  test('spares 1 that was chosen to go and is used, busy or open before its turn comes', () => {
    const { map, known, add } = mapOf(48);
    for (let each = 0; each < 48; each++) map.of(`o${each}`);
    map.of('new');
    add('o1', {});
    map.of('newer');
    expect(known().includes('o1')).toBe(true);
    expect(known().includes('o2')).toBe(false);
    Object.assign(map.peek('o3') ?? {}, busy);
    map.of('newest');
    expect(known().includes('o3')).toBe(true);
    expect(known().includes('o4')).toBe(false);
  });
});

describe('a map of 1', () => {
  test('keeps the state of the origin that is used again', () => {
    const { map, known } = mapOf(1);
    const state = map.of('a');
    expect(map.of('a')).toBe(state);
    expect(known()).toEqual(['a']);
  });

  test('forgets an open circuit for the next origin, and says so 1 time', () => {
    const { map, add, known, forgotten } = mapOf(1);
    add('a', open);
    map.of('b');
    expect(known()).toEqual(['b']);
    expect(forgotten).toEqual(['a']);
  });
});
