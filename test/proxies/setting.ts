import { setTimeout as wait } from 'node:timers/promises';
import { type Client, type ClientOptions, createClient } from '../../src/index.ts';
import { type Sent, traffic } from '../support/traffic.ts';
import { Upstream } from '../support/upstream.ts';
import { figuresOf, type Verdict, verdictOn } from '../support/verdict.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { type Kind, ProxyProcess, type Settings } from './proxy.ts';

export const proxies = [nginx, haproxy];

/** What is retried soon and for many seconds, within the budget and behind the circuit that everybody has. */
export const eager = {
  timeout: { total: 20_000, attempt: 5_000 },
  retry: { maxRetries: 20, backoff: { base: 20, cap: 400, jitter: 'equal' } },
} as const satisfies ClientOptions;

/** Nothing but the table of what may be retried keeps a call from being retried, for many seconds. */
export const persistent = {
  ...eager,
  pool: true,
  retryBudget: false,
  circuitBreaker: false,
} as const satisfies ClientOptions;

/** A client, a proxy and an upstream, in a row. */
export class Setting implements AsyncDisposable {
  readonly client: Client;
  readonly proxy: ProxyProcess;
  readonly upstream: Upstream;

  readonly #kind: Kind;

  private constructor(kind: Kind, client: Client, proxy: ProxyProcess, upstream: Upstream) {
    this.#kind = kind;
    this.client = client;
    this.proxy = proxy;
    this.upstream = upstream;
  }

  static async open(kind: Kind, options: ClientOptions, settings?: Settings): Promise<Setting> {
    const upstream = await Upstream.start();
    try {
      const proxy = await ProxyProcess.open(kind, upstream.port, settings);
      return new Setting(kind, createClient(options), proxy, upstream);
    } catch (error) {
      await upstream.kill();
      throw error;
    }
  }

  /** Judges a run, when all that was sent has come to the upstream and was counted. */
  async verdictOn(what: string, sent: readonly Sent[]): Promise<Verdict> {
    await wait(50);
    await this.upstream.kill();
    const verdict = verdictOn(sent, this.upstream.arrivals);
    console.log(`${this.#kind.name}, ${what}: ${figuresOf(sent, verdict)}`);
    return verdict;
  }

  /** How often the upstream was asked for each id. */
  get asked(): readonly number[] {
    return [...this.upstream.arrivals.values()].map(({ length }) => length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.upstream.kill();
  }
}

/** 1,200 calls, during which the proxy is reloaded 4 times. */
export async function throughReloads(setting: Setting, origin: string): Promise<Sent[]> {
  const running = traffic(setting.client, `${origin}/lag`, { each: 300, parallel: 24 });
  for (let reload = 0; reload < 4; reload++) {
    await wait(200);
    setting.proxy.reload();
  }
  return running;
}

/**
 * 320 calls in 10 rounds, after each of which the process stands still until the proxy has closed what was idle: the next
 * request is written before that is read.
 */
export async function unnoticed({ client }: Setting, origin: string): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let round = 0; round < 10; round++) {
    sent.push(...(await traffic(client, `${origin}/ok`, { each: 8 })));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  return sent;
}
