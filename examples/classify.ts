// retry.when overrules what is retried, in either direction.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain } from 'resilient-fetch';

let requests = 0;
const server = createServer(({ url }, response) => {
  requests++;
  if (url === '/maintenance') return response.writeHead(503, { 'x-planned': 'yes' }).end();
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify(requests < 3 ? { error: 'busy' } : { value: 42 }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const client = createClient({
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  retry: {
    backoff: { base: 50 },
    when: async ({ response }) => {
      if (response?.headers.get('x-planned') === 'yes') return false;
      if (response?.ok) {
        // A clone, because the body of the response itself is the caller's to read.
        const body = (await response.clone().json()) as { error?: string };
        if (body.error === 'busy') return true;
      }
      return undefined;
    },
  },
});

const answer = await client('value');
console.log(`a 200 that says {"error":"busy"} is retried: ${requests} requests`);
console.log('  the body is unread:', await answer.json());

requests = 0;
const maintenance = await client('maintenance');
console.log(`a 503 with x-planned: yes is not: ${requests} request`);
console.log(`  status ${maintenance.status}, stopped: ${explain(maintenance)?.stopped}`);

server.closeAllConnections();
server.close();
