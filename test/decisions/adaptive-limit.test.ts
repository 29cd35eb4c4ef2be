import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AdaptiveLimit,
  type AdaptiveRule,
  type LimitSample,
} from '../../src/decisions/adaptive-limit.ts';

const rule: AdaptiveRule = { min: 1, max: 1_000, initial: 20 };

/** The first full period from here on begins at 0. */
const epoch = 1_000 * 65_536;

/**
 * Calls that each take so long from one to the next time, of a client that has a caller for every slot. Returns the limit
 * after each of them.
 */
function use(
  limit: AdaptiveLimit,
  from: number,
  to: number,
  call: (now: number, inFlight: number) => Partial<LimitSample>,
): number[] {
  const limits: number[] = [];
  for (let now = from; now < to; now++) {
    const inFlight = limit.limit;
    const sample = { duration: 10, inFlight, dropped: false, now: epoch + now };
    limit.record(rule, { ...sample, ...call(now, inFlight) });
    limits.push(limit.limit);
  }
  return limits;
}

const pressed = () => ({});

describe('the limit', () => {
  test('begins at its initial 20', () => {
    expect(new AdaptiveLimit(rule).limit).toBe(20);
  });

  test('begins within its bounds, at 5 of an initial 20', () => {
    expect(new AdaptiveLimit({ ...rule, max: 5 }).limit).toBe(5);
    expect(new AdaptiveLimit({ ...rule, min: 30 }).limit).toBe(30);
  });

  test('is down to 5 in the first quarter of every 256 ms while calls reach it', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, -256, 0, pressed);
    const limits = use(limit, 0, 256, (now) => ({ duration: now % 64 }));
    expect(limits.slice(0, 64)).toEqual(new Array(64).fill(5));
    expect(limits.slice(64)).toEqual(new Array(192).fill(20));
  });

  test('is down at the same time for 2 clients, whenever they began', () => {
    const limits = [-1_000, -777].map((from) => {
      const limit = new AdaptiveLimit(rule);
      use(limit, from, 0, (_, inFlight) => ({ duration: 10 * (1 + inFlight / 20) }));
      return use(limit, 0, 256, pressed).map((now) => now < 15);
    });
    expect(limits[0]).toEqual(limits[1]);
    expect(limits[0]?.filter(Boolean)).toHaveLength(64);
  });

  test('rises to its 1,000 where no call ever waits, in less than 30 s', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, 0, 30_000, pressed);
    expect(limit.limit).toBe(1_000);
  });

  test('stays at 20 for an hour of 1 call a second', () => {
    const limit = new AdaptiveLimit(rule);
    for (let second = 0; second < 3_600; second++) {
      const now = epoch + second * 1_000;
      limit.record(rule, { duration: second % 2_000, inFlight: 1, dropped: false, now });
      expect(limit.limit).toBe(20);
    }
  });

  test('stays at 20 where 19 calls are in flight, however slow they become', () => {
    const limit = new AdaptiveLimit(rule);
    const limits = use(limit, 0, 10_000, (now) => ({ inFlight: 19, duration: now / 10 }));
    expect(new Set(limits)).toEqual(new Set([20]));
  });

  test('stays at 20 where 2 calls of 5 reach it, and rises where 3 do', () => {
    const [rarely, often] = [2, 3].map((times) => {
      const limit = new AdaptiveLimit(rule);
      use(limit, 0, 10_000, (now, inFlight) => ({ inFlight: now % 5 < times ? inFlight : 1 }));
      return limit.limit;
    });
    expect(rarely).toBe(20);
    expect(often).toBeGreaterThan(100);
  });

  test('takes a call for the limit that it was sent under: 1 round of slow ones does not move it', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, -256, 0, pressed);
    const slow = use(limit, 0, 64, (now) => ({ duration: 500 + now }));
    use(limit, 64, 256, pressed);
    expect(slow.at(-1)).toBe(5);
    expect(limit.limit).toBe(20);
  });

  test('stays within new bounds from the first call that has them', () => {
    const limit = new AdaptiveLimit(rule);
    const sample = { duration: 10, inFlight: 20, dropped: false, now: epoch };
    limit.record({ ...rule, max: 7 }, sample);
    expect(limit.limit).toBe(7);
    limit.record({ ...rule, min: 40, max: 50 }, sample);
    expect(limit.limit).toBe(40);
  });

  test('goes on when the clock is set back by 1 hour', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, 0, 1_000, pressed);
    const limits = use(limit, -3_600_000, -3_570_000, pressed);
    expect(Math.max(...limits)).toBe(1_000);
  });
});

