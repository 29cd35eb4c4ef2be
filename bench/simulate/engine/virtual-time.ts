/** When it is, and how to have something done later. All times in milliseconds. */
export interface Clock {
  readonly now: number;
  after(delay: number, action: () => void): void;
}

interface Timer {
  cleared: boolean;
  unref(): void;
}

/**
 * Runs something with the globals that tell time set to a simulation's. The library takes its time from them and from
 * nowhere else, so that what holds state and has timers, a circuit with the opossum in it, is simulated as it ships. Only
 * what is synchronous may run in it: nobody waits for promises here.
 */
export function inVirtualTime(clock: Clock, run: () => void): void {
  const { setTimeout, clearTimeout } = globalThis;
  const realDate = Date.now;
  const now = () => clock.now;
  const later = (action: () => void, delay: number): Timer => {
    const timer = { cleared: false, unref() {} };
    clock.after(delay, () => timer.cleared || action());
    return timer;
  };
  const clear = (timer?: Timer) => {
    if (timer) timer.cleared = true;
  };
  Object.defineProperty(performance, 'now', { value: now, configurable: true });
  Date.now = now;
  Object.assign(globalThis, { setTimeout: later, clearTimeout: clear });
  try {
    run();
  } finally {
    Reflect.deleteProperty(performance, 'now');
    Date.now = realDate;
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}
