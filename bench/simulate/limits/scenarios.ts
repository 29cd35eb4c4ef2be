import { AdaptiveLimit } from '../../../src/decisions/adaptive-limit.ts';
import { seeded } from '../../../src/testing/seeded.ts';
import { type Limiter, type Seen, type Server, simulate, tick } from './server-model.ts';

/** A server, a load, and what a limiter should make of them. All times in milliseconds. */
export interface Scenario {
  readonly name: string;
  readonly server: Server;
  readonly length: number;
  /** The smallest fixed limit with 95 % of the throughput that any has; `undefined` where no limit is ever reached. */
  knee(now: number): number | undefined;
  /** The fixed limit with the lowest p99 among those within 1 % of the best throughput. */
  readonly best: number;
  /** Where the limiter begins. */
  readonly initial?: number;
  /** Calls a second that come by themselves; left out, there are always more callers than slots. */
  readonly rate?: number;
  /** So many clients, each with a limiter of its own, and of the reference each with its share of `best`. */
  readonly fleet?: number;
  /** By how much their clocks are apart; 10 ms, if left out. */
  readonly skew?: number;
  readonly timeout?: number;
}

/** What became of it, counted from 30 s on, which a limiter has to find the knee. */
export interface Figures {
  /** The mean limit, of a fleet that of all together. */
  readonly limit: number;
  /** Answers and p99, as parts of those of the best fixed limit. */
  readonly throughput: number;
  readonly p99: number;
  /** When the limit came within 25 % of the knee for 2 s, in seconds; infinite if it never did. */
  readonly found: number;
  /** The share of time that it was within 25 % of it, `NaN` of none; of a knee that moved, from 30 s later on. */
  readonly near: number;
}

type Service = Server['service'];
export type MakeLimiter = (initial: number) => Limiter;

export const fixedLimit: MakeLimiter = (limit) => ({ limit, record() {} });

/** The limit as it ships. */
export const adaptiveLimit: MakeLimiter = (initial) => {
  const rule = { min: 1, max: 1_000, initial };
  const limiter = new AdaptiveLimit(rule);
  return {
    get limit() {
      return limiter.limit;
    },
    record: (ended) => limiter.record(rule, ended),
  };
};

/** 20 workers, of whom half are gone in the second minute. */
export const halved = (now: number) => (now >= 60_000 && now < 120_000 ? 10 : 20);

/** 20 workers, of whom half are gone at the end of each stretch of so many milliseconds. */
export const taken = (every: number, by: number) => (now: number) =>
  now % every >= every - by ? 10 : 20;

const settling = 30_000;
const band = 0.25;

/** To come near the knee is not to pass by it. */
const lasting = 2_000 / tick;

/**
 * Within 10 %. To the microsecond the calls of a closed loop would go in step, and the one that is too many wait for a
 * whole service time: twice the p99 at one slot beyond the knee, which no real server shows.
 */
export const fixedTime =
  (mean: number): Service =>
  (random) =>
    mean * (0.9 + 0.2 * random());

export const exponentialTime =
  (mean: number): Service =>
  (random) =>
    -mean * Math.log(1 - random());

/** With a sigma of 1: one call in a hundred takes more than six times the mean. */
export const lognormalTime =
  (mean: number): Service =>
  (random) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return mean * Math.exp(normal - 0.5);
  };

export const services = {
  fixed: fixedTime,
  exponential: exponentialTime,
  lognormal: lognormalTime,
} as const;

/** In a closed loop so many calls keep as many workers busy, whatever the service times: 95 % of them is the knee. */
export const kneeOf = (workers: number): number => Math.ceil(0.95 * workers);

export function steady(
  workers: number,
  mean: number,
  kind: keyof typeof services,
  changes: Partial<Scenario> = {},
): Scenario {
  return {
    name: `${workers} workers, ${mean} ms ${kind}`,
    server: { workers: () => workers, service: services[kind](mean) },
    length: 90_000,
    knee: () => kneeOf(workers),
    best: workers,
    ...changes,
  };
}

