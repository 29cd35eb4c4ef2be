import fc from 'fast-check';
import type { Client } from 'resilient-fetch';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useFakeClock } from '../support/clock.ts';
import { eventNames, type Journal, perform, plays } from './play.ts';
import { tries } from './tries.ts';

beforeEach(() => {
  useFakeClock();
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => vi.useRealTimers());

/** An error that fails again where somebody reads it. */
class Trap extends Error {
  override get message(): string {
    throw new Error('a trap');
  }
}

/** Empties and overwrites all that it is given, and what stands in that. */
function spoil(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 4) return;
  for (const key of Object.keys(value)) {
    spoil(Reflect.get(value, key), depth + 1);
    Reflect.set(value, key, Number.NaN);
  }
  if (Array.isArray(value)) value.length = 0;
}

/** What a listener may do worse than listening. */
const manners = {
  throws: () => {
    throw new Error('a bug');
  },
  'throws a trap': () => {
    throw new Trap();
  },
  'throws what is no error': () => {
    throw undefined;
  },
  rejects: () => Promise.reject(new Error('a bug')),
  'never ends': () => new Promise(() => {}),
  spoils: (event: object) => spoil(event),
  freezes: (event: object) => Object.freeze(event),
} satisfies Record<string, (event: object) => unknown>;

/** All that somebody outside can tell one play from another by. */
function outsideOf({ sent, ended, told, unhandled }: Journal) {
  return {
    sent: sent.map(({ order: _, ...one }) => ({ ...one, ended: String(one.ended?.what) })),
    ended,
    told: told.map(({ name, at }) => `${name} at ${at}`),
    unhandled,
  };
}

it.each(Object.entries(manners))(
  'a listener that %s changes nothing in 60 plays',
  async (_, listener) => {
    let events = 0;
    const hostile = (client: Client) => {
      for (const name of eventNames) {
        client.on(name, (event) => {
          events++;
          return listener(event) as undefined;
        });
      }
    };
    const same = fc.asyncProperty(plays, async (play) => {
      vi.clearAllTimers();
      const undisturbed = outsideOf(await perform(play));
      vi.clearAllTimers();
      expect(outsideOf(await perform(play, hostile))).toEqual(undisturbed);
    });
    await fc.assert(same, tries(60));
    expect(events).toBeGreaterThan(1_000);
  },
);
