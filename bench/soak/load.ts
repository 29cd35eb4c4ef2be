import { type Client, createClient, withDeadline } from 'resilient-fetch';
import { type Clients, changes, timeout } from './clients.ts';
import type { Crowd } from './crowd.ts';
import type { Stalls } from './stalls.ts';
import type { Tally } from './tally.ts';

/** Calls that are under way at once. */
const width = 150;
/** Lengths that a call may be given instead of its client's, in milliseconds. */
const totals = [40, 80, 150, 500];
/** A call that has not settled by then never will, in milliseconds. */
const forever = 20_000;

export interface World {
  readonly clients: Clients;
  readonly draw: () => number;
  readonly stalls: Stalls;
  readonly tally: Tally;
  /** Lives as long as the soak, and is in many calls: whoever forgets to let go of it is seen. */
  readonly signal: AbortSignal;
  readonly crowd: Crowd;
  /** The server of real sockets. */
  server: string;
  /** Keeps something for each call, where that was asked for: a leak that is to be seen. */
  leak(kept: number): void;
}

/** Makes so many calls, and waits until every one of them has settled. */
export async function run(calls: number, world: World): Promise<void> {
  let left = calls;
  const worker = async () => {
    while (left > 0) {
      left--;
      if (left % 400 === 0) reconfigure(world);
      if (left % 1_500 === 0) await shortLived(world);
      world.tally.begin();
      await once(world);
      world.tally.end();
    }
  };
  const workers = Promise.all(Array.from({ length: width }, worker));
  for (let seen = -1; seen !== world.tally.ended; ) {
    seen = world.tally.ended;
    if (await isOver(workers)) return;
  }
}

/** Whether all have ended, or else that a long time has passed. */
function isOver(workers: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), forever);
  });
  return Promise.race([workers.then(() => true), late]).finally(() => clearTimeout(timer));
}

async function once(world: World): Promise<void> {
  const { draw, tally, stalls } = world;
  const [client, url] = aim(world);
  const total = draw() < 0.2 ? totals[Math.floor(draw() * totals.length)] : undefined;
  const outer = draw() < 0.05 ? Math.ceil(20 + draw() * 200) : undefined;
  const bound = Math.min(total ?? timeout.total, outer ?? Number.POSITIVE_INFINITY);
  const abort = draw() < 0.1 ? new AbortController() : undefined;
  const signal = abort?.signal ?? (draw() < 0.3 ? world.signal : undefined);
  const body = draw() < 0.3 ? stream() : 'an order';
  const init = {
    ...(draw() < 0.15 ? { method: 'POST', body, duplex: 'half' } : {}),
    ...(signal ? { signal } : {}),
    ...(total ? { resilience: { timeout: { total } } } : {}),
  } as RequestInit;
  let abortedAt = Number.POSITIVE_INFINITY;
  const enough = () => {
    abortedAt = performance.now();
    abort?.abort(new Error('the caller has enough'));
  };
  const killer = abort && setTimeout(enough, draw() * 60);
  world.leak(tally.ended);

  const began = performance.now();
  const call = () => client(url, init);
  const outcome = await (outer ? withDeadline(outer, call) : call()).then(
    (response) => ({ response, error: undefined }),
    (error: unknown) => ({ response: undefined, error }),
  );
  const now = performance.now();
  const due = Math.min(began + bound, abortedAt);
  if (now > due) tally.late(now - due - stalls.within(due, now), abortedAt === due);
  try {
    if (!outcome.response) throw outcome.error;
    tally.count(`status ${outcome.response.status}`);
    await finish(outcome.response, draw());
  } catch (error) {
    tally.failed(error, outcome.response ? 'body' : 'call');
  } finally {
    clearTimeout(killer);
  }
}

function aim({ clients, crowd, draw, server }: World): [client: Client, url: string] {
  const luck = draw();
  const path = `${Math.floor(draw() * 1_000)}?key=${Math.floor(draw() * 1_000)}`;
  if (luck < 0.4) return [clients.full, `http://h${Math.floor(draw() * 20)}.test/${path}`];
  if (luck < 0.77) return [clients.crowd, `http://c${crowd.next(draw)}.test/${path}`];
  if (luck < 0.87) return [clients.places, path];
  if (luck < 0.96) return [clients.watched, `http://w${Math.floor(draw() * 5)}.test/${path}`];
  return [luck < 0.98 ? clients.sockets : clients.pooled, `${server}/${path}`];
}

/** Reads a body, or a part of it, or lets it lie. */
async function finish(response: Response, luck: number): Promise<void> {
  if (luck < 0.75) await response.text();
  else if (luck < 0.9) await response.body?.cancel();
  else if (luck < 0.97) {
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
  }
}

/** A body that can be sent once. */
function stream(): ReadableStream<Uint8Array> {
  return new Blob(['an order', 'of two parts']).stream();
}

let changed = 0;

/** While calls run. */
function reconfigure({ clients, tally }: World): void {
  const client = changed % 2 ? clients.full : clients.watched;
  client.reconfigure(changes[Math.floor(changed++ / 2) % changes.length] ?? {});
  tally.count('reconfigured');
}

/** Clients that come and go: some extend one that stays, and are dropped, and some have connections, and are closed. */
async function shortLived(world: World): Promise<void> {
  const { clients, server, tally } = world;
  for (const parent of [clients.full, clients.watched]) {
    const child = parent.extend({ headers: { 'x-child': 'yes' } });
    const end = child.on('call.ended', () => tally.count('heard'));
    await child('http://h1.test/child').then(discard, nothing);
    end();
  }
  await using own = createClient({ pool: true, telemetry: false, timeout });
  await own(`${server}/own`).then(discard, nothing);
  tally.count('short-lived');
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel();
}

function nothing(): void {}
