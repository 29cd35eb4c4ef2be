// A limit on calls in flight that is found, not set: as many as the server can work on at once.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'resilient-fetch';

let workers = 12;
let busy = 0;
const queue: ServerResponse[] = [];

/** Each worker needs 10 ms for a request; the others wait in the server's queue. */
function work(): void {
  while (busy < workers) {
    const response = queue.shift();
    if (!response) return;
    busy++;
    setTimeout(() => {
      busy--;
      response.end('done');
      work();
    }, 10);
  }
}

const server = createServer((_, response) => {
  queue.push(response);
  work();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const client = createClient({ concurrency: 'adaptive' });
const { origin } = new URL(url);

let done = 0;
let isOver = false;
const callers = Array.from({ length: 100 }, async () => {
  while (!isOver) {
    await (await client(url)).text();
    done++;
  }
});

async function watch(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    const before = done;
    await sleep(1_000);
    const { limit, queued } = client.health().origins[origin]?.concurrency ?? {};
    console.log(`  ${done - before} calls in a second; limit ${limit}, ${queued} wait here`);
  }
}

console.log('100 callers, and a server with 12 workers:');
await watch(6);
workers = 4;
console.log('It loses 8 of them:');
await watch(6);
isOver = true;
await Promise.all(callers);
server.close();
server.closeAllConnections();
