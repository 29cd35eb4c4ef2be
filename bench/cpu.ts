import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How one variant sends a request. */
export type Variant = (url: string) => Promise<Response>;

const rounds = Number(process.env.ROUNDS ?? 5);
const warmUp = Number(process.env.WARM_UP ?? 15_000);
const requests = 15_000;
const inFlight = Number(process.env.IN_FLIGHT ?? 16);

/**
 * Compares the CPU that the calling process spends on a small JSON GET on a keep-alive loopback connection, read to its
 * end. Each figure is taken in a process of its own, so that no variant pays for the garbage or the compiled code of
 * another, and after its code was compiled; the variants take turns, and a ratio is the median over the rounds.
 *
 * @param file the bench, which is run again for each figure.
 * @param variants by name; each makes what it needs when it is chosen. The first is what the others are compared with.
 */
export async function compareCpu(
  file: string,
  variants: Readonly<Record<string, () => Variant | Promise<Variant>>>,
): Promise<void> {
  const [role = 'compare', name = '', url = ''] = process.argv.slice(2);
  if (role === 'server') return serve();
  if (role === 'measure') {
    const send = await (variants[name] ?? (() => fetch))();
    process.send?.(await measure(send, url));
    return;
  }
  await compare(file, Object.keys(variants));
}

function serve(): void {
  const body = JSON.stringify({ id: 1, name: 'a small answer', tags: ['one', 'two'] });
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

/** CPU time of this process for one request, in microseconds. */
async function measure(send: Variant, url: string): Promise<number> {
  await run(send, url, warmUp);
  const before = process.cpuUsage();
  await run(send, url, requests);
  const { user, system } = process.cpuUsage(before);
  setImmediate(() => process.exit());
  return (user + system) / requests;
}

async function run(send: Variant, url: string, count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await (await send(url)).json();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function compare(file: string, names: readonly string[]): Promise<void> {
  const server = fork(file, ['server']);
  const [port] = (await once(server, 'message')) as [number];
  const costs: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of rotated(names, round)) {
      const child = fork(file, ['measure', name, `http://127.0.0.1:${port}/`]);
      const [cost] = (await once(child, 'message')) as [number];
      costs[name] = [...(costs[name] ?? []), cost];
    }
  }
  server.disconnect();

  console.log(`Node ${process.version}, ${rounds} rounds of ${requests}, ${inFlight} in flight`);
  const baseline = costs[names[0] ?? ''] ?? [];
  for (const [name, micros] of Object.entries(costs)) {
    const ratios = micros.map((cost, round) => cost / (baseline[round] ?? Number.NaN));
    const columns = [`${median(micros).toFixed(1)} µs`.padStart(9), `${median(ratios).toFixed(3)}`];
    console.log(`${name.padEnd(46)} ${columns.join('  × ')}`);
  }
}

/** Whoever goes first in a round has a little less to pay, so each variant does in turn. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
