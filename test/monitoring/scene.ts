import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type ClientOptions, createClient } from '../../src/index.ts';

/** Clients that have something to tell by every metric there is. */
export interface Scene {
  /** Some calls of every client. */
  round(): Promise<void>;
  /** How many calls the orders were, and how many requests their server saw. */
  readonly orders: { calls: number; requests: number };
  /** The origin that always fails. */
  readonly dead: URL;
  close(): Promise<void>;
}

/** What each path answers. Of the slow ones each second request is, of the orders each third fails. */
function upstream(orders: Scene['orders']): RequestListener {
  const slow = new Map<string, number>();
  return async ({ url = '' }, response) => {
    if (url === '/hang') return;
    if (url === '/orders' && ++orders.requests % 3 === 0) response.statusCode = 503;
    if (url === '/fails') response.statusCode = 503;
    if (url === '/gone') response.statusCode = 404;
    if (url === '/busy') response.statusCode = 429;
    if (url === '/pause') response.writeHead(429, { 'retry-after-ms': '200' });
    if (url === '/long-pause') response.writeHead(429, { 'retry-after': '20' });
    if (url.startsWith('/slow')) {
      const before = slow.get(url) ?? 0;
      slow.set(url, before + 1);
      if (before % 2 === 0) await wait(300);
    }
    response.end('answer');
  };
}

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const originOf = (server: Server) =>
  new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

/** Calls one after the other. What comes out of them is what the metrics tell. */
async function call(client: typeof fetch, paths: readonly string[], init?: RequestInit) {
  for (const path of paths) {
    const response = await client(path, init).catch(() => undefined);
    await response?.text();
  }
}

const together = (client: typeof fetch, paths: readonly string[]) =>
  Promise.all(paths.map((path) => call(client, [path])));

export async function openScene(): Promise<Scene> {
  const orders = { calls: 0, requests: 0 };
  const server = await listening(upstream(orders));
  const failing = await listening((_, response) => response.writeHead(500).end());
  const dead = originOf(failing);
  const clients: { close(): Promise<void> }[] = [];
  const named = (name: string, options: ClientOptions) => {
    const usual = { baseUrl: originOf(server).href, circuitBreaker: false } as const;
    const client = createClient({ name, ...usual, ...options });
    clients.push(client);
    return client;
  };

  const backoff = { base: 1 };
  const spent = { capacity: 1, deposit: 0, trickle: 0 };
  const toAll = { retryAfter: { scope: 'origin' } } as const;
  const shop = named('orders', { retryBudget: false, retry: { maxRetries: 5, backoff } });
  const circuitBreaker = { consecutiveFailures: 3, openFor: 60_000 };
  const stock = named('stock', { baseUrl: dead.href, retry: false, circuitBreaker });
  const poor = named('poor', { retryBudget: spent, retry: { backoff } });
  const hedged = named('hedged', { hedge: 20 });
  const unpaid = named('unpaid', { hedge: 20, retryBudget: spent });
  const narrow = named('narrow', { concurrency: { max: 1, queue: 1 } });
  const patient = named('patient', { retry: { maxRetries: 0, ...toAll } });
  const held = named('held', { timeout: 500, retry: toAll });
  const fallback = () => new Response('spare');
  const hasty = named('hasty', { retry: false, timeout: { attempt: 30 }, fallback });
  const throttled = named('throttled', { retry: false, throttle: true, random: () => 0 });

  return {
    orders,
    dead,
    async round() {
      orders.calls += 10;
      await Promise.all([
        call(shop, Array(10).fill('orders')),
        call(stock, Array(5).fill('stock')),
        call(poor, ['fails', 'fails', 'gone']),
        call(poor, ['fails'], { method: 'POST', body: 'an order' }),
        call(hedged, ['slow/hedged', 'slow/hedged']),
        call(unpaid, ['slow/unpaid', 'slow/unpaid']),
        together(narrow, ['slow/narrow', 'slow/narrow', 'slow/narrow']),
        call(patient, ['pause', 'pause']),
        call(held, ['long-pause', 'late']),
        call(hasty, ['hang']),
        call(throttled, Array(5).fill('busy')),
      ]);
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      for (const one of [server, failing]) {
        one.closeAllConnections();
        one.close();
      }
    },
  };
}
