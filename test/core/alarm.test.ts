import { afterEach, describe, expect, test, vi } from 'vitest';
import { clearAlarm, setAlarm } from '../../src/core/alarm.ts';
import { useFakeClock } from '../support/clock.ts';

afterEach(() => vi.useRealTimers());

/** Writes down when each alarm rings, by the fake clock. */
function diary() {
  const start = performance.now();
  const entries: string[] = [];
  const note = (name: string) => () => {
    entries.push(`${name} ${performance.now() - start}`);
  };
  return { entries, note };
}

describe('an alarm', () => {
  test('rings once, after exactly its 100 ms', () => {
    useFakeClock();
    const ring = vi.fn();
    setAlarm(100, ring);
    vi.advanceTimersByTime(99);
    expect(ring).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  test('of 1 ms rings too', () => {
    useFakeClock();
    const ring = vi.fn();
    setAlarm(1, ring);
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  test('rings in its turn among 4 of three lengths', () => {
    useFakeClock();
    const { entries, note } = diary();
    setAlarm(100, note('first'));
    setAlarm(50, note('short'));
    vi.advanceTimersByTime(30);
    setAlarm(100, note('second'));
    setAlarm(300, note('long'));
    vi.advanceTimersByTime(300);
    expect(entries).toEqual(['short 50', 'first 100', 'second 130', 'long 330']);
  });

  test('rings on time for each of 100, set 1 ms apart', () => {
    useFakeClock();
    const { entries, note } = diary();
    for (let each = 0; each < 100; each++) {
      setAlarm(40, note(String(each)));
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(40);
    expect(entries).toEqual(Array.from({ length: 100 }, (_, each) => `${each} ${each + 40}`));
  });

  test('rings with the 2 others that were set in the same millisecond, in their order', () => {
    useFakeClock();
    const { entries, note } = diary();
    for (const name of ['one', 'two', 'three']) setAlarm(20, note(name));
    vi.advanceTimersByTime(20);
    expect(entries).toEqual(['one 20', 'two 20', 'three 20']);
  });
});

describe('an alarm that was called off', () => {
  test('does not ring, whichever of 3 it is, and the others do', () => {
    for (const off of [0, 1, 2]) {
      useFakeClock();
      const { entries, note } = diary();
      const alarms = [0, 10, 10].map((wait, index) => {
        vi.advanceTimersByTime(wait);
        return setAlarm(100, note(String(index)));
      });
      alarms.filter((_, index) => index === off).forEach(clearAlarm);
      vi.advanceTimersByTime(200);
      expect(entries).toEqual(['0 100', '1 110', '2 120'].filter((_, index) => index !== off));
      expect(vi.getTimerCount()).toBe(0);
      vi.useRealTimers();
    }
  });

  test('2 times is called off as once', () => {
    useFakeClock();
    const ring = vi.fn();
    const alarm = setAlarm(100, ring);
    const other = setAlarm(100, ring);
    clearAlarm(alarm);
    clearAlarm(alarm);
    vi.advanceTimersByTime(100);
    expect(ring).toHaveBeenCalledTimes(1);
    clearAlarm(other);
    clearAlarm(alarm);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('by another one that rang at the same 100 ms stays silent', () => {
    useFakeClock();
    const ring = vi.fn();
    setAlarm(100, () => clearAlarm(second));
    const second = setAlarm(100, ring);
    vi.advanceTimersByTime(200);
    expect(ring).toHaveBeenCalledTimes(0);
  });

  test('by itself while it rings does no harm to the 1 after it', () => {
    useFakeClock();
    const ring = vi.fn();
    const own = setAlarm(100, () => clearAlarm(own));
    setAlarm(100, ring);
    vi.advanceTimersByTime(100);
    expect(ring).toHaveBeenCalledTimes(1);
  });
});

describe('an alarm set inside the callback of another', () => {
  test('rings after its own 100 ms', () => {
    useFakeClock();
    const { entries, note } = diary();
    setAlarm(100, () => {
      note('outer')();
      setAlarm(100, note('inner'));
    });
    vi.advanceTimersByTime(300);
    expect(entries).toEqual(['outer 100', 'inner 200']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not delay the 1 that is due before it', () => {
    useFakeClock();
    const { entries, note } = diary();
    setAlarm(100, () => {
      note('first')();
      setAlarm(100, note('inner'));
    });
    vi.advanceTimersByTime(50);
    setAlarm(100, note('second'));
    vi.advanceTimersByTime(300);
    expect(entries).toEqual(['first 100', 'second 150', 'inner 200']);
  });

  test('may be of another length, such as 10 ms', () => {
    useFakeClock();
    const { entries, note } = diary();
    setAlarm(100, () => setAlarm(10, note('short')));
    setAlarm(100, note('second'));
    vi.advanceTimersByTime(300);
    expect(entries).toEqual(['second 100', 'short 110']);
  });
});

test('an alarm whose callback throws does not strand the 2 after it', () => {
  useFakeClock();
  const { entries, note } = diary();
  setAlarm(100, () => {
    throw new Error('callback');
  });
  setAlarm(100, note('same'));
  vi.advanceTimersByTime(50);
  setAlarm(100, note('later'));
  expect(() => vi.advanceTimersByTime(50)).toThrow('callback');
  vi.advanceTimersByTime(100);
  expect(entries.map((entry) => entry.split(' ')[0])).toEqual(['same', 'later']);
});

describe('timers', () => {
  test('are 1 for 1,000 alarms of one length, and 0 when all are called off', () => {
    useFakeClock();
    const alarms = Array.from({ length: 1_000 }, () => setAlarm(5_000, () => {}));
    expect(vi.getTimerCount()).toBe(1);
    alarms.forEach(clearAlarm);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are 0 after every alarm rang', () => {
    useFakeClock();
    for (const length of [10, 20, 20, 30]) setAlarm(length, () => {});
    expect(vi.getTimerCount()).toBe(3);
    vi.advanceTimersByTime(30);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('serve 300 lengths that come and go, each on time', () => {
    useFakeClock();
    const { entries, note } = diary();
    for (let length = 1; length <= 300; length++) setAlarm(length, note('ring'));
    vi.advanceTimersByTime(300);
    expect(entries).toEqual(Array.from({ length: 300 }, (_, index) => `ring ${index + 1}`));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a clock that is changed', () => {
  test('2 times in the middle of an alarm does not strand the later ones', () => {
    useFakeClock();
    const lost = setAlarm(100, () => {});
    vi.useRealTimers();
    useFakeClock();
    const ring = vi.fn();
    setAlarm(100, ring);
    vi.advanceTimersByTime(100);
    expect(ring).toHaveBeenCalledTimes(1);
    clearAlarm(lost);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('from the real one to a fake one rings after 60,000 fake ms', () => {
    const real = setAlarm(60_000, () => {});
    useFakeClock();
    const ring = vi.fn();
    setAlarm(60_000, ring);
    vi.advanceTimersByTime(60_000);
    expect(ring).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
    clearAlarm(real);
  });

  test('leaves 0 timers of the real one behind when its alarm is called off on a fake one', () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
    const before = timers().length;
    const real = setAlarm(61_000, () => {});
    expect(timers()).toHaveLength(before + 1);
    useFakeClock();
    clearAlarm(real);
    vi.useRealTimers();
    expect(timers()).toHaveLength(before);
  });

  test('by vi.clearAllTimers() strands no alarm that is set 1 second after', () => {
    useFakeClock();
    setAlarm(100, () => {});
    vi.clearAllTimers();
    vi.advanceTimersByTime(1_000);
    const ring = vi.fn();
    setAlarm(100, ring);
    vi.advanceTimersByTime(100);
    expect(ring).toHaveBeenCalledTimes(1);
  });
});

describe('where setTimeout alone is faked and performance.now() is real', () => {
  test('an alarm of 10,000 ms rings when its timer does', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ring = vi.fn();
    setAlarm(10_000, ring);
    vi.advanceTimersByTime(10_000);
    expect(ring).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('each of 3 alarms that were set one after another rings', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ring = vi.fn();
    for (let each = 0; each < 3; each++) {
      setAlarm(10_000, ring);
      vi.advanceTimersByTime(4_000);
    }
    vi.advanceTimersByTime(30_000);
    expect(ring).toHaveBeenCalledTimes(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('an alarm of 100 ms rings while 30 others keep the loop busy for 300', async () => {
  const spin = (milliseconds: number) => {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
  };
  let rang: number | undefined;
  const start = performance.now();
  setAlarm(100, () => {
    rang = performance.now() - start;
  });
  const busy = async () => {
    while (performance.now() - start < 300) {
      spin(1);
      clearAlarm(setAlarm(100, () => {}));
      await new Promise((resolve) => setTimeout(resolve, 1));
      setAlarm(100, () => {});
    }
  };
  await Promise.all(Array.from({ length: 30 }, busy));
  expect(rang).toBeGreaterThanOrEqual(99);
});
