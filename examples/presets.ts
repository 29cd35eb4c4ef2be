// One word for each kind of traffic, and what it comes to.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain } from 'resilient-fetch';

const server = createServer(({ url }, response) => {
  const headers = url === '/busy' ? { 'retry-after-ms': '3000' } : {};
  response.writeHead(503, headers).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const { host } = new URL(baseUrl);

/** What one call came to, where the server gives 503. */
async function outcomeOf(call: Promise<Response>): Promise<string> {
  const { attempts = [], stopped, duration = 0 } = explain(await call) ?? {};
  return `attempts: ${attempts.length} in ${Math.round(duration)} ms, stopped: ${stopped}`;
}

const presets = ['interactive', 'batch', 'streaming', 'critical'] as const;
const backoff = { base: 10, cap: 20 };

console.log('Each preset, with a shorter backoff beside it:');
for (const preset of presets) {
  await using client = createClient({ baseUrl, preset, retry: { backoff } });
  console.log(`  ${preset.padEnd(11)}  ${await outcomeOf(client('things'))}`);
}

console.log('\ninteractive shows a pause of 3 s that is asked for, instead of waiting for it:');
const page = createClient({ baseUrl, preset: 'interactive' });
console.log(`  ${await outcomeOf(page('busy'))}`);

console.log('\nThe same words for one call, for one host, and with other options beside them:');
const client = createClient({ baseUrl, retry: { backoff } });
const interactive = { preset: 'interactive', retry: { backoff } } as const;
console.log(`  a call   ${await outcomeOf(client('things', { resilience: interactive }))}`);
const strict = createClient({
  baseUrl,
  hosts: { [host]: { preset: 'critical', retry: { maxRetries: 1, backoff } } },
});
console.log(`  a host   ${await outcomeOf(strict('things'))}`);

server.closeAllConnections();
server.close();
