import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from './clients.ts';
import { type Config, upstreamNames } from './config.ts';

/** Between two probes, where the first told nothing. */
const pause = 250;

/**
 * Asks an upstream whether it is back, each time its circuit is half-open. Without this a circuit waits for somebody's
 * request to be its probe, and a process that is unready because of it gets none: it would stay unready for ever. It is
 * also kinder, as no caller pays for the asking.
 */
export function watchRecovery(clients: Clients, config: () => Config): void {
  for (const name of upstreamNames) {
    const client = clients[name];
    const isHalfOpen = (origin: string) => {
      return client.health().origins[origin]?.circuit === 'half-open';
    };
    client.on('circuit.halfOpened', async ({ origin }) => {
      // a probe of a caller's that he gave up tells nothing, and then it stays half-open
      while (isHalfOpen(origin)) {
        const url = new URL(config().upstreams[name].probe, origin);
        await client(url, { resilience: { retry: false, fallback: false, hedge: false } }).then(
          (response) => response.body?.cancel(),
          () => undefined,
        );
        if (isHalfOpen(origin)) await sleep(pause, undefined, { ref: false });
      }
    });
  }
}
