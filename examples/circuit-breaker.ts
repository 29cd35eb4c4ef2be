// A failing origin's circuit opens, refuses, probes, closes; is held open by hand; and tries a rule without refusing.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CircuitOpenError, createClient } from 'resilient-fetch';

let healthy = false;
let requests = 0;
const server = createServer((_, response) => {
  requests++;
  response.writeHead(healthy ? 200 : 500).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const client = createClient({
  retry: false,
  circuitBreaker: { consecutiveFailures: 5, openFor: 500 },
});
client.on('circuit.opened', ({ reason, openFor }) =>
  console.log(`  circuit opened (${reason}) for ${Math.round(openFor)} ms`),
);
client.on('circuit.halfOpened', () => console.log('  circuit half-open: one probe may pass'));
client.on('circuit.closed', ({ reason }) => console.log(`  circuit closed (${reason})`));

/** One call; returns the milliseconds to wait if the circuit refuses it. */
async function call(): Promise<number> {
  try {
    console.log(`call: ${(await client(url)).status}`);
    return 0;
  } catch (error) {
    if (!(error instanceof CircuitOpenError)) throw error;
    console.log(`call: refused (${error.code}), retryAfter ${error.retryAfter} ms`);
    return error.retryAfter;
  }
}

console.log('The server answers 500.');
for (let count = 0; count < 5; count++) await call();
let wait = await call();
console.log(`6 calls, ${requests} requests: the refused one never left.`);
console.log('health:', JSON.stringify(client.health().origins));

console.log('The server still answers 500: the probe will fail, and the break doubles.');
await sleep(wait);
await call();
wait = await call();

healthy = true;
console.log('The server recovers: the probe will succeed.');
await sleep(wait);
await call();
await call();
console.log(`health: ${JSON.stringify(client.health().origins)}`);

client.circuit(url).isolate();
console.log(`An operator isolates it: ${client.circuit(url).state}, until he closes it.`);
await call();
client.circuit(url).close();

healthy = false;
const shadow = createClient({
  retry: false,
  circuitBreaker: { consecutiveFailures: 2, slowCallDuration: 250, enforce: false },
});
let wouldRefuse = 0;
shadow.on('circuit.wouldRefuse', () => wouldRefuse++);
const before = requests;
for (let count = 0; count < 5; count++) await shadow(url);
console.log(
  `A stricter rule, not enforced: of 5 calls ${requests - before} left, and it would have refused ${wouldRefuse}.`,
);

await shadow.close();
await client.close();
server.close();
