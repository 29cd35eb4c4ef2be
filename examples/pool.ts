// Connections of a client's own, and undici's HTTP cache.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'resilient-fetch';

let sockets = 0;
let requests = 0;
let healthy = true;
const server = createServer((_, response) => {
  requests++;
  if (!healthy) return response.writeHead(503).end();
  response.setHeader('cache-control', 'max-age=1, stale-if-error=60');
  return response.end(`version ${requests}`);
}).listen(0, '127.0.0.1');
server.on('connection', () => sockets++);
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const narrow = createClient({ pool: { connections: 2, keepAliveTimeout: 1_000 } });
await Promise.all(Array.from({ length: 20 }, async () => (await narrow(url)).text()));
console.log(`20 calls at once with connections: 2 -> ${sockets} sockets`);
await narrow.close();

requests = 0;
const caching = createClient({ pool: { cache: true }, retry: { maxRetries: 1 } });

async function show(title: string): Promise<void> {
  const response = await caching(url);
  const age = response.headers.get('age') ?? 'none';
  const what = `${response.status} ${JSON.stringify(await response.text())}, age ${age}`;
  console.log(`${title}: ${what}, ${requests} request(s) so far`);
}

await show('first');
await show('fresh in the cache');
healthy = false;
await sleep(2_100);
await show('stale, and the server answers 503');

await caching.close();
server.close();
