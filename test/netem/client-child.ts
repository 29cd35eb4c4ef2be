import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { type ClientOptions, createClient } from '../../src/index.ts';
import { type Kind, type Sent, traffic } from '../support/traffic.ts';

/** Calls that begin one after another, whatever becomes of those before them. */
export interface Job {
  readonly url: string;
  readonly options: ClientOptions;
  readonly calls: number;
  /** Milliseconds between the beginnings of two calls. */
  readonly every: number;
}

export interface Report {
  readonly sent: readonly Sent[];
  /** By how much this process was late at the worst, in milliseconds: what else the machine did. */
  readonly late: number;
  /** Sockets that are still there 2 s after the client was closed, or earlier if there is none. */
  readonly sockets: number;
}

const kinds: readonly Kind[] = ['GET', 'PUT', 'POST', 'keyed POST'];

async function perform({ url, options, calls, every }: Job): Promise<Report> {
  const client = createClient(options);
  // the first call loads what the others need
  await traffic(client, url, { each: 1, kinds: ['GET'] });
  process.send?.('begun');
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const running: Promise<Sent[]>[] = [];
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    await wait(Math.max(0, start + call * every - performance.now()));
    const kind = kinds[call % kinds.length] ?? 'GET';
    running.push(traffic(client, url, { each: 1, kinds: [kind] }));
  }
  const sent = (await Promise.all(running)).flat();
  await client.close();
  for (let tries = 0; tries < 100 && openSockets() > 0; tries++) await wait(20);
  return { sent, late: delays.max / 1e6, sockets: openSockets() };
}

function openSockets(): number {
  const names = ['TCPSocketWrap', 'TCPConnectWrap', 'ConnectWrap'];
  return process.getActiveResourcesInfo().filter((name) => names.includes(name)).length;
}

process.on('message', async (job: Job) => process.send?.(await perform(job)));
// whoever started this process has ended, however that came about
process.on('disconnect', () => process.exit());
process.send?.('ready');
