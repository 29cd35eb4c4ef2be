// Each decision as an event, and a call's log afterwards.
import diagnosticsChannel from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain } from 'resilient-fetch';

const statuses = [503, 429, 200];
const server = createServer((_, response) => {
  const status = statuses.shift() ?? 200;
  if (status === 429) response.setHeader('retry-after', '1');
  response.writeHead(status).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report?token=secret`;

const client = createClient({ name: 'reports' });

const stop = client.on('retry.scheduled', ({ attempt, outcome, delay, source }) =>
  console.log(`on: attempt ${attempt} gave ${outcome}; next in ${Math.round(delay)} ms, ${source}`),
);

const start = performance.now();
function watch(message: unknown): void {
  const { event, path } = message as { event: string; path: string };
  console.log(`channel: ${Math.round(performance.now() - start)} ms ${event} ${path}`);
}
diagnosticsChannel.subscribe('resilient-fetch', watch);

console.log('A path is told without its query, which may hold a secret.');
const response = await client(url);
stop();
diagnosticsChannel.unsubscribe('resilient-fetch', watch);

console.log(`\nexplain: ${explain(response)}`);

server.close();
