// The misbehaving upstreams, in a process of their own so that their work distorts nobody's latencies.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from './random.ts';

/** Who an instance of an upstream is for: each side has its own, so that neither feels the other's load. */
export type Side = 'plain' | 'resilient';

/** An upstream, and where its two instances listen. */
export interface Upstream {
  readonly name: string;
  readonly about: string;
  readonly urls: Readonly<Record<Side, string>>;
}

/** How many requests each instance has seen, by its URL. */
export type Counts = Readonly<Record<string, number>>;

export type Message = { readonly upstreams: Upstream[] } | { readonly counts: Counts };
/** Whether all misbehave at once, as long as it lasts, or each in its turn, over and over. */
export type Course = 'at once' | 'in turns';

export type Order = 'begin' | 'count';

/** What an upstream makes of a request: a status, and after how many milliseconds. */
interface Answer {
  readonly status: number;
  readonly after: number;
  readonly headers?: Record<string, string>;
}

/** `now` counts milliseconds from the beginning of the traffic; `chance` and `speed` are random, from 0 up to 1. */
type Behaviour = (now: number, chance: number, speed: number) => Answer;

interface Misbehaviour {
  readonly name: string;
  readonly about: string;
  readonly start: () => Behaviour;
}

const quick = (speed: number) => 5 + 15 * speed;

const misbehaviours: readonly Misbehaviour[] = [
  {
    name: 'flaky',
    about: 'a third of its answers is a 503',
    start: () => (_, chance, speed) => ({
      status: chance < 1 / 3 ? 503 : 200,
      after: quick(speed),
    }),
  },
  {
    name: 'slow tail',
    about: 'one answer in 20 takes 2 to 3 s',
    start: () => (_, chance, speed) => ({
      status: 200,
      after: chance < 1 / 20 ? 2_000 + 1_000 * speed : quick(speed),
    }),
  },
  {
    name: 'outage',
    about: 'from second 4 to second 9 it gives nothing but 503, each after 1 s',
    start: () => (now, _, speed) =>
      now >= 4_000 && now < 9_000
        ? { status: 503, after: 1_000 }
        : { status: 200, after: quick(speed) },
  },
  { name: 'rate limit', about: 'over 22 requests a second, 429 with Retry-After: 1', start: limit },
];

function limit(): Behaviour {
  let second = 0;
  let count = 0;
  return (now, _, speed) => {
    if (Math.floor(now / 1_000) !== second) {
      second = Math.floor(now / 1_000);
      count = 0;
    }
    count++;
    return count > 22
      ? { status: 429, after: 1, headers: { 'retry-after': '1' } }
      : { status: 200, after: quick(speed) };
  };
}

/** In turns, each misbehaves for so many milliseconds and is well until all others have had theirs; the outage begins. */
const turn = 10_000;

function inTurns(behaviour: Behaviour, index: number): Behaviour {
  const { length } = misbehaviours;
  const order =
    (index - misbehaviours.findIndex(({ name }) => name === 'outage') + length) % length;
  return (now, chance, speed) => {
    const own = (now + (length - order) * turn) % (length * turn);
    return own < turn ? behaviour(own, chance, speed) : { status: 200, after: quick(speed) };
  };
}

const seed = Number(process.argv[2]);
const course = process.argv[3] as Course;
let began = performance.now();
const counters = new Map<string, () => number>();

/** One instance of an upstream. Returns its URL. */
async function listen(behaviour: Behaviour, own: number): Promise<string> {
  const random = seeded(own);
  let requests = 0;
  const server = createServer(async (_, response) => {
    requests++;
    const { status, after, headers } = behaviour(performance.now() - began, random(), random());
    await sleep(after);
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${status}\n`);
  });
  server.keepAliveTimeout = 60_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  counters.set(url, () => requests);
  return url;
}

function tell(message: Message): void {
  process.send?.(message);
}

process.on('message', (order: Order) => {
  if (order === 'begin') began = performance.now();
  else tell({ counts: Object.fromEntries([...counters].map(([url, count]) => [url, count()])) });
});
process.on('disconnect', () => process.exit());
// A Ctrl-C reaches this process too; its end is its parent's to decide, which still has to ask for the counts.
process.on('SIGINT', () => {});

const upstreams: Upstream[] = [];
for (const [index, { name, about, start }] of misbehaviours.entries()) {
  const begin = () => (course === 'in turns' ? inTurns(start(), index) : start());
  const plain = await listen(begin(), seed + index);
  const resilient = await listen(begin(), seed + index);
  upstreams.push({ name, about, urls: { plain, resilient } });
}
tell({ upstreams });
