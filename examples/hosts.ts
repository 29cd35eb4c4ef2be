// Rules for some hosts; the most specific one wins.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain, OptionsError } from 'resilient-fetch';

/** A service that always answers 503. */
async function startService() {
  const server = createServer((_, response) => response.writeHead(503).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const [api, uploads, legacy] = [await startService(), await startService(), await startService()];

const client = createClient({
  retry: { maxRetries: 2, backoff: { base: 20 } },
  hosts: {
    [uploads.host]: { retry: { methods: ['GET', 'POST'] } },
    [`http://${legacy.host}`]: { retry: false },
    '*.internal.example.com': { circuitBreaker: false },
  },
});

async function report(method: string, name: string, { host }: { host: string }): Promise<void> {
  const log = explain(await client(`http://${host}/`, { method }));
  const count = log?.attempts.length;
  console.log(`${method.padEnd(4)} ${name.padEnd(8)} requests: ${count}, stopped: ${log?.stopped}`);
}

await report('GET', 'api', api);
await report('POST', 'api', api);
await report('POST', 'uploads', uploads);
await report('GET', 'legacy', legacy);

try {
  createClient({ hosts: { 'https://example.com/path': { retry: false } } });
} catch (error) {
  if (error instanceof OptionsError) console.log(`a pattern that can't match: ${error.message}`);
}

for (const { server } of [api, uploads, legacy]) {
  server.closeAllConnections();
  server.close();
}
