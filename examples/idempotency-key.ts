// A POST is retried only where it can't be done twice.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain, type ResilientInit } from 'resilient-fetch';

let keys: (string | undefined)[] = [];
const server = createServer((request, response) => {
  keys.push(request.headers['idempotency-key']?.toString());
  request.resume();
  response.writeHead(keys.length < 3 ? 503 : 201).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const client = createClient({
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  retry: { backoff: { base: 50 } },
});

async function order(title: string, init: ResilientInit): Promise<void> {
  keys = [];
  const response = await client('orders', { method: 'POST', body: '{"item":1}', ...init });
  console.log(`${title}: ${response.status} after ${keys.length} request(s)`);
  console.log(`  stopped: ${explain(response)?.stopped}, keys: ${keys.join(', ') || 'none'}`);
}

await order('without a key', {});
await order('idempotencyKey: true', { resilience: { idempotencyKey: true } });
await order('a key of your own', { resilience: { idempotencyKey: 'order-4711' } });
await order('the header, set by you', { headers: { 'idempotency-key': 'order-4712' } });

server.closeAllConnections();
server.close();
