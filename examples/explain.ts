// How a call went, as a timeline: of an answer, of an error, and of an error that is logged.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient, explain } from 'resilient-fetch';

let script: (() => Promise<{ status: number; retryAfter?: string }>)[] = [];
const server = createServer(async (_, response) => {
  const { status, retryAfter } = (await script.shift()?.()) ?? { status: 200 };
  if (retryAfter) response.setHeader('retry-after', retryAfter);
  response.writeHead(status).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report?token=secret`;

const answer = (status: number, after: number, retryAfter?: string) => async () => {
  await wait(after);
  return retryAfter ? { status, retryAfter } : { status };
};

console.log('A path is told without its query, and nothing else that is private is told at all.\n');

script = [answer(503, 20), answer(429, 5, '1'), answer(200, 60)];
const client = createClient();
console.log(`${explain(await client(url))}\n`);

script = [answer(200, 400), answer(200, 30)];
console.log(`${explain(await client(url, { resilience: { hedge: 100 } }))}\n`);

script = [answer(503, 20), answer(503, 20)];
console.log(`${explain(await client(url, { method: 'POST', body: 'an order' }))}\n`);

console.log('An error of the client’s own shows it by itself where it is logged:\n');
script = [answer(503, 20), answer(200, 1_000)];
try {
  await client(url, { resilience: { timeout: 500 } });
} catch (error) {
  console.log(error);
  console.log(`\nAs data: ${JSON.stringify(explain(error))}`);
}

await client.close();
server.close();
server.closeAllConnections();
