import { Simulation } from '../engine/simulation.ts';
import { type Ended, fleet, type RetryPolicy } from './fleet.ts';

/** An ordinary mishap: how many calls meet it, and which of their attempts it makes fail. */
export interface Mishap {
  readonly perSecond: number;
  readonly seconds: number;
  readonly clients?: number;
  readonly fails: (now: number, attempt: number, random: () => number) => boolean;
}

/** Each attempt fails by chance, whatever became of the one before. */
export const failing =
  (share: number): Mishap['fails'] =>
  (_, __, random) =>
    random() < share;

/** Whatever is sent before an instant fails. */
const downUntil =
  (end: number): Mishap['fails'] =>
  (now) =>
    now < end;

export const mishaps = {
  /** A bad link. */
  onePercent: { perSecond: 10, seconds: 600, fails: failing(0.01) },
  tenPercent: { perSecond: 10, seconds: 600, fails: failing(0.1) },
  /** A deploy cuts the connections of a quiet client: 10 calls in a row, or so, fail at the first attempt. */
  cutConnections: { perSecond: 1, seconds: 10, fails: (_, attempt) => attempt === 1 },
  /** A deploy replaces one half of the instances after the other. */
  halfReplaced: { perSecond: 1, seconds: 20, fails: failing(0.5) },
  blip: { perSecond: 50, seconds: 1, fails: downUntil(1_000) },
  sharedBlip: { perSecond: 50, seconds: 1, clients: 10, fails: downUntil(1_000) },
  shortBlip: { perSecond: 50, seconds: 0.2, fails: downUntil(200) },
  /** An outage of 10 minutes, then 50 in which each call of a quiet client fails at first: what the trickle is for. */
  quietAfterOutage: {
    perSecond: 1 / 60,
    seconds: 3_600,
    fails: (now, attempt) => now < 600_000 || attempt === 1,
  },
} as const satisfies Record<string, Mishap>;

/** What came of the calls. */
export interface Aftermath {
  /** Of the calls whose first attempt failed, the share that ended well. */
  readonly saved: number;
  /** Of all calls, the share that ended well. */
  readonly success: number;
  /** Attempts for each call. */
  readonly load: number;
}

export function endure(
  policy: RetryPolicy,
  { perSecond, seconds, clients = 1, fails }: Mishap,
  { trials = 10, seed = 1 } = {},
): Aftermath {
  const end = seconds * 1_000;
  const count = { calls: 0, attempts: 0, hurt: 0, failed: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const simulation = new Simulation(seed + trial);
    const call = fleet(simulation, clients, policy, (attempt, done) => {
      const failed = fails(simulation.now, attempt, simulation.random);
      simulation.after(20, () => done(!failed));
    });
    const ended: Ended = (succeeded, attempts) => {
      count.calls++;
      count.attempts += attempts;
      if (!succeeded) count.failed++;
      if (!succeeded || attempts > 1) count.hurt++;
    };
    simulation.poisson(
      () => perSecond,
      () => simulation.now < end && call(ended),
    );
    simulation.run(end + 5_000);
  }
  const { calls, attempts, hurt, failed } = count;
  return { saved: 1 - failed / hurt, success: 1 - failed / calls, load: attempts / calls };
}
