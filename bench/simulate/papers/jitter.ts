import { type Backoff, backoffDelay } from '../../../src/decisions/backoff.ts';
import { Simulation } from '../engine/simulation.ts';

/** What it takes until all have written. */
export interface Work {
  readonly calls: number;
  readonly milliseconds: number;
}

/**
 * "Exponential Backoff And Jitter" (M. Brooker, AWS Architecture Blog, 2015), with the numbers of its simulator
 * (aws-samples/aws-arch-backoff-simulator): clients that begin at once and each update one row once. They read its
 * version, and write if that has not changed; who comes too late backs off and reads again. A message takes
 * |Normal(10, 2)| ms, the server no time. Only writes are counted.
 */
export function competing(clients: number, backoff: Backoff, seed: number): Work {
  const simulation = new Simulation(seed);
  const { random } = simulation;
  const work = { calls: 0, milliseconds: 0 };
  let version = 0;

  const travel = (arrive: () => void) =>
    simulation.after(Math.abs(10 + 2 * normal(random)), arrive);
  const begin = (retry: number, previous: number) => {
    const write = (seen: number) => {
      work.calls++;
      travel(() => {
        const succeeds = seen === version;
        if (succeeds) version++;
        travel(() => {
          work.milliseconds = simulation.now;
          if (succeeds) return;
          const delay = backoffDelay(backoff, retry, previous, random);
          simulation.after(delay, () => begin(retry + 1, delay));
        });
      });
    };
    travel(() => {
      const seen = version;
      travel(() => write(seen));
    });
  };
  for (let client = 0; client < clients; client++) begin(0, backoff.base);
  simulation.run(Number.POSITIVE_INFINITY);
  return work;
}

/** The mean of some runs. */
export function meanWork(clients: number, backoff: Backoff, trials: number): Work {
  const runs = Array.from({ length: trials }, (_, seed) => competing(clients, backoff, seed + 1));
  const mean = (figure: keyof Work) =>
    runs.reduce((sum, work) => sum + work[figure], 0) / runs.length;
  return { calls: mean('calls'), milliseconds: mean('milliseconds') };
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const doubling: Backoff = {
  type: 'exponential',
  // the post begins with 5 ms doubled once
  base: 10,
  factor: 2,
  cap: 2_000,
  jitter: 'none',
};

/** The five that the post compares. */
export const backoffs = {
  none: { ...doubling, type: 'constant', base: 0 },
  exponential: doubling,
  equal: { ...doubling, jitter: 'equal' },
  full: { ...doubling, jitter: 'full' },
  decorrelated: { ...doubling, base: 5, jitter: 'decorrelated' },
} as const satisfies Record<string, Backoff>;
