import { setTimeout as pass } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Has the garbage collector run, which a process must not need to be started with a flag for. */
export const collect = runInNewContext('gc') as () => void;

/** Bytes in use when all that can go is gone: the least of a few looks, as finalizers take their time. */
export async function heapInUse(): Promise<number> {
  let heap = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    await pass(5);
    collect();
    heap = Math.min(heap, process.memoryUsage().heapUsed);
  }
  return heap;
}
