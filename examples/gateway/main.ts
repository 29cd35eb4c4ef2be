import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDashboard } from 'resilient-fetch/dashboard';
import { boundary, type UnderWay } from './boundary.ts';
import { openClients } from './clients.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { log } from './log.ts';
import { operatorPages } from './operator.ts';
import { readinessOf } from './ready.ts';
import { watchRecovery } from './recovery.ts';
import { reload } from './reload.ts';
import { servicesOf } from './services.ts';
import { shutDown } from './shutdown.ts';
import { startTelemetry } from './telemetry.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
});
const path =
  positionals[0] ?? process.env.GATEWAY_CONFIG ?? join(import.meta.dirname, 'gateway.json');

try {
  const config = readConfig(path);
  log.info({ path, ...config }, 'configuration');
  if (!values.check) await run(config);
} catch (error) {
  refuse('no start', error);
  process.exitCode = 1;
}

async function run(first: Config): Promise<void> {
  let config = first;
  let draining = false;
  const configNow = () => config;
  const isDraining = () => draining;
  const telemetry = startTelemetry();
  const clients = openClients(config);
  const services = servicesOf(clients);
  const underWay: UnderWay = new Set();
  const ending = new AbortController();
  watchRecovery(clients, configNow);

  // longer than a balancer keeps a connection (60 s, mostly), so that it is never our end that closes one under a request
  const server = createServer(
    { keepAliveTimeout: 65_000, requestTimeout: 30_000 },
    boundary({ config: configNow, services, underWay, isDraining, ending: ending.signal }),
  );
  const readiness = () => readinessOf(clients, config, draining);
  const dashboard = createDashboard({ clients: Object.values(clients), path: '/dashboard' });
  const admin = createServer(operatorPages(readiness, telemetry, dashboard));
  const url = await listen(server, config.host, config.port);
  const adminUrl = await listen(admin, config.host, config.adminPort);

  process.on('SIGHUP', () => {
    try {
      config = reload(path, clients, config);
      log.info({ path, ...config }, 'configuration reloaded');
    } catch (error) {
      refuse('configuration refused, the old one stays', error);
    }
  });

  // once: a Ctrl-C comes from the terminal and again from npm
  async function end(cause: string): Promise<void> {
    if (draining) return;
    draining = true;
    log.info({ cause, underWay: underWay.size }, 'draining');
    try {
      await shutDown({ server, admin, underWay, ending, clients, telemetry }, config);
      log.info({ cause }, 'drained');
    } finally {
      process.exit();
    }
  }
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  // out of every handler's reach, so nobody knows what it has left behind: finish what is under way, and start anew
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error }, origin);
    process.exitCode = 1;
    void end(origin);
  });
  log.info({ url, adminUrl, pid: process.pid }, 'listening');
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await once(server.listen(port, host), 'listening');
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

function refuse(what: string, error: unknown): void {
  const faults = error instanceof ConfigError ? error.faults : [(error as Error).message];
  log.error({ path, faults }, what);
}
