import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LayerOptions, LayerReport } from '../wire/child/layer.ts';

const file = join(import.meta.dirname, '../wire/child/layer.ts');

/** A service of a chain, in a process of its own. */
export class Layer {
  readonly reports: LayerReport[] = [];
  /** Requests that it works on, as far as it has told. */
  underWay = 0;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly url: string;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#closed = once(child, 'close');
    this.url = `http://127.0.0.1:${port}/`;
    child.on('message', (message) => {
      this.underWay += message === 'begun' ? 1 : -1;
      if (message !== 'begun') this.reports.push(message as LayerReport);
    });
  }

  static async start(options: LayerOptions): Promise<Layer> {
    const execArgv = ['--disable-warning=ExperimentalWarning'];
    const child = fork(file, [JSON.stringify(options)], { execArgv });
    const [{ port }] = await once(child, 'message');
    return new Layer(child, port);
  }

  ask(below: string): void {
    this.#child.send(below);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

/** A chain of services, the outermost first, each of which asks the next, and the last of them the leaf. */
export async function chain(
  leaf: string,
  layers: readonly LayerOptions[],
): Promise<AsyncDisposable & { readonly layers: Layer[]; readonly url: string }> {
  const started = await Promise.all(layers.map((options) => Layer.start(options)));
  for (const [place, layer] of started.entries()) layer.ask(started[place + 1]?.url ?? leaf);
  return {
    layers: started,
    url: started[0]?.url ?? leaf,
    async [Symbol.asyncDispose]() {
      for (const layer of started) await layer[Symbol.asyncDispose]();
    },
  };
}

/** The service that nobody stands below: a server in this process. */
export async function leafOf(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly server: Server; readonly url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
