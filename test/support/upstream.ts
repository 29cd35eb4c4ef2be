import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { deadPort } from './fault-server.ts';

const child = join(import.meta.dirname, 'upstream-child.ts');

/** Where a server is to run: the address to listen at, and a command that runs another one there. */
export interface Where {
  readonly host: string;
  readonly within: readonly string[];
}

/** A server in a process of its own, which can be killed, and what it was asked in all of its lives. */
export class Upstream implements AsyncDisposable {
  /** The idempotency keys, or nothing, of the requests of each id, in the order in which they came. */
  readonly arrivals = new Map<string, string[]>();
  readonly port: number;
  readonly #where: Where;
  #process: ChildProcess | undefined;

  private constructor(port: number, where: Where) {
    this.port = port;
    this.#where = where;
  }

  static async start(where: Where = { host: '127.0.0.1', within: [] }): Promise<Upstream> {
    const upstream = new Upstream(await deadPort(), where);
    await upstream.restart();
    return upstream;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Comes up where it was. */
  async restart(): Promise<void> {
    const { host, within } = this.#where;
    const [command = '', ...rest] = [...within, process.execPath, child, String(this.port), host];
    const started = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = started;
    started.once('close', () => {
      this.#process = undefined;
    });
    const lines = createInterface(started.stdout);
    // from the first line on: one that comes up again is asked at once
    lines.on('line', (line) => this.#hear(line));
    await Promise.race([once(lines, 'line'), once(started, 'close')]);
    if (this.#process === undefined) throw new Error('The upstream did not start');
  }

  /** Ends it in the middle of whatever it does. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (!running) return;
    const closed = once(running, 'close');
    running.kill('SIGKILL');
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #hear(line: string): void {
    if (line === 'listening') return;
    const [, id = '', key = ''] = line.split(' ');
    this.arrivals.set(id, [...(this.arrivals.get(id) ?? []), key]);
  }
}
