// A deadline that travels through three services, and a dead leaf that they don't ask 64 times.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createClient,
  currentContext,
  type PropagationOptions,
  withDeadline,
} from 'resilient-fetch';
import { nodeHandler } from 'resilient-fetch/server';

const closing: (() => void)[] = [];

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A service that asks the one below it, with 3 retries. */
function service(name: string, below: string, propagation: PropagationOptions | boolean) {
  const client = createClient({
    baseUrl: below,
    propagation,
    retry: { maxRetries: 3, backoff: { base: 5 } },
    // two clients out of three know nothing of a budget
    retryBudget: false,
    circuitBreaker: false,
  });
  const answer = async () => {
    const left = currentContext()?.timeLeft ?? Number.POSITIVE_INFINITY;
    if (left < 1_000) console.log(`  ${name} has ${Math.round(left)} ms for it`);
    return client('work');
  };
  const handler = nodeHandler(
    async (_, response) => {
      const { status } = await answer();
      response.writeHead(status).end();
    },
    { propagation },
  );
  return listen(handler);
}

async function threeServices(leaf: string, propagation: PropagationOptions | boolean) {
  const third = await service('the third', leaf, propagation);
  const second = await service('the second', third, propagation);
  return service('the first', second, propagation);
}

console.log('500 ms for a page, and a leaf that never answers:');
let requests = 0;
let open = 0;
const silent = await listen((_, response) => {
  // the first has everybody open his connections
  if (++requests === 1) {
    response.end();
    return;
  }
  open++;
  response.once('close', () => open--);
});
const patient = await threeServices(silent, true);
const client = createClient({ propagation: true, retry: false });
await client(patient);
const start = performance.now();
const end = await withDeadline(500, () => client(patient)).then(
  ({ status }) => `answered ${status}`,
  ({ message }) => message,
);
console.log(`  ${end} after ${Math.round(performance.now() - start)} ms`);
while (open > 0) await new Promise((resolve) => setTimeout(resolve, 1));
console.log(`  nobody works on it any more after ${Math.round(performance.now() - start)} ms`);

console.log('A dead leaf below three services with 3 retries each, requests to it for one call:');
for (const [title, propagation] of [
  ['nothing travels', { attempt: false, doNotRetry: false }],
  ['the attempt travels', { doNotRetry: false }],
  ['the mark on the answer as well', true],
] as const) {
  requests = 0;
  const dead = await listen((_, response) => {
    requests++;
    response.writeHead(503).end();
  });
  await fetch(await threeServices(dead, propagation));
  console.log(`  ${String(requests).padStart(2)}  ${title}`);
}

for (const close of closing) close();
