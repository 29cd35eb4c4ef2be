// Options that change while calls run, without losing what is known.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain, OptionsError } from 'resilient-fetch';

const server = createServer((_, response) => {
  response.writeHead(503).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { origin } = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

const client = createClient({
  retry: { maxRetries: 2, backoff: { base: 100, jitter: 'none' } },
  circuitBreaker: { consecutiveFailures: 8 },
});
const child = client.extend({ name: 'child' });

async function call(of: typeof fetch): Promise<string> {
  try {
    const { attempts = [], stopped } = explain(await of(origin)) ?? {};
    return `requests: ${attempts.length}, stopped: ${stopped}`;
  } catch (error) {
    return (error as Error).name;
  }
}

/** What is known of the origin, and stays known. */
function known(): string {
  const { circuit, failures, retryBudget } = client.health().origins[origin] ?? {};
  return `circuit ${circuit}, ${failures} failures, ${retryBudget?.toFixed(0)} tokens`;
}

console.log(`retry: 2                  ${await call(client)}; ${known()}`);

const underWay = call(client);
client.reconfigure({ retry: { maxRetries: 0 } });
console.log(`retry: 0, the next call   ${await call(client)}`);
console.log(`the call under way        ${await underWay}; ${known()}`);
console.log(`a client that extends it  ${await call(child)}; ${known()}`);

for (const wrong of [{ retries: 5 }, { timeout: 1_000, retry: -1 }, { name: 'other' }]) {
  try {
    client.reconfigure(wrong);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    console.log(`refused as a whole        ${error.message}`);
  }
}

client.reconfigure({ circuitBreaker: { openFor: 60_000 } });
console.log(`a patient breaker         ${await call(client)}; ${known()}`);
client.reconfigure({ circuitBreaker: false });
console.log(`no breaker                ${await call(client)}`);
client.reconfigure({ circuitBreaker: true, retry: undefined });
console.log(`and one again             ${await call(client)}; ${known()}`);

await client.close();
server.close();
