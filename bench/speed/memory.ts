import { setTimeout as pause } from 'node:timers/promises';

/** Bytes that this process holds on to, inside of the heap and outside. Needs `--expose-gc`. */
export async function memory(): Promise<number> {
  for (let time = 0; time < 3; time++) {
    await pause(20);
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const watched = 1_000;

/** What this process does while nobody asks it for anything. */
export async function idle(): Promise<{ cpu: number; wakes: number }> {
  // what the compiler and the collector still have to do
  await pause(300);
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  const before = process.cpuUsage();
  await pause(watched);
  const { user, system } = process.cpuUsage(before);
  return {
    /** In milliseconds a second. */
    cpu: (user + system) / watched,
    /** How often the event loop woke up, but for the end of the wait. */
    wakes: performance.nodeTiming.uvMetricsInfo.loopCount - loopCount - 1,
  };
}
