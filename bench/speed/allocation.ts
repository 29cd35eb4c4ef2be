import { GCProfiler, getHeapStatistics } from 'node:v8';

/** Bytes that are allocated in the heap while something runs: what is there at the end, and what each collection freed. */
export async function bytesOf(action: () => Promise<void>): Promise<number> {
  globalThis.gc?.();
  const profiler = new GCProfiler();
  const before = getHeapStatistics().used_heap_size;
  profiler.start();
  await action();
  const after = getHeapStatistics().used_heap_size;
  const { statistics } = profiler.stop();
  const freed = statistics.map(({ beforeGC, afterGC }) => {
    return beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
  });
  return after - before + freed.reduce((sum, bytes) => sum + bytes, 0);
}
