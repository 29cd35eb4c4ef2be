import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, resilientFetch } from 'resilient-fetch';

/**
 * What the drop-in costs over the fetch it wraps: CPU of the calling process for a small JSON GET on a keep-alive
 * loopback connection, read to its end. Each figure is taken in a process of its own, so that no variant pays for the
 * garbage or the compiled code of another, and after its code was compiled; the variants take turns, and a ratio is the
 * median over the rounds.
 */
const rounds = Number(process.env.ROUNDS ?? 5);
const warmUp = 15_000;
const requests = 15_000;
const inFlight = 16;

const bare = createClient({ timeout: false, retry: false, circuitBreaker: false });
const { signal } = new AbortController();
const variants: Record<string, (url: string) => Promise<Response>> = {
  fetch: (url) => fetch(url),
  resilientFetch: (url) => resilientFetch(url),
  'resilientFetch, everything off': (url) => bare(url),
  'resilientFetch, options of one call': (url) =>
    resilientFetch(url, { resilience: { timeout: 2_000, retry: 5 } }),
  'fetch, own AbortSignal.timeout': (url) => fetch(url, { signal: AbortSignal.timeout(10_000) }),
  'resilientFetch, shared signal': (url) => resilientFetch(url, { signal }),
};

const [role = 'compare', name = '', url = ''] = process.argv.slice(2);
if (role === 'server') serve();
else if (role === 'measure') process.send?.(await measure(variants[name] ?? fetch, url));
else await compare();

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
async function measure(send: (url: string) => Promise<Response>, url: string): Promise<number> {
  await run(send, url, warmUp);
  const before = process.cpuUsage();
  await run(send, url, requests);
  const { user, system } = process.cpuUsage(before);
  setImmediate(() => process.exit());
  return (user + system) / requests;
}

async function run(
  send: (url: string) => Promise<Response>,
  url: string,
  count: number,
): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await (await send(url)).json();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function compare(): Promise<void> {
  const server = fork(import.meta.filename, ['server']);
  const [port] = (await once(server, 'message')) as [number];
  const costs: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of rotated(Object.keys(variants), round)) {
      const child = fork(import.meta.filename, ['measure', name, `http://127.0.0.1:${port}/`]);
      const [cost] = (await once(child, 'message')) as [number];
      costs[name] = [...(costs[name] ?? []), cost];
    }
  }
  server.disconnect();

  console.log(`Node ${process.version}, ${rounds} rounds of ${requests}, ${inFlight} in flight`);
  const baseline = costs.fetch ?? [];
  for (const [name, micros] of Object.entries(costs)) {
    const ratios = micros.map((cost, round) => cost / (baseline[round] ?? Number.NaN));
    const columns = [`${median(micros).toFixed(1)} µs`.padStart(9), `${median(ratios).toFixed(3)}`];
    console.log(`${name.padEnd(38)} ${columns.join('  × ')}`);
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
