import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createDashboard } from 'resilient-fetch/dashboard';
import { seeded } from 'resilient-fetch/testing';
import { registerSdk } from '../../test/support/telemetry.ts';
import { openClients } from './clients.ts';
import { Crowd } from './crowd.ts';
import type { World } from './load.ts';
import { openNetwork } from './network.ts';
import { Stalls } from './stalls.ts';
import { Tally } from './tally.ts';

export interface OpenWorld extends World {
  /** A server of real sockets that comes, and somebody who looks at the dashboard, for as long as the work lasts. */
  during(work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Everything that takes part in a soak.
 *
 * @param leak bytes that are kept for each call.
 */
export function openWorld(seed: number, leak: number): OpenWorld {
  const draw = seeded(seed);
  const sdk = registerSdk({ delta: true });
  const network = openNetwork(seed, draw);
  const clients = openClients(network.fetch);
  const shown = [clients.full, clients.crowd, clients.watched];
  const dashboard = createDashboard({ clients: shown, window: 10_000 });
  const { signal } = new AbortController();
  const tally = new Tally();
  const kept: number[] = [];
  for (const name of [
    'retry.scheduled',
    'hedge.sent',
    'circuit.opened',
    'circuit.closed',
  ] as const) {
    for (const client of Object.values(clients)) client.on(name, () => tally.count(name));
  }
  let lives = 0;

  const world: OpenWorld = {
    ...{ clients, draw, signal, tally, crowd: new Crowd(), stalls: new Stalls(), server: '' },
    leak(call) {
      for (let bytes = 8; bytes <= leak; bytes += 8) kept.push(call);
    },
    async during(work) {
      const server = fork(new URL('server.ts', import.meta.url), [String(seed + ++lives)]);
      [world.server] = (await once(server, 'message')) as [string];
      const looking = await look();
      try {
        await work();
      } finally {
        await looking.cancel();
        await end(server);
        await sdk.collect();
        sdk.forget();
      }
    },
    async close() {
      dashboard.close();
      for (const client of Object.values(clients)) await client.close();
    },
  };

  async function look(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const { body } = await dashboard.fetch(new Request('http://dashboard.test/events'));
    if (!body) throw new Error('the dashboard has no stream of events');
    const reader = body.getReader();
    const follow = async () => {
      while (!(await reader.read()).done) tally.count('seen');
    };
    void follow();
    return reader;
  }
  return world;
}

async function end(server: ChildProcess): Promise<void> {
  const closed = once(server, 'close');
  server.kill('SIGKILL');
  await closed;
}
