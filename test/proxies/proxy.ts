import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deadPort } from '../support/fault-server.ts';
import { programNamed } from '../support/program.ts';
import { selfSigned } from '../support/wire-certificate.ts';

/** What a test changes about a proxy. */
export interface Settings {
  /** How long it keeps an idle connection, in milliseconds. */
  readonly keepAlive?: number;
  /** Requests until it closes a connection, where it counts them. */
  readonly requests?: number;
}

/** Where a proxy finds what it needs, and listens. */
export interface Place {
  readonly folder: string;
  readonly upstream: number;
  readonly plain: number;
  readonly secure: number;
}

/** What makes a program the proxy that the tests want. */
export interface Kind {
  readonly name: 'nginx' | 'haproxy';
  readonly configure: (place: Place, settings: Required<Settings>) => string;
  readonly parameters: (configuration: string, folder: string) => readonly string[];
  /** Has its master start new workers, and end the old ones when they are done. */
  readonly reload: NodeJS.Signals;
  /** The status by which it says that there is no upstream. */
  readonly unavailable: string;
}

/** A proxy in front of an upstream, with a configuration, a folder and ports of its own. */
export class ProxyProcess implements AsyncDisposable {
  readonly origin: string;
  readonly secureOrigin: string;
  readonly #kind: Kind;
  readonly #place: Place;
  readonly #configuration: string;
  #process: ChildProcess | undefined;

  private constructor(kind: Kind, place: Place, settings: Settings) {
    this.origin = `http://127.0.0.1:${place.plain}`;
    this.secureOrigin = `https://127.0.0.1:${place.secure}`;
    this.#kind = kind;
    this.#place = place;
    this.#configuration = join(place.folder, 'proxy.conf');
    const all = { keepAlive: 60_000, requests: 1_000, ...settings };
    writeFileSync(this.#configuration, kind.configure(place, all));
    writeFileSync(join(place.folder, 'certificate.pem'), `${selfSigned.cert}\n${selfSigned.key}\n`);
  }

  /** @param upstream the port that it passes requests on to. */
  static async open(kind: Kind, upstream: number, settings: Settings = {}): Promise<ProxyProcess> {
    // between finding a free port and using it, somebody else may
    for (let left = 3; ; left--) {
      const folder = mkdtempSync(join(tmpdir(), `resilient-fetch-${kind.name}-`));
      const [plain, secure] = [await deadPort(), await deadPort()];
      const proxy = new ProxyProcess(kind, { folder, upstream, plain, secure }, settings);
      if (await proxy.start()) return proxy;
      await proxy[Symbol.asyncDispose]();
      if (left === 1) throw new Error(`${kind.name} did not start, 3 times`);
    }
  }

  /** Starts it where it was; tells whether it answers within 5 s. */
  async start(): Promise<boolean> {
    const { name, parameters } = this.#kind;
    const { folder, plain, secure } = this.#place;
    const command = [programNamed(name), ...parameters(this.#configuration, folder)];
    // it ends with this process, however that may end
    const started = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.#process = started;
    started.once('close', () => {
      this.#process = undefined;
    });
    for (let tries = 0; tries < 250 && this.#process; tries++) {
      if ((await listens(plain)) && (await listens(secure))) return true;
      await wait(20);
    }
    return false;
  }

  reload(): void {
    this.#process?.kill(this.#kind.reload);
  }

  /** Ends it at once, and what it does with it. */
  async stop(): Promise<void> {
    const running = this.#process;
    if (!running) return;
    const closed = once(running, 'close');
    running.kill('SIGTERM');
    const killing = setTimeout(() => running.kill('SIGKILL'), 5_000);
    await closed;
    clearTimeout(killing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#place.folder, { recursive: true, force: true });
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const opened = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  return opened;
}
