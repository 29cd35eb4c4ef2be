import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LayerOptions, LayerOrder, LayerReport } from '../wire/child/layer.ts';

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
      if (message === 'ready') return;
      this.underWay += message === 'begun' ? 1 : -1;
      if (message !== 'begun') this.reports.push(message as LayerReport);
    });
  }

  static async start(): Promise<Layer> {
    const execArgv = ['--disable-warning=ExperimentalWarning'];
    const child = fork(file, { execArgv });
    const [{ port }] = await once(child, 'message');
    return new Layer(child, port);
  }

  /** Makes it another service, of which nothing has been asked. */
  async become(order: LayerOrder): Promise<void> {
    this.reports.length = 0;
    const isReady = new Promise<void>((resolve) => {
      const hear = (message: unknown) => {
        if (message !== 'ready') return;
        this.#child.off('message', hear);
        resolve();
      };
      this.#child.on('message', hear);
    });
    this.#child.send(order);
    await isReady;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

/** Three services, each its own process, that are whatever a test has them be: to start them is what takes long. */
export class Layers implements AsyncDisposable {
  readonly #started: readonly Layer[];

  private constructor(started: readonly Layer[]) {
    this.#started = started;
  }

  static async start(): Promise<Layers> {
    return new Layers(await Promise.all([Layer.start(), Layer.start(), Layer.start()]));
  }

  /** Makes a chain of them, the outermost first, each of which asks the next, and the last of them the leaf. */
  async chain(
    leaf: string,
    options: readonly [LayerOptions, LayerOptions, LayerOptions],
  ): Promise<{ readonly layers: readonly Layer[]; readonly url: string }> {
    const layers = this.#started;
    const become = layers.map((layer, place) => {
      const below = layers[place + 1]?.url ?? leaf;
      return layer.become({ options: options[place] ?? options[0], below });
    });
    await Promise.all(become);
    return { layers, url: layers[0]?.url ?? leaf };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((layer) => layer[Symbol.asyncDispose]()));
  }
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
