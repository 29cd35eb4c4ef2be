// Several places that serve the same: failover, recovery, weights.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, explain } from 'resilient-fetch';

/** A server that answers 200 with its name, or 503 while it is ill. */
async function startServer(name: string) {
  const place = { name, ill: false, requests: 0, url: '', stop: () => server.close() };
  const server = createServer((_, response) => {
    place.requests++;
    response.writeHead(place.ill ? 503 : 200).end(name);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return place;
}

const [east, west] = [await startServer('east'), await startServer('west')];
const nameOf = (url: string) => (url === east.url ? 'east' : 'west');

const client = createClient({
  baseUrl: [`${east.url}/v3`, `${west.url}/v3`],
  circuitBreaker: { consecutiveFailures: 3, openFor: 300 },
});
client.on('circuit.opened', ({ origin }) => console.log(`  circuit of ${nameOf(origin)} opened`));
client.on('circuit.closed', ({ origin }) => console.log(`  circuit of ${nameOf(origin)} closed`));

async function call(): Promise<void> {
  const response = await client('users');
  const log = explain(response);
  const way = log?.attempts.map(({ origin = log.origin, outcome, source, delay }) => {
    const wait = source ? `, ${source} after ${delay} ms` : '';
    return `${nameOf(origin)} ${outcome}${wait}`;
  });
  console.log(`call: answered by ${await response.text()} (${way?.join('; ')})`);
}

console.log('Both are well: the first one has all calls.');
await call();
await call();

console.log(
  '\nThe first falls ill: its calls go to the second at once, and soon without the detour.',
);
east.ill = true;
for (let count = 0; count < 4; count++) await call();

console.log(
  '\nThe first is well again: one call probes it, its circuit closes, and it has its calls back.',
);
east.ill = false;
await sleep(350);
await call();
await call();

for (const [origin, { circuit, attempts, failures }] of Object.entries(client.health().origins)) {
  console.log(`health: ${nameOf(origin)} ${circuit}, ${failures} of ${attempts} attempts failed`);
}

console.log('\nBy weight, 1 to 3, of 200 calls:');
east.requests = 0;
west.requests = 0;
const weighted = createClient({
  baseUrl: [
    { url: east.url, weight: 1 },
    { url: west.url, weight: 3 },
  ],
});
for (let count = 0; count < 200; count++) await (await weighted('users')).text();
console.log(`  east ${east.requests}, west ${west.requests}`);

for (const server of [east, west]) server.stop();
