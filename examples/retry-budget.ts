// Retries are paid from what goes well, so an outage is not made worse.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, createClient, explain } from 'resilient-fetch';

let healthy = false;
let requests = 0;
const server = createServer((_, response) => {
  requests++;
  response.writeHead(healthy ? 200 : 503, { 'content-length': 0 }).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

// Without a circuit breaker, to see what the budget does alone.
const options: ClientOptions = { circuitBreaker: false, retry: { backoff: { base: 1 } } };

async function outage(retryBudget: false | true): Promise<void> {
  const client = createClient({ ...options, retryBudget });
  requests = 0;
  for (let call = 0; call < 50; call++) await client(url);
  console.log(`50 calls, budget ${retryBudget ? 'on ' : 'off'}: ${requests} requests`);
}

console.log('The server answers 503 to everything.');
await outage(false);
await outage(true);

const client = createClient(options);
client.on('retry.refused', ({ reason, outcome }) =>
  console.log(`  retry refused: ${reason}; the caller gets the ${outcome}`),
);
const left = () => client.health().origins[new URL(url).origin]?.retryBudget?.toFixed(1);

console.log('\nA call that fails takes up to 3 tokens of 10, and at 0 the last answer stands.');
for (let call = 0; call < 5; call++) {
  const log = explain(await client(url));
  console.log(`call: ${log?.attempts.length} requests, stopped: ${log?.stopped}, left: ${left()}`);
}

console.log('\nThe server recovers: each call that is answered well puts a fifth of a token back.');
healthy = true;
for (let call = 0; call < 25; call++) await client(url);
console.log(`25 calls later, left: ${left()}`);

server.closeAllConnections();
server.close();