/** A steady scenario of 20 workers and 20 ms, whose workers come and go. */
export function staffed(
  name: string,
  kind: keyof typeof services,
  workers: (now: number) => number,
  changes: Partial<Scenario> = {},
): Scenario {
  return steady(20, 20, kind, {
    name: `${name}, ${kind}`,
    server: { workers, service: services[kind](20) },
    knee: (now) => kneeOf(workers(now)),
    length: 180_000,
    ...changes,
  });
}

/** A steady scenario of 20 workers and 20 ms, which are sometimes so many times slower. */
export function slowed(
  name: string,
  kind: keyof typeof services,
  factor: (now: number) => number,
  changes: Partial<Scenario> = {},
): Scenario {
  const service = services[kind](20);
  return steady(20, 20, kind, {
    name: `${name}, ${kind}`,
    server: { workers: () => 20, service: (random, now) => service(random, now) * factor(now) },
    ...changes,
  });
}

/** A number from 0 to 1 for every half second, without memory: the weather of a network. */
export function weather(now: number): number {
  let mixed = Math.imul(Math.floor(now / 500) + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
}

/** Runs a limiter through a scenario, and the best fixed limit through the same. */
export function judge(scenario: Scenario, make: MakeLimiter, seed: number): Figures {
  const seen = run(scenario, make, seed);
  const reference = run(scenario, fixedLimit, seed, scenario.best);
  const [limits, knees] = [total(seen), kneesOf(scenario)];
  const isNear = limits.map((limit, at) => {
    const knee = knees[at];
    return knee !== undefined && Math.abs(limit - knee) <= band * knee;
  });
  const found = isNear.findIndex((_, at) => isNear.slice(at, at + lasting).every(Boolean));
  const judged = isNear.filter((_, at) => {
    const then = knees[Math.max(0, at - settling / tick)];
    return at * tick >= settling && then === knees[at] && then !== undefined;
  });
  const late = limits.slice(settling / tick);
  return {
    limit: late.reduce((sum, limit) => sum + limit, 0) / late.length,
    throughput: answers(seen).length / answers(reference).length,
    p99: ninetyNinth(answers(seen)) / ninetyNinth(answers(reference)),
    found: found < 0 ? Number.POSITIVE_INFINITY : (found * tick) / 1_000,
    near: judged.filter(Boolean).length / judged.length,
  };
}

export function run(scenario: Scenario, make: MakeLimiter, seed: number, start?: number): Seen[] {
  const random = seeded(seed);
  const { fleet = 1, skew = 10, rate, timeout, initial = 20 } = scenario;
  const clients = Array.from({ length: fleet }, () => {
    const limiter = make(start === undefined ? initial : start / fleet);
    const demand = rate
      ? { rate: () => rate / fleet }
      : { callers: () => Number.POSITIVE_INFINITY };
    const clock = fleet > 1 ? skewed(limiter, skew * random()) : limiter;
    return { limiter: clock, ...demand, ...(timeout && { timeout }) };
  });
  return simulate(scenario.server, clients, scenario.length, random);
}

function skewed(limiter: Limiter, skew: number): Limiter {
  return {
    get limit() {
      return limiter.limit;
    },
    record: (ended) => limiter.record({ ...ended, now: ended.now + skew }),
  };
}

function total(seen: readonly Seen[]): number[] {
  const [first, ...others] = seen.map(({ limits }) => limits);
  return (first ?? []).map((limit, at) =>
    others.reduce((sum, limits) => sum + (limits[at] ?? 0), limit),
  );
}

function kneesOf({ length, knee }: Scenario): (number | undefined)[] {
  return Array.from({ length: length / tick + 1 }, (_, at) => knee(at * tick));
}

/** How long the calls took that were answered when the limiter had had its time. */
function answers(seen: readonly Seen[]): number[] {
  return seen.flatMap(({ ends, durations }) => {
    const first = ends.findIndex((end) => end >= settling);
    return first < 0 ? [] : durations.slice(first);
  });
}

function ninetyNinth(durations: readonly number[]): number {
  const sorted = Float64Array.from(durations).sort();
  return sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.NaN;
}
