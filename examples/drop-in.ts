// The same arguments and Response as fetch, but it survives.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { explain, resilientFetch } from 'resilient-fetch';

let requests = 0;
const server = createServer((_, response) => {
  requests++;
  response.writeHead(requests % 3 === 0 ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ name: 'Ada' }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/users/1`;

const plain = await fetch(url);
console.log(`fetch:          ${plain.status}, after ${requests} request`);
await plain.arrayBuffer();

requests = 0;
const response = await resilientFetch(url);
console.log(`resilientFetch: ${response.status}, after ${requests} requests`);
console.log(`  the platform's own Response: ${response instanceof Response}`);
console.log('  its body:', await response.json());
console.log(
  `  attempts: ${explain(response)
    ?.attempts.map(({ outcome }) => outcome)
    .join(', ')}`,
);

const data = await resilientFetch('data:,untouched');
console.log(`what is not http passes through: ${await data.text()}`);

/** Any code that takes a fetch takes this one. */
async function userBy(fetchUser: typeof fetch): Promise<unknown> {
  const user = await fetchUser(url, { headers: { accept: 'application/json' } });
  return (await user.json()) as unknown;
}
console.log('given to a library as its fetch:', await userBy(resilientFetch));

const single = { resilience: { timeout: 2_000, retry: 0 } };
console.log(`options of one call: retry: 0 gives ${(await resilientFetch(url, single)).status}`);

server.closeAllConnections();
server.close();
