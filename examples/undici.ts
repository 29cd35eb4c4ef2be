// The same policies for undici.request, for SDKs on undici, and for each hop of a redirect.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'resilient-fetch';
import { resilience } from 'resilient-fetch/undici';
import { Agent, interceptors, request } from 'undici';

let requests = 0;
const server = createServer((incoming, response) => {
  requests++;
  if (incoming.url === '/moved') response.writeHead(302, { location: `${gone}/there` }).end();
  else if (requests < 3) response.writeHead(503).end();
  else response.end('hello');
}).listen(0, '127.0.0.1');
const vanished = createServer().listen(0, '127.0.0.1');
await Promise.all([once(server, 'listening'), once(vanished, 'listening')]);
const originOf = ({ port }: AddressInfo) => `http://127.0.0.1:${port}`;
const here = originOf(server.address() as AddressInfo);
const gone = originOf(vanished.address() as AddressInfo);
vanished.close();

// One client, used as a fetch and by the dispatcher: what either learns of an origin, both know.
const client = createClient({
  name: 'orders',
  retry: { backoff: { base: 20 } },
  circuitBreaker: { consecutiveFailures: 4 },
});
client.on('circuit.opened', ({ origin }) =>
  console.log(`  the circuit of ${nameOf(origin)} opened`),
);
const nameOf = (origin: string) => (origin === gone ? 'the second origin' : 'the first origin');

// First in the list is closest to the network, so the policies see each hop by itself.
const agent = new Agent().compose(
  resilience(client),
  interceptors.redirect({ maxRedirections: 3 }),
);

const { statusCode, body } = await request(`${here}/`, { dispatcher: agent });
console.log(`undici.request: ${statusCode} ${await body.text()}, after ${requests} requests`);

for (const attempt of ['first', 'second']) {
  const start = performance.now();
  const error = await request(`${here}/moved`, { dispatcher: agent }).catch((error) => error);
  const took = performance.now() - start;
  console.log(`${attempt} redirect: ${error.code} after ${took < 10 ? 'less' : 'more'} than 10 ms`);
}
for (const origin of [here, gone]) {
  console.log(`for the fetch too, ${nameOf(origin)} is ${client.circuit(origin).state}`);
}

await agent.close();
await client.close();
server.close();
