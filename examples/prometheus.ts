// The metrics of calls that are retried, hedged and refused, as Prometheus reads them; --serve keeps them coming.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { createClient } from 'resilient-fetch';

const serving = process.argv.includes('--serve');

// What a service does once, as it starts. Every client finds it by itself.
const exporter = new PrometheusExporter({
  preventServerStart: true,
  withoutScopeInfo: true,
  withoutTargetInfo: true,
});
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
const scraped = createServer((request, response) =>
  exporter.getMetricsRequestHandler(request, response),
).listen(serving ? 9464 : 0, '127.0.0.1');

// Every fifth answer of the orders is a 503, every twentieth of the search is slow, and the stock is down.
let ordered = 0;
let searched = 0;
const upstream = createServer(async ({ url }, response) => {
  if (url === '/orders') response.statusCode = ++ordered % 5 === 0 ? 503 : 200;
  if (url === '/search') await wait(++searched % 20 === 0 ? 300 : 5);
  response.end();
}).listen(0, '127.0.0.1');
const down = createServer((_, response) => response.writeHead(500).end()).listen(0, '127.0.0.1');
await Promise.all([scraped, upstream, down].map((server) => once(server, 'listening')));

const address = (server: typeof scraped) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const orders = createClient({ name: 'orders', baseUrl: address(upstream) });
const search = createClient({ name: 'search', baseUrl: address(upstream), hedge: 50 });
const stock = createClient({ name: 'stock', baseUrl: address(down) });

/** So many calls, four at a time; a refused one counts as well. */
async function make(calls: number, call: () => Promise<Response>): Promise<void> {
  for (let made = 0; made < calls; made += 4) {
    const four = Array.from({ length: 4 }, async () => (await call()).text());
    await Promise.allSettled(four);
  }
}

async function traffic(): Promise<void> {
  const wanted = [
    make(60, () => orders('orders')),
    make(100, () => search('search')),
    make(32, () => stock('stock')),
  ];
  await Promise.all(wanted);
}

/** What is scraped, without the buckets of histograms, the states that a circuit is not in, and the server. */
async function print(): Promise<void> {
  const text = await (await fetch(`${address(scraped)}/metrics`)).text();
  for (const line of text.split('\n')) {
    const isAbout = /^(# HELP )?resilient_fetch/.test(line);
    if (!isAbout || /_bucket\{|_circuit_state="\S+ 0$/.test(line)) continue;
    console.log(line.replace(/server_address="\S+?",server_port="\d+",?/, '').replace(',}', '}'));
  }
}

console.log('60 calls for orders, 100 for a search and 32 for the stock:\n');
await traffic();
await print();

if (serving) {
  console.log(`\nScraped at ${address(scraped)}/metrics; traffic goes on until Ctrl-C.`);
  while (true) {
    await wait(1_000);
    await traffic();
  }
}
for (const server of [scraped, upstream, down]) {
  server.close();
  server.closeAllConnections();
}
