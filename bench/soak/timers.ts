import { promisify } from 'node:util';

/**
 * Counts the timers that are set: `process.getActiveResourcesInfo` leaves out those that keep no process alive, which a
 * leak would be made of. To be imported before what sets them.
 */
const live = new Set<NodeJS.Timeout>();
const { setTimeout: set, clearTimeout: clear } = globalThis;

function counted(callback: (...given: unknown[]) => void, after?: number, ...given: unknown[]) {
  const timer: NodeJS.Timeout = set(
    (...told: unknown[]) => {
      live.delete(timer);
      callback(...told);
    },
    after,
    ...given,
  );
  live.add(timer);
  return timer;
}

const promised = Object.getOwnPropertyDescriptor(set, promisify.custom) ?? {};
globalThis.setTimeout = Object.defineProperty(counted, promisify.custom, promised) as typeof set;
globalThis.clearTimeout = ((timer?: NodeJS.Timeout) => {
  if (timer) live.delete(timer);
  clear(timer);
}) as typeof globalThis.clearTimeout;

/** How many timers are waiting now, also those that keep no process alive. */
export const waitingTimers = () => live.size;
