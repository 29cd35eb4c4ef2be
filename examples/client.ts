// One client a service: base URL, headers, limits, children.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'resilient-fetch';

const server = createServer((request, response) => {
  const { accept, authorization } = request.headers;
  console.log(`  server: ${request.method} ${request.url} (${accept}; ${authorization})`);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ login: 'octocat' }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const github = createClient({
  name: 'github',
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
  headers: { accept: 'application/vnd.github+json', authorization: 'none' },
  timeout: { total: 10_000, attempt: 3_000 },
  retry: { maxRetries: 4, retryAfter: { max: 60_000 } },
});

console.log('relative to the base URL, with the headers of the client:');
const user = await (await github('users/octocat')).json();
console.log('  answer:', user);

console.log('a header of the call stands over that of the client:');
await (await github('users', { headers: { accept: 'text/plain' } })).text();

console.log('a child inherits what it does not set:');
const asAda = github.extend({ name: 'github, as Ada', headers: { authorization: 'token ada' } });
await (await asAda('user')).text();

console.log('the child shares the state of each origin with its parent:');
console.log(' ', JSON.stringify(asAda.health()));

await github.close();
await github('users/octocat').catch((error: Error) => console.log(`closed: ${error.name}`));
server.close();
