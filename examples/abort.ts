// The caller's abort ends a wait at once, with its own reason.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { explain, resilientFetch } from 'resilient-fetch';

let requests = 0;
const server = createServer((_, response) => {
  requests++;
  response.writeHead(503, { 'retry-after': '20' }).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const reason = new Error('the user has left the page');
const controller = new AbortController();
setTimeout(() => controller.abort(reason), 300);

const start = performance.now();
try {
  await resilientFetch(url, { signal: controller.signal });
} catch (error) {
  const log = explain(error);
  console.log(`Rejected after ${Math.round(performance.now() - start)} ms: ${error}`);
  console.log(`  the very reason given to abort(): ${error === reason}`);
  console.log(`  it was waiting ${Math.round(log?.attempts[0]?.delay ?? 0)} ms for a retry`);
  console.log(`  stopped: ${log?.stopped}, ${requests} request(s) had left`);
}

requests = 0;
try {
  await resilientFetch(url, { signal: controller.signal });
} catch (error) {
  console.log(`An aborted signal: ${error}, ${requests} requests`);
}

try {
  await resilientFetch(url, { signal: AbortSignal.timeout(200) });
} catch (error) {
  console.log(`AbortSignal.timeout(200) works as with fetch: ${error}`);
}

server.close();
