// Slots of an origin, a bounded queue for them, and who is refused.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConcurrencyLimitError, createClient, TimeoutError } from 'resilient-fetch';

let current = 0;
let most = 0;
const server = createServer((_, response) => {
  most = Math.max(most, ++current);
  setTimeout(() => {
    current--;
    response.end('done');
  }, 200);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const client = createClient({ baseUrl, concurrency: { max: 2, queue: 3 } });
client.on('slot.queued', ({ path, queued, limit }) =>
  console.log(`  ${path} waits for one of ${limit} slots, ${queued} in the queue`),
);

const start = performance.now();
async function call(path: string, init: Parameters<typeof client>[1] = {}): Promise<void> {
  let end: string;
  try {
    end = String((await client(path, init)).status);
  } catch (error) {
    const ours = error instanceof ConcurrencyLimitError || error instanceof TimeoutError;
    end = ours ? error.message : String(error);
  }
  console.log(`  /${path} after ${Math.round(performance.now() - start)} ms: ${end}`);
}

console.log('6 calls at once: 2 have slots, 3 wait, and the last is refused at once.');
await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((path) => call(path)));
console.log(`The server had ${most} at a time.\n`);

console.log('A wait ends with the caller’s own reason, or with the deadline of the call.');
const caller = new AbortController();
setTimeout(() => caller.abort('the page was left'), 50);
await Promise.all([
  call('g'),
  call('h'),
  call('i', { signal: caller.signal }),
  call('j', { resilience: { timeout: 100 } }),
]);

await client.close();
server.close();
