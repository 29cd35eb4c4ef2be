import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnderWay } from './boundary.ts';
import type { Clients } from './clients.ts';
import type { Config } from './config.ts';
import { log } from './log.ts';
import type { Telemetry } from './telemetry.ts';

/** All that has to be put away when the process ends. */
export interface Running {
  readonly server: Server;
  readonly admin: Server;
  readonly underWay: UnderWay;
  /** Ends the requests under way. */
  readonly ending: AbortController;
  readonly clients: Clients;
  readonly telemetry: Telemetry;
}

/** How often connections that fell idle are ended, and how long is waited for whoever does not listen, in milliseconds. */
const beat = 50;
const patience = 2_000;

/**
 * Ends the service so that nobody notices. `/ready` already says 503; balancers get `notice` to see that, while requests
 * are still taken. Then no connection is accepted any more, the requests under way get `bound`, and only then goes what
 * they need: clients, telemetry, and the port of the operators, who watch.
 */
export async function shutDown(running: Running, { drain }: Config): Promise<void> {
  const { server, admin, underWay, ending, clients, telemetry } = running;
  await sleep(drain.notice);
  const closed = once(server, 'close');
  server.close();
  const end = performance.now() + drain.bound;
  while (underWay.size > 0 && performance.now() < end) {
    server.closeIdleConnections();
    await sleep(beat);
  }
  if (underWay.size > 0) log.warn({ cut: underWay.size }, 'the drain took too long');
  if (underWay.size > 0) ending.abort(new Error('the service is shutting down'));
  await sleep(underWay.size > 0 ? beat : 0);
  server.closeAllConnections();
  await closed;

  await atMost(patience, Promise.all(Object.values(clients).map((client) => client.close())));
  await atMost(patience, telemetry.close());
  admin.close();
  admin.closeAllConnections();
}

/** A collector that does not answer must not hold up the end. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(milliseconds, undefined, { ref: false })]);
}
