import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { asMarkdown } from './table.ts';

/**
 * An outage of 10 s under load: how many requests a call costs the server while it lasts, and how long it takes until
 * calls succeed again. The server is a queue with 1.1 times the capacity that the calls need, and it does not notice when
 * a caller gives up (Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021). It dies in one of two
 * ways: it `hangs`, and everything that arrived meanwhile waits for it when it comes back, or it `refuses`, with a 503 at
 * once.
 *
 * Each client has a server of its own, both in processes of their own, and all run at the same time. Each has 3 retries
 * and 1 s for an attempt, in its own words, and is otherwise as it comes.
 */
const rate = Number(process.env.RATE ?? 50);
const warmUp = 5_000;
const outage = 10_000;
const capacity = 1.1 * rate;
/** How long a recovery is waited for, in milliseconds. By its backlog alone the server needs 100 s. */
const watch = { hangs: 140_000, refuses: 60_000 };
/** How long calls that were begun last are waited for: longer than 4 attempts and the waits between them take. */
const stragglers = 20_000;
/** The server has recovered when this share of the calls of a second is answered promptly, and of each second after it. */
const calm = { share: 0.95, seconds: 5 };
const promptly = 1_000;

const preface = `Written by \`npm run bench:outage\`. Node ${process.version}. ${rate} calls a second to a server with room for ${Math.round(capacity)}, which is gone for ${outage / 1_000} s; every client has 3 retries and 1 s for an attempt. Requests and successes are those of the calls begun in the outage, whenever they were sent; a second has recovered when ${calm.share * 100} % of its calls, and of those of the ${calm.seconds - 1} seconds after it, are answered within 1 s.`;

type Way = keyof typeof watch;
/** When a call began; its requests tell it to the server by their path. */
type Phase = 'before' | 'during' | 'after';
type Send = (url: string) => Promise<unknown>;

interface Call {
  readonly due: number;
  /** Milliseconds to its answer, if it was a good one. */
  took: number | undefined;
}

interface Report {
  readonly calls: number;
  readonly succeeded: number;
  /** Seconds after the server's return; `undefined` if it was not seen. */
  readonly recovered: number | undefined;
}

interface Row extends Report {
  readonly name: string;
  readonly requests: number;
}

/** Not followed by the compiler: what it imports is not there where the project's types are checked. */
const adapters = './outage-clients.mjs';
const { clients } = (await import(adapters)) as {
  clients: Readonly<Record<string, () => Promise<Send>>>;
};
const [role, name = '', way = 'hangs', port = ''] = process.argv.slice(2) as [
  string | undefined,
  string | undefined,
  Way | undefined,
  string | undefined,
];
if (role === 'server') serve(way);
else if (role === 'client') await drive(name, way, `http://127.0.0.1:${port}/`);
else await compare();

/** One worker and its queue. What it works at it finishes, whether or not anybody still waits. */
function serve(way: Way): void {
  const requests: Record<string, number> = {};
  let dead = false;
  let freeAt = 0;
  const waiting: ServerResponse[] = [];
  const work = (response: ServerResponse) => {
    freeAt = Math.max(freeAt, performance.now()) + 1_000 / capacity;
    setTimeout(() => response.end('done'), freeAt - performance.now());
  };
  const server = createServer((request, response) => {
    const phase = String(request.url).slice(1);
    requests[phase] = (requests[phase] ?? 0) + 1;
    if (!dead) work(response);
    else if (way === 'refuses') response.writeHead(503).end();
    else waiting.push(response);
  });
  process.on('message', (message) => {
    if (message === 'count') process.send?.(requests);
    dead = message === 'die';
    if (message === 'return') for (const response of waiting.splice(0)) work(response);
  });
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', 8_192, () => {
    process.send?.((server.address() as AddressInfo).port);
  });
}

/** Calls at a constant rate, whatever becomes of them, and tells how they fared. */
async function drive(name: string, way: Way, origin: string): Promise<void> {
  const send = await clients[name]?.();
  if (!send) throw new Error(`no client is called ${name}`);
  const calls: Call[] = [];
  process.send?.('begins');
  const begin = performance.now();
  const end = warmUp + outage + watch[way];
  for (let due = 0; due < end; due += 1_000 / rate) {
    await pause(Math.max(0, begin + due - performance.now()));
    const call: Call = { due, took: undefined };
    calls.push(call);
    const start = performance.now();
    send(origin + phaseOf(due)).then(
      () => {
        call.took = performance.now() - start;
      },
      () => {},
    );
  }
  await pause(stragglers);
  const during = calls.filter(({ due }) => phaseOf(due) === 'during');
  const succeeded = during.filter(({ took }) => took !== undefined).length;
  const report: Report = { calls: during.length, succeeded, recovered: recoveryOf(calls) };
  process.send?.(report, undefined, undefined, () => process.exit());
}

function phaseOf(due: number): Phase {
  if (due < warmUp) return 'before';
  return due < warmUp + outage ? 'during' : 'after';
}

/** Whole seconds from the server's return to the first from which on calls are answered in time again. */
function recoveryOf(calls: readonly Call[]): number | undefined {
  const returned = (warmUp + outage) / 1_000;
  const inTime = ({ took = Number.POSITIVE_INFINITY }: Call) => took <= promptly;
  const isCalm = (second: number) => {
    const begun = calls.filter(({ due }) => Math.floor(due / 1_000) === second);
    return begun.length > 0 && begun.filter(inTime).length >= calm.share * begun.length;
  };
  const last = Math.floor((calls.at(-1)?.due ?? 0) / 1_000) - calm.seconds;
  for (let second = returned; second <= last; second++) {
    const next = Array.from({ length: calm.seconds }, (_, later) => second + later);
    if (next.every(isCalm)) return second - returned;
  }
  return undefined;
}

async function compare(): Promise<void> {
  const ways = Object.keys(watch) as Way[];
  const texts: string[] = [];
  for (const way of ways) {
    const rows = await Promise.all(Object.keys(clients).map((name) => measure(name, way)));
    texts.push(`## A server that ${way}\n\n${tableOf(rows, way)}`);
    console.log(texts.at(-1), '\n');
  }
  const text = `# An outage of ${outage / 1_000} s\n\n${preface}\n\n${texts.join('\n\n')}\n`;
  writeFileSync(new URL('outage.md', import.meta.url), text);
}

async function measure(name: string, way: Way): Promise<Row> {
  const server = fork(import.meta.filename, ['server', name, way]);
  const port = await heard<number>(server);
  const client = fork(import.meta.filename, ['client', name, way, String(port)]);
  await heard(client);
  const report = heard<Report>(client);
  await pause(warmUp);
  server.send('die');
  await pause(outage);
  server.send('return');
  const { calls, ...rest } = await report;
  server.send('count');
  const { during = 0 } = await heard<Record<string, number>>(server);
  server.disconnect();
  return { name, calls, ...rest, requests: during };
}

async function heard<T = unknown>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}

function tableOf(rows: readonly Row[], way: Way): string {
  const head = ['', 'requests a call', 'calls that succeeded', 'seconds to recover'];
  return asMarkdown({
    head,
    notes: [],
    rows: rows.map(({ name, calls, succeeded, requests, recovered }) => [
      name,
      (requests / calls).toFixed(2),
      `${Math.round((100 * succeeded) / calls)} %`,
      recovered === undefined ? `not in ${watch[way] / 1_000}` : String(recovered),
    ]),
  });
}
