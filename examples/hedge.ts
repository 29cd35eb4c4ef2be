// A second copy of the calls that are slow to be answered, and none when the whole server is slow.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, explain } from 'resilient-fetch';

let requests = 0;
let slowAll = false;
const server = createServer((_, response) => {
  requests++;
  const isSlow = slowAll || requests % 25 === 0;
  setTimeout(() => response.end('done'), isSlow ? 300 : 5);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

/** So many calls, ten at a time; prints how long they took, and how many requests they were. */
async function run(title: string, client: typeof fetch, calls: number): Promise<void> {
  const before = requests;
  const times: number[] = [];
  let left = calls;
  const worker = async () => {
    while (left-- > 0) {
      const start = performance.now();
      await (await client(url)).text();
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  times.sort((one, other) => one - other);
  const worst = Math.round(times.at(-1) ?? 0);
  console.log(`${title}: ${calls} calls, ${requests - before} requests, the slowest ${worst} ms`);
}

console.log('One answer in 25 takes 300 ms, the others 5 ms.');
await run('  without hedging   ', createClient(), 100);

const hedging = createClient({ hedge: true });
await run('  while it learns   ', hedging, 60);
const { delay = null } = Object.values(hedging.health().origins)[0]?.hedge ?? {};
console.log(`  learnt: 95 % of the answers come within ${delay} ms`);
await run('  with hedging      ', hedging, 100);

requests = 24;
const response = await hedging(url);
await response.text();
const copies = explain(response)?.attempts.map(({ outcome, hedge }) => {
  return `${hedge ? 'second copy' : 'first copy'}: ${outcome}`;
});
console.log(`  one slow call     : ${copies?.join(', ')}`);

console.log(
  'Every answer takes 300 ms: that is no tail, and second copies would only add to the load.',
);
slowAll = true;
await run('  with hedging      ', hedging, 100);
server.close();
server.closeAllConnections();
