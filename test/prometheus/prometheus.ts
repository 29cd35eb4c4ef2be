import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { kit } from '../monitoring/kit.ts';
import { commandOf } from './command.ts';

/** One series of an answer. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An alert that is pending or firing. */
export interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A Prometheus of one's own, with the kit's configuration, that scrapes one process twice a second. */
export class Prometheus {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #api: string;

  private constructor(process: ChildProcess, folder: string, port: number) {
    this.#process = process;
    this.#folder = folder;
    this.#api = `http://127.0.0.1:${port}`;
  }

  /** @param target the host and port to scrape. */
  static async start(target: string): Promise<Prometheus> {
    const command = commandOf('prometheus');
    // between finding a free port and using it, somebody else may
    for (let left = 3; ; left--) {
      const folder = mkdtempSync(join(tmpdir(), 'resilient-fetch-prometheus-'));
      const port = await freePort();
      const started = new Prometheus(run(command, folder, target, port), folder, port);
      if (await started.#isReady()) return started;
      await started.stop();
      if (left === 1) throw new Error('Prometheus did not start, 3 times');
    }
  }

  /** What an expression gives now. */
  async query(expression: string): Promise<Sample[]> {
    const { result } = await this.#ask<{
      result: { metric: Record<string, string>; value: [number, string] }[];
    }>(`query?query=${encodeURIComponent(expression)}`);
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  async alerts(): Promise<readonly Alert[]> {
    return (await this.#ask<{ alerts: Alert[] }>('alerts')).alerts;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const closed = once(this.#process, 'close');
      this.#process.kill('SIGTERM');
      const killing = setTimeout(() => this.#process.kill('SIGKILL'), 5_000);
      await closed;
      clearTimeout(killing);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#api}/api/v1/${path}`);
    const { data, error } = (await response.json()) as { data: T; error?: string };
    if (error !== undefined) throw new Error(`${error}: ${decodeURIComponent(path)}`);
    return data;
  }

  async #isReady(): Promise<boolean> {
    for (let tries = 0; tries < 100 && this.#process.exitCode === null; tries++) {
      const ready = await fetch(`${this.#api}/-/ready`).catch(() => undefined);
      await ready?.text();
      if (ready?.ok) return true;
      await wait(100);
    }
    return false;
  }
}

function run(command: string, folder: string, target: string, port: number): ChildProcess {
  return spawn(
    command,
    [
      `--config.file=${configure(folder, target)}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
}

/** The kit's configuration and rules as a test can wait for them: half a second in the place of each length. */
function configure(folder: string, target: string): string {
  const often = '500ms';
  const read = (path: string) => parse(readFileSync(join(kit, path), 'utf8'));
  const configuration = read('prometheus.yml') as {
    global: object;
    rule_files: string[];
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  configuration.global = { scrape_interval: often, evaluation_interval: often };
  for (const { static_configs } of configuration.scrape_configs)
    for (const one of static_configs) one.targets = [target];
  mkdirSync(join(folder, 'rules'));
  for (const path of configuration.rule_files) {
    const { groups } = read(path) as { groups: { rules: { for?: string }[] }[] };
    for (const rule of groups.flatMap(({ rules }) => rules)) if (rule.for) rule.for = often;
    writeFileSync(join(folder, path), stringify({ groups }));
  }
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, stringify(configuration));
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
