// A server that rejects nearly everything is asked less, in proportion.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, ThrottledError } from 'resilient-fetch';

/** Takes so many requests in a tenth of a second, and rejects what goes beyond. */
let capacity = 2;
let taken = 0;
const clock = setInterval(() => {
  taken = 0;
}, 100);
let received = 0;
const server = createServer((_, response) => {
  received++;
  response.writeHead(taken++ < capacity ? 200 : 503).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const quiet = { retry: false, circuitBreaker: false } as const;
const plain = createClient(quiet);
const throttled = createClient({ ...quiet, throttle: { k: 2, window: 400 } });

/** 20 calls in a tenth of a second, ten times what the server takes. */
async function demand(client: Client, tenths: number): Promise<string> {
  const before = received;
  let answered = 0;
  let refused = 0;
  for (let tenth = 0; tenth < tenths; tenth++) {
    const calls = Array.from({ length: 20 }, async (_, number) => {
      await sleep(number * 5);
      try {
        if ((await client(url)).ok) answered++;
      } catch (error) {
        if (!(error instanceof ThrottledError)) throw error;
        refused++;
      }
    });
    await Promise.all(calls);
  }
  const sent = received - before;
  return `${tenths * 20} calls: ${refused} refused here, ${sent} sent, ${answered} answered`;
}

const share = () => {
  const [health] = Object.values(throttled.health().origins);
  return `${Math.round((health?.throttle ?? 0) * 100)} %`;
};

console.log('The server takes 20 requests a second; 200 a second are wanted.');
console.log(`without a throttle: ${await demand(plain, 6)}`);
console.log(`with one:           ${await demand(throttled, 6)}`);

capacity = 1_000;
console.log('The server takes all there is. The share that is refused here goes from');
const shares = [share()];
for (let tenth = 0; tenth < 12 && shares.at(-1) !== '0 %'; tenth++) {
  await demand(throttled, 1);
  shares.push(share());
}
console.log(`  ${shares.join(', ')}, looked at each tenth of a second.`);

clearInterval(clock);
server.closeAllConnections();
server.close();
