import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Ambient } from '../../src/core/ambient.ts';
import { ambientNow, runInside, runOutside } from '../../src/core/inside.ts';
import { useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

describe('work that runs inside', () => {
  test('finds its context through 2 awaits, and those outside find none', async () => {
    const ambient = new Ambient({}, undefined);
    const found = runInside(ambient, async () => {
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      return ambientNow();
    });
    expect(ambientNow()).toBeUndefined();
    expect(await found).toBe(ambient);
    expect(ambient.over).toBe(true);
  });

  test('that is over has 0 hold on what goes on in the background', async () => {
    const ambient = new Ambient({ deadline: 100 }, undefined);
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    let later: Promise<unknown> | undefined;
    runInside(ambient, () => {
      later = started.then(ambientNow);
    });
    start();
    expect(await later).toBeUndefined();
  });

  test('can throw, and leaves 0 contexts behind', () => {
    const ambient = new Ambient({ deadline: 100 }, undefined);
    const work = () => {
      throw new Error('at once');
    };
    expect(() => runInside(ambient, work)).toThrow('at once');
    expect([ambient.over, vi.getTimerCount()]).toEqual([true, 0]);
  });

  test('may give a thenable that works when it is asked: it is asked 1 time, inside', async () => {
    const ambient = new Ambient({}, undefined);
    let asked = 0;
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: query builders are made so
      then(done: (result: unknown) => void) {
        asked++;
        done(ambientNow());
      },
    };
    expect(await runInside(ambient, () => query)).toBe(ambient);
    expect([asked, ambient.over]).toEqual([1, true]);
  });

  test('can step out of it, 1 time and back', () => {
    const ambient = new Ambient({}, undefined);
    const found = runInside(ambient, () => [runOutside(ambientNow), ambientNow()]);
    expect(found).toEqual([undefined, ambient]);
  });
});
