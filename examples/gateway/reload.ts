import type { Clients } from './clients.ts';
import { type Config, ConfigError, faultsOf, readConfig, upstreamNames } from './config.ts';

/** What a process can't change while it runs. */
const fixed = ['host', 'port', 'adminPort'] as const;

/**
 * Reads the file anew and applies it as a whole or not at all: it is checked to its end before anything is changed.
 *
 * @returns what holds from now on.
 * @throws ConfigError with every fault; then all is as it was.
 */
export function reload(path: string, clients: Clients, now: Config): Config {
  const next = readConfig(path);
  const moved = fixed.filter((name) => now[name] !== next[name]);
  const faults = moved.map((name) => `${name}: expected ${now[name]} until the next start`);
  if (faults.length > 0) throw new ConfigError(faults);
  reconfigure(clients, now, next);
  return next;
}

/**
 * Circuits, budgets and slots keep what they know, and calls under way what they began with. What a client may refuse
 * even of good options is a change of its connections; then the others get back what they had. There is no `await` in
 * between, so no call ever sees a half.
 */
function reconfigure(clients: Clients, now: Config, next: Config): void {
  const change = (from: Config, to: Config) =>
    upstreamNames.flatMap((name) => {
      const options = { ...unset(from.upstreams[name].client), ...to.upstreams[name].client };
      return faultsOf(name, () => clients[name].reconfigure(options));
    });
  const faults = change(now, next);
  if (faults.length === 0) return;
  change(next, now);
  throw new ConfigError(faults);
}

/** What a file no longer says goes back to what it is without. */
function unset(options: object): object {
  return Object.fromEntries(Object.keys(options).map((name) => [name, undefined]));
}
