import { type Keeper, loadKeepers } from './client.ts';
import type { Figures } from './load.ts';
import { idle, memory } from './memory.ts';
import type { Row } from './row.ts';

/** Calls to an origin until its circuit is open: each is 4 attempts. */
const callsToFail = 3;

/** Clients that are made for the figure of creation, after some that are made to have the code compiled. */
const clients = { before: 4, counted: 30 };

/**
 * State of many origins, over a stub that answers at once: no connection is made, so that the figure is that of the
 * policies alone. A healthy origin has answered twice well; a failing one has answered 503 until its circuit opened.
 */
export async function originsRow(): Promise<Row> {
  const keepers = await loadKeepers();
  return {
    id: 'origins',
    title: 'Many origins',
    about: `Policies and what they keep for each of 10,000 origins, over a stub that makes no connection. Creation: CPU of the first call to an origin less that of the second, the mean of ${clients.counted} clients with all of these each, as what the collector does by turns is more than the difference; less than 1 µs between two is a draw. A failing origin has its circuit open.`,
    names: keepers.map(({ name }) => name),
    uses: keepers,
    columns: [
      { key: 'healthy', head: 'bytes a healthy origin', digits: 0, better: 'less' },
      { key: 'failing', head: 'bytes a failing origin', digits: 0, better: 'less' },
      { key: 'creation', head: 'µs creation', digits: 1, better: 'less', blur: 1 },
      { key: 'wakes', head: 'wake-ups in an idle second', digits: 0, better: 'less' },
      { key: 'idleHealthy', head: 'idle CPU with the healthy, ms/s', digits: 2 },
      { key: 'idleFailing', head: 'idle CPU with the failing, ms/s', digits: 2 },
    ],
    async measure(name, { sizes }) {
      const keeper = keepers.find((one) => one.name === name);
      if (!keeper) throw new Error(`nobody is called ${name}`);
      const urls = Array.from({ length: sizes.origins }, (_, at) => {
        return `http://10.0.${at >> 8}.${at & 255}/orders`;
      });
      await creation(keeper, urls, clients.before);
      const created = await creation(keeper, urls, clients.counted);
      const start = await memory();
      const healthy = await keeper.open(well);
      for (let call = 0; call < 2; call++) for (const url of urls) await healthy(url);
      const afterHealthy = await memory();
      const idleHealthy = await idle();

      const failing = await keeper.open(ill);
      await Promise.all(
        urls.map(async (url) => {
          for (let call = 0; call < callsToFail; call++) await failing(url).catch(() => {});
        }),
      );
      const afterFailing = await memory();
      const idleFailing = await idle();
      // held until here
      await healthy(urls[0] ?? '');
      await failing(urls[0] ?? '').catch(() => {});
      return {
        healthy: (afterHealthy - start) / urls.length,
        failing: (afterFailing - afterHealthy) / urls.length,
        creation: created,
        wakes: idleHealthy.wakes,
        idleHealthy: idleHealthy.cpu,
        idleFailing: idleFailing.cpu,
      } satisfies Figures;
    },
  };
}

const well: typeof fetch = async () => new Response(null, { status: 204 });
const ill: typeof fetch = async () => new Response(null, { status: 503 });

/** Microseconds of CPU that the first call to an origin costs more than the second. */
async function creation(keeper: Keeper, urls: readonly string[], times: number): Promise<number> {
  let more = 0;
  for (let time = 0; time < times; time++) {
    const call = await keeper.open(well);
    more += await cpu(call, urls);
    more -= await cpu(call, urls);
    await call.close?.();
  }
  return more / times;
}

/** Microseconds of CPU for each. */
async function cpu(call: (url: string) => Promise<unknown>, urls: readonly string[]) {
  const before = process.cpuUsage();
  for (const url of urls) await call(url);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / urls.length;
}
