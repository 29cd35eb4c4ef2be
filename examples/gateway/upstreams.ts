// The services behind the gateway, flaky as services are: `node upstreams.ts catalogue:4101 pricing:4102`.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What an upstream says to a request: a status, a body, and after how many milliseconds. */
interface Said {
  readonly status?: number;
  readonly body?: object;
  readonly after?: number;
  /** It breaks off in the middle. */
  readonly torn?: boolean;
}

type Upstream = (id: string, request: IncomingMessage) => Said;

/** `--steady`: none of the failures that come by chance. */
const steady = process.argv.includes('--steady');
/** `--tell`: a line for each request, before it is answered. */
const tells = process.argv.includes('--tell');
const oneIn = (count: number) => !steady && Math.random() < 1 / count;
const quotes = new Map<string, string>();

const upstreams: Readonly<Record<string, Upstream>> = {
  /** One answer in 20 is a 503. `slow…` takes 5 s, `late…` 600 ms, and `nameless` lacks what everybody relies on. */
  catalogue: (id) => {
    if (id.startsWith('slow')) return { body: { id, name: 'Slow' }, after: 5_000 };
    if (id.startsWith('late')) return { body: { id, name: 'Late' }, after: 600 };
    if (id === 'nameless') return { body: { id } };
    if (id === 'none') return { status: 404, body: {} };
    return oneIn(20) ? { status: 503 } : { body: { id, name: `Product ${id}` } };
  },
  /** One answer in 10 is a 503, after the quote was made. */
  pricing: (id, { method, headers }) => {
    if (method !== 'POST')
      return oneIn(10) ? { status: 503 } : { body: { cents: 100 + id.length } };
    const key = String(headers['idempotency-key']);
    const quote = quotes.get(key) ?? randomUUID();
    quotes.set(key, quote);
    return oneIn(10) ? { status: 503 } : { body: { quote, cents: 1_999 } };
  },
  /** One answer in 20 takes too long. That for `torn` breaks off. */
  recommendations: (id) => ({
    body: { products: [`${id}0`, `${id}1`] },
    after: oneIn(20) ? 2_000 : 15,
    torn: id === 'torn',
  }),
};

async function start(name: string, port: number): Promise<number> {
  const upstream = upstreams[name];
  if (!upstream) throw new Error(`expected one of ${Object.keys(upstreams)}, got ${name}`);
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const id = request.url?.split('/').at(-1) ?? '';
    request.resume();
    if (tells) console.log(`${name}: ${request.method} ${request.url}`);
    const said: Said = id === 'health' ? {} : upstream(id, request);
    const { status = 200, body = {}, after = 5, torn = false } = said;
    response.once('close', () => {
      if (!response.writableFinished && !torn)
        console.log(`${name}: the caller gave up ${request.url}`);
    });
    await sleep(after);
    if (response.destroyed) return;
    response.writeHead(status, { 'content-type': 'application/json' });
    if (torn) response.write('{', () => response.destroy());
    else response.end(JSON.stringify(body));
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

// Started by the gateway, they end with it; a Ctrl-C reaches them too, but the gateway still has to drain.
if (process.send) {
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => {});
}

const ports: Record<string, number> = {};
for (const argument of process.argv.slice(2).filter((given) => !given.startsWith('--'))) {
  const [name = '', port = '0'] = argument.split(':');
  ports[name] = await start(name, Number(port));
}
if (process.send) process.send(ports);
else
  for (const name of Object.keys(ports)) console.log(`${name}: http://127.0.0.1:${ports[name]}/`);
