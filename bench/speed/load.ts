import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Sizes } from './sizes.ts';

/** What was measured in one process. */
export type Figures = Readonly<Record<string, number>>;

type Send = () => Promise<unknown>;

/** What calls cost once their code is compiled. A call that fails ends it. */
export async function load(
  send: Send,
  inFlight: number,
  { warmUp, length }: Sizes,
): Promise<Figures> {
  await run(send, inFlight, warmUp);
  return sample(send, inFlight, length);
}

/**
 * So many calls at once, over and over: microseconds of CPU that this process spends on one, how many there are in a
 * second, and how late the event loop is (p99, in milliseconds).
 */
export async function sample(send: Send, inFlight: number, milliseconds: number) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const start = performance.now();
  const before = process.cpuUsage();
  const calls = await run(send, inFlight, { milliseconds });
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - start) / 1_000;
  delays.disable();
  return {
    cpu: (user + system) / calls,
    perSecond: calls / seconds,
    delay: delays.percentile(99) / 1e6,
  };
}

/** How many calls ended; at least one by each worker. */
async function run(
  send: Send,
  inFlight: number,
  limit: { readonly milliseconds: number; readonly calls?: number },
): Promise<number> {
  const end = performance.now() + limit.milliseconds;
  const most = limit.calls ?? Number.POSITIVE_INFINITY;
  let calls = 0;
  const worker = async () => {
    do {
      await send();
      calls++;
    } while (calls < most && performance.now() < end);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return calls;
}
