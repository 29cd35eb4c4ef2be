// What `npm run gateway` runs: three upstreams, each a process of its own that can be killed, and the gateway before them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readConfig, upstreamNames } from './config.ts';

const config = readConfig(join(import.meta.dirname, 'gateway.json'));

for (const name of upstreamNames) {
  const { origin, port } = new URL(String(config.upstreams[name].client.baseUrl));
  const child = fork(join(import.meta.dirname, 'upstreams.ts'), [`${name}:${port}`]);
  const [ports] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  // what is wrong with it, it has said itself
  if (typeof ports !== 'object' || ports === null) process.exit(1);
  console.log(`${name.padEnd(16)}${origin}  ends with: kill ${child.pid}`);
}

const { host, port, adminPort } = config;
console.log(`gateway         http://${host}:${port}/products/7  ends with: kill ${process.pid}
operators       http://${host}:${adminPort}/dashboard  and /ready, /healthz, /metrics

What to try is in examples/gateway/README.md.
`);
await import('./main.ts');
