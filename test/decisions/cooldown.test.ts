import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cooldown } from '../../src/decisions/cooldown.ts';

const never = () => 0;
const always = () => 1;

describe('an origin that asked for a pause', () => {
  test('of 2,000 ms is held for 2,000 ms, and not for 1 ms more', () => {
    const cooldown = new Cooldown();
    cooldown.hold(2_000, 500);
    const left = [500, 501, 2_499, 2_500, 2_501].map((now) => cooldown.remaining(now));
    expect(left).toEqual([2_000, 1_999, 1, 0, 0]);
  });

  test('is held for 0 ms before it did, also where the clock starts at 0', () => {
    expect(new Cooldown().remaining(0)).toBe(0);
    expect(new Cooldown().wait(0, always)).toBe(0);
  });

  test('keeps the longer of 2 pauses, in whichever order they were asked for', () => {
    for (const [first, second] of [
      [5_000, 1_000],
      [1_000, 5_000],
    ] as const) {
      const cooldown = new Cooldown();
      cooldown.hold(first, 0);
      cooldown.hold(second, 100);
      expect(cooldown.remaining(100)).toBe(first === 5_000 ? 4_900 : 5_000);
    }
  });

  test('spreads by the 10 % of the pause that holds it, and not of 1 that was shorter', () => {
    const cooldown = new Cooldown();
    cooldown.hold(10_000, 0);
    cooldown.hold(20, 100);
    expect(cooldown.wait(100, always)).toBe(9_900 + 1_000);
    cooldown.hold(20_000, 100);
    expect(cooldown.wait(100, always)).toBe(20_000 + 2_000);
  });

  test('lets go of calls between its end and 10 % later, whenever they came', () => {
    const cooldown = new Cooldown();
    cooldown.hold(1_000, 0);
    for (const now of [0, 1, 500, 999, 999.9]) {
      expect(now + cooldown.wait(now, never)).toBe(1_000);
      expect(now + cooldown.wait(now, always)).toBe(1_100);
    }
    expect(cooldown.wait(1_000, always)).toBe(0);
  });

  test('is known by its state, 1 cooldown a state, and is not made by looking', () => {
    const [state, other] = [
      { origin: 'https://a.test', inFlight: 0 },
      { origin: 'https://a.test', inFlight: 0 },
    ];
    expect(Cooldown.peek(state)).toBeUndefined();
    const cooldown = Cooldown.of(state);
    expect(Cooldown.of(state)).toBe(cooldown);
    expect(Cooldown.peek(state)).toBe(cooldown);
    expect(Cooldown.of(other)).not.toBe(cooldown);
  });

  test('is over at the end of the latest pause, and no wait ends before it, 1,000 times', () => {
    const pauses = fc.array(
      fc.record({ asked: fc.nat({ max: 3_600_000 }), after: fc.nat({ max: 10_000 }) }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(pauses, fc.double({ min: 0, max: 1, noNaN: true }), (asked, drawn) => {
        const cooldown = new Cooldown();
        let now = 0;
        let end = 0;
        for (const pause of asked) {
          now += pause.after;
          cooldown.hold(pause.asked, now);
          end = Math.max(end, now + pause.asked);
          expect(cooldown.remaining(now)).toBe(end - now);
          const wait = cooldown.wait(now, () => drawn);
          expect(wait).toBeGreaterThanOrEqual(end - now);
          expect(wait).toBeLessThanOrEqual(end - now + 360_000);
        }
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });
});
