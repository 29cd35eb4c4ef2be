// What a call gives in the place of a failure.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain } from 'resilient-fetch';

const paths: Record<string, number> = { '/prices': 200, '/gone': 404, '/broken': 503 };
let healthy = true;
const server = createServer(({ url = '' }, response) => {
  if (!healthy) return response.socket?.destroy();
  response.setHeader('cache-control', 'max-age=0, stale-if-error=60');
  response.setHeader('etag', '"1"');
  return response.writeHead(paths[url] ?? 500).end(`the server's own ${url}`);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const retry = { maxRetries: 1, backoff: { base: 20 } };

async function show(title: string, call: Promise<Response>): Promise<void> {
  const response = await call;
  const { substituted = false, stopped, attempts = [] } = explain(response) ?? {};
  const outcomes = attempts.map(({ outcome }) => outcome).join(', ') || 'none';
  console.log(`  ${title}: ${response.status} ${JSON.stringify(await response.text())}`);
  console.log(`    attempts: ${outcomes}; stopped: ${stopped}; substituted: ${substituted}`);
}

console.log('A Response, for errors and for what retries did not cure:');
const spare = createClient({ baseUrl, retry, fallback: Response.json([]) });
spare.on('fallback.used', ({ path, outcome }) =>
  console.log(`  [fallback for ${path}: ${outcome}]`),
);
await show('a success stays', spare('prices'));
await show('so does a 404', spare('gone'));
await show('a 503 that stayed one', spare('broken'));
spare.circuit(baseUrl).open();
await show('an open circuit', spare('prices'));
await spare.close();

console.log('\nA function, which judges by status or by error:');
const judging = createClient({
  baseUrl,
  retry,
  fallback: ({ response, error }, { path, attempts }) => {
    if (response?.status === 404) return new Response(`nothing at ${path}`);
    if (error) return new Response(`no luck after ${attempts} attempts`, { status: 504 });
    return undefined;
  },
});
await show('a 404', judging('gone'));
await show('a 503 is left as it is', judging('broken'));
healthy = false;
await show('a reset', judging('prices'));
healthy = true;

console.log('\nA cache, which has an older answer (stale-if-error), before the fallback is asked:');
const caching = createClient({ baseUrl, retry, pool: { cache: true }, fallback: spareAnswer });
await show('fresh', caching('prices'));
healthy = false;
await show('stale, in the place of a reset', caching('prices'));
await show('what is in no cache', caching('never-asked-for'));

await caching.close();
server.closeAllConnections();
server.close();

function spareAnswer(): Response {
  return new Response('the fallback');
}
