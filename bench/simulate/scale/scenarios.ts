import type { ServiceRule } from './service.ts';

/** How many clients and servers there are. */
export interface Size {
  readonly clients: number;
  readonly servers: number;
}

/** A bad day of a service. All times in milliseconds, but for the length. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** What happens, in a sentence or two. */
  readonly story: string;
  readonly seconds: number;
  /** How busy the servers are before it, in percent. */
  readonly utilisation: number;
  /** From when to when something is wrong. */
  readonly trouble: { readonly from: number; readonly to: number };
  /** Calls a second, for each server. */
  callsPerServer(now: number): number;
  service(servers: number): ServiceRule;
}

/** Each server does 80 requests a second: 8 at a time, 100 ms each on average. It turns nobody away, as most don't. */
const healthy = {
  workers: 8,
  service: 100,
  room: Number.POSITIVE_INFINITY,
  slowness: () => 1,
  isGone: () => false,
  isListed: () => true,
};

const within = ({ from, to }: Scenario['trouble'], now: number) => now >= from && now < to;

const outage = { from: 30_000, to: 90_000 };
const noticed = 30_000;

const zoneOutage: Scenario = {
  name: 'zone-outage',
  title: 'A zone outage',
  story:
    'A third of the servers is gone for 60 s and refuses connections. It takes 30 s until nothing is sent there any more, and then the others have to do it all.',
  seconds: 180,
  utilisation: 73,
  trouble: outage,
  callsPerServer: () => 58,
  service: (servers) => {
    const gone = Math.floor(servers / 3);
    return {
      ...healthy,
      servers,
      isGone: (server, now) => server < gone && within(outage, now),
      isListed: (server, now) => server >= gone || now < outage.from + noticed || now >= outage.to,
    };
  },
};

const fullerOutage: Scenario = {
  ...zoneOutage,
  name: 'zone-outage-fuller',
  title: 'A zone outage of a fuller service',
  story:
    'As before, with 12 % more calls. What is left of the servers gets 121 % of what it can do, and the queues come to be longer than anybody waits.',
  seconds: 240,
  utilisation: 81,
  callsPerServer: () => 65,
};

const slow = { from: 30_000, to: 120_000 };
const growth = 60_000;

const brownOut: Scenario = {
  name: 'brown-out',
  title: 'A slow brown-out',
  story:
    'Within a minute all work comes to take ten times as long, stays so for 30 s, and is then as fast as before. Whatever was sent meanwhile is waiting, and is worked off whether or not anybody still waits for it.',
  seconds: 240,
  utilisation: 63,
  trouble: slow,
  callsPerServer: () => 50,
  service: (servers) => ({
    ...healthy,
    servers,
    slowness: (now) =>
      within(slow, now) ? 1 + (9 * Math.min(growth, now - slow.from)) / growth : 1,
  }),
};

const sheddingBrownOut: Scenario = {
  ...brownOut,
  name: 'brown-out-shed',
  title: 'The same, where servers turn away what they have no room for',
  story:
    'As before, but no more than 160 requests wait at a server, 2 s of its usual work. Any more are answered 503 at once, which costs it nothing.',
  service: (servers) => ({ ...brownOut.service(servers), room: 160 }),
};

const rush = { from: 30_000, to: 31_000 };

const herd: Scenario = {
  name: 'herd',
  title: 'A herd that is told to come back in 10 s',
  story:
    'For one second there are ten times as many calls. What a server has no room for, 1 s of its work, is answered 503 with Retry-After: 10.',
  seconds: 90,
  utilisation: 63,
  trouble: rush,
  callsPerServer: (now) => (within(rush, now) ? 500 : 50),
  service: (servers) => ({ ...healthy, servers, room: 80, retryAfter: 10 }),
};

/** All that is lived through. */
export const scenarios: readonly Scenario[] = [
  zoneOutage,
  fullerOutage,
  brownOut,
  sheddingBrownOut,
  herd,
];
