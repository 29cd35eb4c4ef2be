import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Upstream } from '../support/upstream.ts';
import type { Job, Report } from './client-child.ts';
import { apart } from './command.ts';
import { Link, serverAddress } from './link.ts';

const child = join(import.meta.dirname, 'client-child.ts');

/** A client and a server in a network each, with a link between the two. */
export class Pair implements AsyncDisposable {
  readonly upstream: Upstream;
  readonly link: Link;
  readonly #client: ChildProcess;

  private constructor(upstream: Upstream, client: ChildProcess) {
    this.upstream = upstream;
    this.#client = client;
    this.link = new Link(client.pid ?? 0, upstream.pid ?? 0);
  }

  static async open(): Promise<Pair> {
    const upstream = await Upstream.start({ host: '0.0.0.0', within: apart });
    const [command = '', ...rest] = [...apart, process.execPath, child];
    const client = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      await Promise.race([once(client, 'message'), once(client, 'close')]);
      return new Pair(upstream, client);
    } catch (error) {
      client.kill('SIGKILL');
      await upstream.kill();
      throw error;
    }
  }

  /** The processes that the two networks are for. */
  get pids(): readonly (number | undefined)[] {
    return [this.#client.pid, this.upstream.pid];
  }

  /** Has the client make its calls; what comes back when they have begun tells of their end. */
  async begin(job: Omit<Job, 'url'>): Promise<{ readonly report: Promise<Report> }> {
    this.#client.send({ ...job, url: `http://${serverAddress}:${this.upstream.port}/ok` });
    await this.#heard();
    return { report: this.#heard() as Promise<Report> };
  }

  async #heard(): Promise<unknown> {
    const closed = once(this.#client, 'close').then(() => {
      throw new Error('The client ended');
    });
    const [message] = await Promise.race([once(this.#client, 'message'), closed]);
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#client.exitCode === null && once(this.#client, 'close');
    this.#client.kill('SIGKILL');
    await closed;
    await this.upstream.kill();
  }
}
