// One caller is told to wait, and all callers heed it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CooldownError, createClient } from 'resilient-fetch';

let opensAt = 0;
let rejected = 0;
const answers: number[] = [];
const server = createServer((_, response) => {
  const wait = Math.ceil(opensAt - performance.now());
  if (wait > 0) {
    rejected++;
    return response.writeHead(429, { 'retry-after-ms': String(wait) }).end();
  }
  answers.push(performance.now() - opensAt);
  return response.end('answered');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

for (const scope of ['call', 'origin'] as const) {
  const client = createClient({ retry: { retryAfter: { scope } } });
  opensAt = performance.now() + 700;
  rejected = 0;
  answers.length = 0;
  let held = 0;
  client.on('call.held', () => held++);

  const first = client(url, { resilience: { retry: 0 } });
  console.log(`scope '${scope}': a first call is answered ${(await first).status}, wait 700 ms.`);
  const calls = Array.from({ length: 50 }, () => client(url));
  if (scope === 'origin') {
    try {
      await client(url, { resilience: { timeout: 300 } });
    } catch (error) {
      if (!(error instanceof CooldownError)) throw error;
      console.log(`  1 call with a timeout of 300 ms is refused at once: ${error.code},`);
      console.log(
        `  retryAfter ${error.retryAfter} ms; health: ${cooldownOf(client.health())} ms.`,
      );
    }
  }
  await Promise.all(calls);
  const [from, to] = [Math.min(...answers), Math.max(...answers)].map(Math.round);
  console.log(`  50 more calls: ${rejected - 1} were told the same, ${held} were held here,`);
  console.log(`  and came back ${from} to ${to} ms after the end of the pause.`);
}

server.closeAllConnections();
server.close();

function cooldownOf({ origins }: ReturnType<ReturnType<typeof createClient>['health']>) {
  return origins[new URL(url).origin]?.cooldown;
}
