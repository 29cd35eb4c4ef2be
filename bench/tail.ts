import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type ClientOptions, createClient } from 'resilient-fetch';

/**
 * A fan-out is as slow as the slowest of its calls. Fan-outs of 100 calls go, at a constant pace, to a server of which 2 %
 * of the answers are slow, with the tail of Dean and Barroso's "The Tail at Scale" (2013): 1,000 keys at a p99.9 of
 * 1,800 ms, and of 74 ms with a second copy after 10 ms (here all times are 4 times as long). Each way has a server and processes of its own.
 *
 * And then the server is wholly down, in two ways, and what second copies add to its load is counted.
 */
const fanOuts = Number(process.env.FAN_OUTS ?? 1_500);
const width = 100;
const pace = 80;
/** Times are the paper's by this: beside them, what 100 requests at once cost a small machine is to be little. */
const scale = 4;
const learning = 40;
const down = { calls: 1_000, every: 10 };

interface Answer {
  readonly milliseconds: readonly number[];
  readonly calls: number;
}

/** Nothing but what is compared: no retry, no breaker. */
const bare: ClientOptions = { retry: false, circuitBreaker: false, timeout: { attempt: 30_000 } };
const variants: Readonly<Record<string, ClientOptions>> = {
  'without hedging': bare,
  'hedge: true': { ...bare, hedge: true },
  'hedge: 40': { ...bare, hedge: 10 * scale },
};

const [role = 'compare', name = '', url = ''] = process.argv.slice(2);
if (role === 'server') serve();
else if (role === 'fan-out') process.send?.(await fanOut(variants[name] ?? {}, url));
else if (role === 'outage') process.send?.(await callInOutage(url));
else await compare();

/** Slow answers are drawn from the tail P(X > t) = 0.02 · ((t + 10.41) / 20.41)^−2.208, the others are 1 to 5. */
function serve(): void {
  let requests = 0;
  let mode = 'well';
  const delay = () => {
    if (Math.random() >= 0.02) return scale * (1 + 4 * Math.random());
    return scale * (20.41 * (1 - Math.random()) ** (-1 / 2.208) - 10.41);
  };
  const server = createServer((_, response) => {
    requests++;
    if (mode === 'well') setTimeout(() => response.end('{}'), delay());
    if (mode === 'refuses') response.writeHead(503).end();
  });
  process.on('message', (message) => {
    if (message === 'count') process.send?.(requests);
    else {
      mode = String(message);
      requests = 0;
      process.send?.(mode);
    }
  });
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', 8_192, () => {
    process.send?.((server.address() as AddressInfo).port);
  });
}

/** How long fan-outs took, once the client has learnt what its server is like. */
async function fanOut(options: ClientOptions, url: string): Promise<Answer> {
  const client = createClient(options);
  const one = async () => (await client(url)).arrayBuffer();
  for (let round = 0; round < learning; round++) {
    await Promise.all(Array.from({ length: width }, one));
  }
  process.send?.('begins');
  await once(process, 'message');
  const milliseconds: number[] = [];
  const running: Promise<unknown>[] = [];
  const begin = performance.now();
  for (let round = 0; round < fanOuts; round++) {
    await pause(Math.max(0, begin + round * pace - performance.now()));
    const start = performance.now();
    const whole = Promise.all(Array.from({ length: width }, one));
    running.push(whole.then(() => milliseconds.push(performance.now() - start)));
  }
  await Promise.all(running);
  return { milliseconds, calls: fanOuts * width };
}

/** Calls at a constant rate to a server that has just gone down; answered well before that. */
async function callInOutage(url: string): Promise<number> {
  const client = createClient({ ...bare, hedge: true, timeout: { attempt: 1_000 } });
  const one = async () => (await client(url)).arrayBuffer();
  for (let call = 0; call < 1_000; call += 10) await Promise.all(Array.from({ length: 10 }, one));
  process.send?.('begins');
  await once(process, 'message');
  const running: Promise<unknown>[] = [];
  for (let call = 0; call < down.calls; call++) {
    running.push(one().catch(() => {}));
    await pause(down.every);
  }
  await Promise.all(running);
  return down.calls;
}

async function compare(): Promise<void> {
  console.log(
    `Node ${process.version}; ${fanOuts} fan-outs of ${width} calls, one every ${pace} ms\n`,
  );
  const names = Object.keys(variants);
  const measured: { name: string; requests: number; times: readonly number[] }[] = [];
  for (const name of names) {
    const { answer, requests } = await against<Answer>('well', ['fan-out', name]);
    measured.push({ name, requests: requests / answer.calls, times: answer.milliseconds });
  }
  const without = quantile(measured[0]?.times ?? [], 0.999);
  for (const { name, requests, times } of measured) {
    const [median, p99, p999] = [0.5, 0.99, 0.999].map((p) => quantile(times, p));
    const columns = [
      `p50 ${median?.toFixed(0)} ms`,
      `p99 ${p99?.toFixed(0)} ms`,
      `p99.9 ${p999?.toFixed(0)} ms (÷ ${(without / (p999 ?? 1)).toFixed(1)})`,
      `+${(100 * (requests - 1)).toFixed(2)} % requests`,
    ];
    console.log(`${name.padEnd(18)} ${columns.join('   ')}`);
  }
  console.log('');
  for (const way of ['hangs', 'refuses']) {
    const { answer, requests } = await against<number>(way, ['outage']);
    const added = (100 * (requests / answer - 1)).toFixed(2);
    console.log(`a server that ${way} for 10 s at 100 calls/s: +${added} % requests`);
  }
}

/** Has a process of the given role, warmed up before a server that is well, run before one that is as said. */
async function against<T>(mode: string, [role, name = '-']: readonly [string, string?]) {
  const server = fork(import.meta.filename, ['server']);
  const port = await heard<number>(server);
  const url = `http://127.0.0.1:${port}/`;
  const client = fork(import.meta.filename, [role, name, url]);
  await heard(client);
  server.send(mode);
  await heard(server);
  const ending = heard<T>(client);
  client.send('go');
  const answer = await ending;
  client.kill();
  server.send('count');
  const requests = await heard<number>(server);
  server.disconnect();
  return { answer, requests };
}

async function heard<T = unknown>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}

function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(p * sorted.length) - 1] ?? Number.NaN;
}
