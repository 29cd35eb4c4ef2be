// A server says when to come back, and is heeded, in limits.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain } from 'resilient-fetch';

const answers: Record<string, () => Record<string, string>> = {
  '/seconds': () => ({ 'retry-after': '1' }),
  '/date': () => ({ 'retry-after': new Date(Date.now() + 2_000).toUTCString() }),
  '/milliseconds': () => ({ 'retry-after-ms': '150' }),
  '/own': () => ({ 'x-wait': '0.3' }),
  '/garbage': () => ({ 'retry-after': 'soon' }),
  '/hour': () => ({ 'retry-after': '3600' }),
};
const said = new Map<string, Record<string, string>>();

const server = createServer(({ url = '' }, response) => {
  if (said.has(url)) return response.end('now it works');
  const headers = answers[url]?.() ?? {};
  said.set(url, headers);
  return response.writeHead(429, headers).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const client = createClient({
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  retry: {
    backoff: { base: 50 },
    retryAfter: {
      max: 10_000,
      parse: ({ headers }) => Number(headers.get('x-wait')) * 1_000,
    },
  },
});

for (const path of Object.keys(answers)) {
  const response = await client(path);
  const log = explain(response);
  const [first] = log?.attempts ?? [];
  const waited =
    first?.delay === undefined
      ? `no second attempt (${log?.stopped})`
      : `waited ${Math.round(first.delay)} ms (${first.source})`;
  console.log(`${JSON.stringify(said.get(path))} -> ${waited}, then ${response.status}`);
}

server.closeAllConnections();
server.close();
