// A live page about a client whose upstream dies and comes back, and the same as text; --serve keeps it up.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'resilient-fetch';
import { createDashboard, type Picture } from 'resilient-fetch/dashboard';

async function listen(handler: RequestListener) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Well, then dead, then well again, over and over. */
const upstream = await listen((_, response) => {
  const second = (performance.now() / 1_000) % 10;
  const status = second > 2 && second < 5 ? 500 : 200;
  setTimeout(() => response.writeHead(status).end(), 5 + 15 * Math.random());
});
const orders = createClient({
  name: 'orders',
  baseUrl: upstream.url,
  circuitBreaker: { openFor: 1_000 },
});

/** Only who comes with the key may open or close a circuit; a page is better kept behind a sign-in as a whole. */
const dashboard = createDashboard({
  clients: [orders],
  path: '/dashboard',
  controls: { authorise: ({ headers }) => headers.get('authorization') === 'Bearer of the key' },
});
const page = await listen((request, response) => {
  if (request.url?.startsWith('/dashboard')) dashboard.node(request, response);
  else response.writeHead(404).end();
});
console.log(`Watch it live: ${page.url}/dashboard/`);

const keepsUp = process.argv.includes('--serve');
for (let call = 0; keepsUp || call < 320; call++) {
  orders('list?token=secret').catch(() => {});
  await sleep(25);
}

/** A line of eight heights for a list of numbers. */
function spark(list: readonly (number | null)[]): string {
  const most = Math.max(...list.map(Number), 1);
  const height = (value: number | null) => ' ▁▂▃▄▅▆▇█'[Math.ceil((8 * Number(value)) / most)];
  return list.slice(-10).map(height).join('');
}

const picture = (await (await fetch(`${page.url}/dashboard/picture`)).json()) as Picture;
for (const { client, origin, circuit, budget, series } of picture.origins) {
  console.log(`\n${client} at ${origin}: circuit ${circuit}, ${budget?.tokens.toFixed(1)} tokens`);
  for (const name of ['calls', 'succeeded', 'refused', 'attempts', 'retries', 'p95'] as const) {
    console.log(
      `  ${name.padEnd(10)} ${spark(series[name])}  ${Math.round(Number(series[name].at(-1)))}`,
    );
  }
}
console.log('\nThe decisions, newest first:');
for (const { at, text } of picture.decisions.slice(0, 12)) {
  console.log(`  ${((at - picture.at) / 1_000).toFixed(1).padStart(5)} s  ${text}`);
}

const order = { client: 'orders', origin: upstream.url, action: 'isolate' };
for (const key of ['none', 'Bearer of the key']) {
  const { status } = await fetch(`${page.url}/dashboard/circuit`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: key },
    body: JSON.stringify(order),
  });
  console.log(`${status}: circuit ${orders.circuit(upstream.url).state}`);
}

dashboard.close();
page.server.close();
upstream.server.close();
await orders.close();
