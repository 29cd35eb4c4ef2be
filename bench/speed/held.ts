import { setTimeout as pause } from 'node:timers/promises';
import type { Calls } from './client.ts';
import type { Figures } from './load.ts';
import { memory } from './memory.ts';

const slowReaders = 8;

/** What the process holds for each body of which a first piece was read and the rest is not wanted yet, in KiB. */
export async function heldBySlowReaders(calls: Calls, url: string): Promise<Figures> {
  const before = await memory();
  const readers = await Promise.all(
    Array.from({ length: slowReaders }, async () => {
      const reader = (await calls.stream(url))[Symbol.asyncIterator]();
      await reader.next();
      return reader;
    }),
  );
  await pause(300);
  const held = (await memory()) - before;
  return { held: held / readers.length / 2 ** 10 };
}

/** What the process holds for each call that waits for its answer, connection included, in KiB. */
export async function heldInFlight(calls: Calls, url: string, count: number): Promise<Figures> {
  for (let call = 0; call < 20; call++) await calls.json(`${url}json`);
  const before = await memory();
  for (let call = 0; call < count; call++) {
    // it ends with the process
    void calls.json(`${url}silent/${process.pid}`).catch(() => {});
  }
  const end = performance.now() + 10_000;
  while ((await calls.json(`${url}held/${process.pid}`)) !== count) {
    if (performance.now() > end) throw new Error(`fewer than ${count} calls have come`);
    await pause(50);
  }
  const held = (await memory()) - before;
  return { held: held / count / 2 ** 10 };
}
