import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/decisions/classify.ts';
import { type Place, Probes } from '../../src/decisions/probes.ts';

const lease = 1_000;
const of = (probes: number, successThreshold: number) => new Probes({ probes, successThreshold });
const take = (probes: Probes, now = 0) => probes.take(now, lease);

describe('places', () => {
  test('are 3, and the 4th probe gets none', () => {
    const probes = of(3, 1);
    expect([1, 2, 3].map(() => take(probes)).every(Boolean)).toBe(true);
    expect(take(probes)).toBeUndefined();
  });

  test('are free again when a lease of 1,000 ms is over, the first one first', () => {
    const probes = of(2, 1);
    take(probes, 0);
    expect(probes.freeIn(0)).toBe(0);
    take(probes, 300);
    expect([300, 999, 1_000].map((now) => probes.freeIn(now))).toEqual([700, 1, 0]);
    expect(take(probes, 999)).toBeUndefined();
    expect(take(probes, 1_000)).toBeDefined();
    expect(probes.freeIn(1_000)).toBe(300);
  });

  test('that end badly re-open it, 2 of 2 ways, and without a place none does', () => {
    for (const fault of ['failure', 'terminal'] as const) {
      const probes = of(1, 1);
      expect(probes.end(take(probes), fault)).toBe('open');
      expect(probes.end(undefined, fault)).toBeUndefined();
    }
  });

  test.each(['success', 'ignored'] as const)('are given back by a %s, 1 of 1', (fault) => {
    const probes = of(1, 2);
    const place = take(probes);
    expect(probes.end(place, fault)).toBeUndefined();
    expect(probes.freeIn(0)).toBe(0);
    expect(take(probes)).toBeDefined();
  });

  test('are given back once: 1 probe that ends after its lease takes none from the next', () => {
    const probes = of(1, 2);
    const first = take(probes, 0);
    const second = take(probes, 1_000);
    probes.end(first, 'ignored');
    expect(take(probes, 1_000)).toBeUndefined();
    probes.end(second, 'ignored');
    expect(take(probes, 1_000)).toBeDefined();
  });

  test('are no worry where they are 1,000,000: none must be waited for', () => {
    const probes = of(1_000_000, 1_000_000);
    take(probes);
    expect(probes.freeIn(0)).toBe(0);
  });
});

describe('the verdict', () => {
  test('is to close at the 2nd success of 2, also where 1 place is all there is', () => {
    const probes = of(1, 2);
    expect(probes.end(take(probes), 'success')).toBeUndefined();
    expect(probes.end(take(probes), 'success')).toBe('close');
  });

  test('is to open at the 1st failure, whatever succeeded before: 2 of 3', () => {
    const probes = of(3, 3);
    const [one, two, three] = [take(probes), take(probes), take(probes)];
    probes.end(one, 'success');
    probes.end(two, 'success');
    expect(probes.end(three, 'failure')).toBe('open');
  });

  test('hears a probe whose lease was over 1 ms before its end', () => {
    for (const [fault, verdict] of [
      ['success', 'close'],
      ['failure', 'open'],
      ['ignored', undefined],
    ] as const) {
      const probes = of(1, 1);
      const late = take(probes, 0);
      take(probes, 1_001);
      expect(probes.end(late, fault)).toBe(verdict);
    }
  });

  test('hears 1 thing of an attempt without a place: that it succeeded', () => {
    const probes = of(1, 2);
    take(probes);
    expect(probes.end(undefined, 'failure')).toBeUndefined();
    expect(probes.end(undefined, 'ignored')).toBeUndefined();
    expect(probes.end(undefined, 'success')).toBeUndefined();
    expect(probes.end(undefined, 'success')).toBe('close');
    expect(take(probes)).toBeUndefined();
  });
});

test('never more than `probes` places are held at once, in 200 orders of takings, ends and waits', () => {
  const faults = fc.constantFrom<Fault>('success', 'failure', 'ignored');
  const steps = fc.array(
    fc.oneof(
      fc.record({ take: fc.integer({ min: 1, max: 500 }) }),
      fc.record({ end: fc.nat({ max: 9 }), fault: faults }),
      fc.record({ wait: fc.nat({ max: 400 }) }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (given, limit) => {
      const probes = of(limit, 1_000);
      let held: Place[] = [];
      let now = 0;
      for (const step of given) {
        if ('wait' in step) now += step.wait;
        if ('take' in step) {
          const place = probes.take(now, step.take);
          expect(place !== undefined).toBe(held.length < limit);
          if (place) held.push(place);
        }
        if ('end' in step) {
          const place = held[step.end % Math.max(1, held.length)];
          probes.end(place, step.fault);
          held = held.filter((one) => one !== place);
        }
        held = held.filter(({ until }) => until > now);
        const soonest = Math.min(...held.map(({ until }) => until)) - now;
        expect(probes.freeIn(now)).toBe(held.length < limit ? 0 : soonest);
      }
    }),
    { numRuns: 200, seed: 7 },
  );
});
