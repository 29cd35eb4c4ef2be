// Total, attempt and body; the error says which ran out.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CallOptions, createClient, TimeoutError } from 'resilient-fetch';

let requests = 0;
const server = createServer(({ url }, response) => {
  requests++;
  if (url === '/stalled') response.write('the first half');
  if (url === '/slow-once' && requests > 1) response.end('quick this time');
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const client = createClient({
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  retry: { maxRetries: 2, backoff: { base: 50 } },
});

async function show(title: string, path: string, timeout: CallOptions['timeout']): Promise<void> {
  requests = 0;
  const start = performance.now();
  let end: string;
  try {
    end = await (await client(path, { resilience: { timeout } })).text();
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    end = `${error.name}: ${error.message}`;
  }
  console.log(`${title} (${Math.round(performance.now() - start)} ms, ${requests} request(s))`);
  console.log(`  ${end}`);
}

await show('total: 300, a server that never answers', 'hung', { total: 300, attempt: false });
await show('attempt: 200, the same server', 'hung', { attempt: 200 });
await show('attempt: 200, a server that was slow once', 'slow-once', { attempt: 200 });
await show('body: 200, a body that stops', 'stalled', { body: 200 });

server.closeAllConnections();
server.close();
