import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Config, UpstreamName } from '../../examples/gateway/config.ts';

const folder = join(import.meta.dirname, '../../examples/gateway');

/** A file of the example in a process of its own, with what it says, line by line. */
export class Example {
  readonly child: ChildProcess;
  readonly said: string[] = [];
  /** Its exit code, once all that it said was read. */
  readonly closed: Promise<number | null>;

  /** @param file a path, from the folder of the example. */
  constructor(file: string, given: readonly string[], ipc = false) {
    const flags = ['--disable-warning=ExperimentalWarning', resolve(folder, file), ...given];
    this.child = spawn(process.execPath, flags, {
      stdio: ['ignore', 'pipe', 'inherit', ...(ipc ? ['ipc' as const] : [])],
    });
    this.closed = once(this.child, 'close').then(([code]) => code);
    if (this.child.stdout) {
      createInterface(this.child.stdout).on('line', (line) => this.said.push(line));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.closed;
  }
}

/** A line of the gateway's log. */
export type Line = Readonly<Record<string, unknown>>;

/** The gateway in a process of its own. */
export class Gateway extends Example {
  readonly #file: string;
  url = '';
  adminUrl = '';

  constructor(config: Config, main = 'main.ts') {
    const file = join(mkdtempSync(join(tmpdir(), 'gateway-')), 'gateway.json');
    writeFileSync(file, JSON.stringify(config));
    super(main, [file]);
    this.#file = file;
  }

  lines(message: string): Line[] {
    return this.said.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);
  }

  async listening(): Promise<this> {
    const { url, adminUrl } = await soon('it listens', () => this.lines('listening')[0]);
    this.url = String(url);
    this.adminUrl = String(adminUrl);
    return this;
  }

  page(id: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}/products/${id}`, init);
  }

  async ready(): Promise<{ status: number; told: Record<string, unknown> }> {
    const response = await fetch(`${this.adminUrl}/ready`);
    return { status: response.status, told: (await response.json()) as Record<string, unknown> };
  }

  /** Gives it another file, and waits until it has said something about it. */
  async reload(file: unknown): Promise<Line> {
    const before = this.said.length;
    writeFileSync(this.#file, typeof file === 'string' ? file : JSON.stringify(file));
    this.child.kill('SIGHUP');
    return soon('it says something about its file', () => {
      const line = this.said.slice(before).find((said) => said.includes('"configuration '));
      return line === undefined ? line : (JSON.parse(line) as Line);
    });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    rmSync(join(this.#file, '..'), { recursive: true, force: true });
  }
}

/** The upstreams, without the failures that come by chance, in one process or each in its own. */
export async function startUpstreams(...wanted: string[]) {
  const example = new Example('upstreams.ts', [...wanted, '--steady', '--tell'], true);
  const [ports] = await Promise.race([
    once(example.child, 'message'),
    example.closed.then(() => []),
  ]);
  return ports ? { example, ports: ports as Record<string, number> } : undefined;
}

/** An upstream that comes back to where it was. Somebody else may hold its port for a moment. */
export async function bringBack(name: UpstreamName, port: number): Promise<Example> {
  return soon(`${name} is back on its port`, async () => {
    return (await startUpstreams(`${name}:${port}`))?.example;
  });
}

/** A configuration with times that suit a test. */
export function configFor(
  ports: Readonly<Record<string, number>>,
  clients: Partial<Record<UpstreamName, object>> = {},
  rest: Partial<Config> = {},
): Config {
  const upstream = (name: UpstreamName) => ({
    required: name !== 'recommendations',
    probe: 'health',
    client: {
      baseUrl: `http://127.0.0.1:${ports[name]}/`,
      timeout: { total: 2_500, attempt: 2_000, body: 1_000 },
      retry: { maxRetries: 1, backoff: { base: 5 } },
      circuitBreaker: { consecutiveFailures: 3, openFor: 200, maxOpenFor: 300 },
      ...clients[name],
    },
  });
  return {
    ...{ host: '127.0.0.1', port: 0, adminPort: 0, deadline: 3_000 },
    drain: { notice: 300, bound: 5_000 },
    upstreams: {
      catalogue: upstream('catalogue'),
      pricing: upstream('pricing'),
      recommendations: upstream('recommendations'),
    },
    ...rest,
  };
}

/** What is about to be the case; fails where it is not within 8 s, which is long even for a machine under load. */
export async function soon<T>(
  what: string,
  find: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + 8_000;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited 8,000 ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
