import { getEventListeners } from 'node:events';
import { setTimeout as pass } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { waitingTimers } from './timers.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What the process holds when nothing is under way. */
export interface Gauges {
  readonly calls: number;
  /** Bytes, after what can go is gone. */
  readonly heap: number;
  /** Bytes outside the heap: buffers. */
  readonly external: number;
  readonly timers: number;
  readonly sockets: number;
  /** Everything else that keeps the process alive. */
  readonly resources: number;
  /** On the process, and on a signal that lives as long as the soak. */
  readonly listeners: number;
}

/** How long what is held may take to go when the last call has settled, in milliseconds. */
const patience = 12_000;

/**
 * Reads the gauges, as soon as they stand no higher than they once did, or when patience has run out. The collector has a
 * part in it: a caller who drops a body half read has a socket, and a listener, until that is found.
 */
export async function read(calls: number, signal: AbortSignal, once?: Gauges): Promise<Gauges> {
  const limit = performance.now() + patience;
  let memory = await inUse();
  let now = held(signal);
  const isUp = () => names.some((name) => now[name] > (once ?? now)[name]);
  while (isUp() && performance.now() < limit) {
    await pass(100);
    memory = await inUse();
    now = held(signal);
  }
  return { calls, ...now, ...memory };
}

const names = ['timers', 'sockets', 'resources', 'listeners'] as const;

function held(signal: AbortSignal) {
  const kinds = process.getActiveResourcesInfo();
  const sockets = kinds.filter((kind) => kind.startsWith('TCP')).length;
  const others = kinds.filter((kind) => !/^TCP|^Timeout$|^Immediate$/.test(kind));
  const ofProcess = process.eventNames().map((name) => process.listenerCount(name));
  return {
    timers: waitingTimers(),
    sockets,
    resources: others.length,
    listeners:
      getEventListeners(signal, 'abort').length + ofProcess.reduce((sum, one) => sum + one, 0),
  };
}

/** The least of a few looks, as finalizers take their time. */
async function inUse(): Promise<Pick<Gauges, 'heap' | 'external'>> {
  let heap = Number.POSITIVE_INFINITY;
  let external = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look++) {
    await pass(10);
    collect();
    const use = process.memoryUsage();
    heap = Math.min(heap, use.heapUsed);
    external = Math.min(external, use.external);
  }
  return { heap, external };
}