describe('calls that are refused', () => {
  test('leave the limit where it is, if they are 1 in 25', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, 0, 3_000, (now) => ({ inFlight: 3, dropped: now % 25 === 0 }));
    expect(limit.limit).toBe(20);
  });

  test('lower it if they are 1 in 15, down to 1', () => {
    const limit = new AdaptiveLimit(rule);
    const limits = use(limit, 0, 30_000, (now) => ({ inFlight: 3, dropped: now % 15 === 0 }));
    const steps = limits.filter((value, at) => value !== (limits[at - 1] ?? 20));
    expect(steps.slice(0, 3)).toEqual([15, 11, 9]);
    expect(limits.slice(-1_000)).toEqual(new Array(1_000).fill(1));
  });

  test('lower it once, if 100 that were sent before the step are refused after it', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, 0, 257, () => ({ inFlight: 3, dropped: true }));
    expect(limit.limit).toBe(15);
    use(limit, 257, 3_000, (now) => ({ inFlight: 3, dropped: true, duration: now - 250 }));
    expect(limit.limit).toBe(15);
  });

  test('say nothing by their durations: 9 fast answers in 10 do not raise it', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, 0, 5_000, (now) => ({ dropped: now % 10 !== 0, duration: 1 }));
    expect(limit.limit).toBeLessThan(20);
  });

  test('are forgotten: from 1 it is back at 20 within 20 s of calls that do not wait', () => {
    const limit = new AdaptiveLimit(rule);
    use(limit, 0, 30_000, () => ({ dropped: true }));
    expect(limit.limit).toBe(1);
    use(limit, 30_000, 50_000, pressed);
    expect(limit.limit).toBeGreaterThan(20);
  });
});

describe('whatever it is told', () => {
  const odd = fc.constantFrom(0, -1, 1e-300, 1e308, Infinity, -Infinity, Number.NaN);
  const number = (max: number) => fc.oneof(fc.double({ min: 0, max, noNaN: true }), odd);
  const samples = fc.record({
    duration: number(1_000),
    inFlight: fc.oneof(fc.nat({ max: 2_000 }), odd),
    dropped: fc.boolean(),
    now: number(10_000_000),
  });
  const rules = fc
    .tuple(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 2_000 }), fc.nat())
    .map(([one, other, initial]) => ({
      min: Math.min(one, other),
      max: Math.max(one, other),
      initial,
    }));

  test('it is an integer within its bounds, in 1,000 runs', () => {
    fc.assert(
      fc.property(rules, fc.array(fc.tuple(rules, samples)), (first, told) => {
        const limit = new AdaptiveLimit(first);
        for (const [given, sample] of told) {
          limit.record(given, sample);
          expect(Number.isInteger(limit.limit)).toBe(true);
          expect(limit.limit).toBeGreaterThanOrEqual(given.min);
          expect(limit.limit).toBeLessThanOrEqual(given.max);
        }
      }),
      { numRuns: 1_000, seed: 45 },
    );
  });

  test('it goes on to find more than 100 slots within 2 minutes, in 20 runs', () => {
    fc.assert(
      fc.property(fc.array(samples), (told) => {
        const limit = new AdaptiveLimit(rule);
        for (const sample of told) limit.record(rule, sample);
        const limits = use(limit, 0, 120_000, pressed);
        expect(Math.max(...limits)).toBeGreaterThan(100);
      }),
      { numRuns: 20, seed: 45 },
    );
  });
});

// what switches mutants on and off costs more than the call
test.skipIf(process.env.MUTATED)(
  'a call costs less than 1 µs, in the best of 5 rounds of 100,000',
  () => {
    const limit = new AdaptiveLimit(rule);
    const rounds = Array.from({ length: 5 }, (_, round) => {
      const start = performance.now();
      for (let call = 0; call < 100_000; call++) {
        const now = epoch + round * 10_000 + call / 10;
        limit.record(rule, { duration: 10, inFlight: limit.limit, dropped: false, now });
      }
      return performance.now() - start;
    });
    expect(Math.min(...rounds)).toBeLessThan(100);
  },
);
