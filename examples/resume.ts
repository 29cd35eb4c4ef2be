// A download of 50 MB that is cut ten times and arrives whole, and one that changes meanwhile and does not.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BodyChangedError, createClient, explain } from 'resilient-fetch';

const size = 50_000_000;
let file = randomBytes(size);
let requests = 0;
const etag = () => `"${createHash('sha256').update(file.subarray(0, 1_000)).digest('hex')}"`;

// Sends at most 4.8 MB of what it is asked for, and hangs up.
const server = createServer(({ headers }, response) => {
  requests++;
  const isSame = headers['if-range'] === etag();
  const from = isSame ? Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0) : 0;
  response.writeHead(isSame ? 206 : 200, {
    etag: etag(),
    'content-length': size - from,
    ...(isSame ? { 'content-range': `bytes ${from}-${size - 1}/${size}` } : undefined),
  });
  const part = file.subarray(from, from + 4_800_000);
  if (from + part.length === size) response.end(part);
  else response.write(part, () => response.socket?.end());
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;

const client = createClient({ retry: { resume: true, backoff: { base: 50 } } });
client.on('retry.scheduled', ({ outcome, offset = 0, delay }) => {
  console.log(`  ${outcome} at byte ${offset.toLocaleString('en')}, on in ${Math.round(delay)} ms`);
});

console.log('A file that stays as it is:');
const response = await client(url);
const hash = createHash('sha256');
for await (const chunk of response.body ?? []) hash.update(chunk);
const isWhole = hash.digest('hex') === createHash('sha256').update(file).digest('hex');
console.log(`  ${isWhole ? 'arrived, byte for byte' : 'spoilt'}, in ${requests} requests\n`);
console.log(`${explain(response)}\n`);

console.log('A file that changes after the second cut:');
requests = 0;
try {
  for await (const _ of (await client(url)).body ?? []) {
    if (requests === 2) file = randomBytes(size);
  }
} catch (error) {
  if (!(error instanceof BodyChangedError)) throw error;
  console.log(`  ${error.name}: ${error.message}`);
}
server.close();
server.closeAllConnections();
