/** What a limiter is told about a call that ended, as `AdaptiveLimit` has it. All times in milliseconds. */
export interface Ended {
  readonly duration: number;
  readonly inFlight: number;
  readonly dropped: boolean;
  readonly now: number;
}

/** Anything that bounds the calls in flight: the shipping class, one of its rivals, or a number. */
export interface Limiter {
  readonly limit: number;
  record(ended: Ended): void;
}

/** A server of some workers and one queue, first come, first served; or several of them behind a balancer. */
export interface Server {
  workers(now: number): number;
  /** How long a worker is busy with a call that it begins now. */
  service(random: () => number, now: number): number;
  /** Calls that may wait; any more are refused at once with a 503. */
  readonly room?: number;
  /** So many servers of that many workers, each with a queue of its own, which calls are spread over at random. */
  readonly copies?: number;
  /** How long a call is on its way before it reaches the server. */
  readonly travel?: number;
}

/** Whoever calls the server: as often as its limiter lets it, or as its callers come by themselves. */
export interface Client {
  readonly limiter: Limiter;
  /** Closed loop: so many callers, each of which calls again as soon as it has its answer. */
  callers?(now: number): number;
  /** Open loop: so many calls a second, at random; those over the limit wait with the client. */
  rate?(now: number): number;
  /** After this long the client gives a call up; the server works on it all the same. */
  readonly timeout?: number;
}

/** What one client saw. */
export interface Seen {
  /** The limit at every tick. */
  readonly limits: number[];
  /** When each answered call ended, and how long it had taken from being sent. */
  readonly ends: number[];
  readonly durations: number[];
  dropped: number;
}

/** How often the world is looked at between events. */
export const tick = 100;

interface Call {
  readonly by: Side;
  readonly start: number;
  readonly at: Station;
  stage: 'travels' | 'is served' | 'is refused';
  /** The client has let go of it. */
  over: boolean;
}

interface Station {
  readonly queue: Queue<Call>;
  working: number;
}

interface Side {
  readonly client: Client;
  readonly seen: Seen;
  inFlight: number;
  /** Of an open loop: calls that wait for a slot, and when the next one comes. */
  waiting: number;
  next: number;
  /** Calls that may still time out, oldest first. */
  readonly patience: Queue<Call>;
}

/** Runs clients against a server for so long, in virtual time; the same seed gives the same run. */
export function simulate(
  server: Server,
  clients: readonly Client[],
  length: number,
  random: () => number,
): Seen[] {
  const stations = Array.from(
    { length: server.copies ?? 1 },
    (): Station => ({ queue: new Queue(), working: 0 }),
  );
  const events = new Schedule<Call>();
  const sides = clients.map(
    (client): Side => ({
      client,
      seen: { limits: [], ends: [], durations: [], dropped: 0 },
      inFlight: 0,
      waiting: 0,
      next: 0,
      patience: new Queue(),
    }),
  );

  const serve = (station: Station, now: number) => {
    while (station.working < server.workers(now)) {
      const call = station.queue.shift();
      if (!call) return;
      station.working++;
      call.stage = 'is served';
      events.add(now + server.service(random, now), call);
    }
  };
  const arrive = (call: Call, now: number) => {
    if (call.at.queue.length < (server.room ?? Number.POSITIVE_INFINITY)) {
      call.at.queue.push(call);
      serve(call.at, now);
    } else {
      call.stage = 'is refused';
      events.add(now + 1, call);
    }
  };
  const send = (side: Side, now: number) => {
    const at = stations[stations.length > 1 ? Math.floor(random() * stations.length) : 0];
    if (!at) return;
    const call: Call = { by: side, start: now, at, stage: 'travels', over: false };
    side.inFlight++;
    if (side.client.timeout) side.patience.push(call);
    if (server.travel) events.add(now + server.travel, call);
    else arrive(call, now);
  };
  const pump = (side: Side, now: number) => {
    const { client } = side;
    const wanted = () => (client.callers ? client.callers(now) - side.inFlight : side.waiting);
    while (side.inFlight < client.limiter.limit && wanted() > 0) {
      if (!client.callers) side.waiting--;
      send(side, now);
    }
  };
  const end = (call: Call, dropped: boolean, now: number) => {
    if (call.over) return;
    call.over = true;
    const { client, seen, inFlight } = call.by;
    const duration = now - call.start;
    if (dropped) seen.dropped++;
    else {
      seen.ends.push(now);
      seen.durations.push(duration);
    }
    client.limiter.record({ duration, inFlight, dropped, now });
    call.by.inFlight--;
  };

  for (let look = 0; look <= length; look += tick) {
    for (const station of stations) serve(station, look);
    for (const side of sides) pump(side, look);
    for (;;) {
      let now = Math.min(events.first, look + tick);
      let timesOut: Call | undefined;
      let arrives: Side | undefined;
      for (const side of sides) {
        while (side.patience.peek()?.over) side.patience.shift();
        const oldest = side.patience.peek();
        const gone = oldest ? oldest.start + (side.client.timeout ?? 0) : now;
        if (gone < now) [now, timesOut, arrives] = [gone, oldest, undefined];
        if (side.client.rate && side.next < now)
          [now, timesOut, arrives] = [side.next, undefined, side];
      }
      if (now >= look + tick) break;
      if (timesOut) {
        end(timesOut, true, now);
        pump(timesOut.by, now);
      } else if (arrives) {
        const rate = arrives.client.rate?.(now) ?? 0;
        if (now > 0 && rate > 0) arrives.waiting++;
        arrives.next = now + (rate > 0 ? (-Math.log(1 - random()) * 1_000) / rate : tick);
        pump(arrives, now);
      } else {
        const call = events.shift();
        if (!call) break;
        if (call.stage === 'travels') {
          arrive(call, now);
          continue;
        }
        end(call, call.stage === 'is refused', now);
        pump(call.by, now);
        if (call.stage === 'is served') {
          call.at.working--;
          serve(call.at, now);
        }
      }
    }
    for (const { client, seen } of sides) seen.limits.push(client.limiter.limit);
  }
  return sides.map(({ seen }) => seen);
}

/** First in, first out, without the cost of `Array.prototype.shift`. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    if (++this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** What happens when, soonest first: a binary heap. */
class Schedule<T> {
  readonly #heap: { readonly at: number; readonly item: T }[] = [];

  get first(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, item: T): void {
    const heap = this.#heap;
    const entry = { at, item };
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || above.at <= at) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  shift(): T | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last || heap.length === 0) return top?.item;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      let below = heap[child];
      if (!below) break;
      const other = heap[child + 1];
      if (other && other.at < below.at) {
        child++;
        below = other;
      }
      if (below.at >= last.at) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
    return top.item;
  }
}
