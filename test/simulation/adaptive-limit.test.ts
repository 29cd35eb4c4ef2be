import { describe, expect, test } from 'vitest';
import {
  adaptiveLimit,
  exponentialTime,
  fixedLimit,
  halved,
  judge,
  kneeOf,
  run,
  type Scenario,
  slowed,
  staffed,
  steady,
  taken,
  weather,
} from '../../bench/simulate/limits/scenarios.ts';

const minute = 60_000;

/** One line a scenario: its name and itself. */
const byName = (...scenarios: readonly Scenario[]) =>
  scenarios.map((scenario) => [scenario.name, scenario] as const);

/** What the limit is for, of the worst of some runs; the time near the knee is that of all of them. */
function expectTargets(scenario: Scenario, ...seeds: readonly number[]): void {
  const runs = seeds.map((seed) => judge(scenario, adaptiveLimit, seed));
  expect(Math.max(...runs.map(({ found }) => found))).toBeLessThan(30);
  expect(runs.reduce((sum, { near }) => sum + near, 0) / runs.length).toBeGreaterThan(0.95);
  expect(Math.min(...runs.map(({ throughput }) => throughput))).toBeGreaterThan(0.95);
  expect(Math.max(...runs.map(({ p99 }) => p99))).toBeLessThan(1.5);
}

describe('finds the knee in 30 s, stays within 25 % of it, with 95 % of the throughput and 1.5 times the p99,', () => {
  test.each(
    byName(
      steady(8, 20, 'fixed'),
      steady(8, 20, 'exponential'),
      steady(8, 20, 'lognormal'),
      steady(8, 50, 'exponential'),
      steady(20, 20, 'fixed'),
      steady(20, 20, 'exponential'),
      steady(20, 20, 'lognormal'),
    ),
  )('in 2 runs, of %s', (_, scenario) => {
    expectTargets(scenario, 1, 2);
  });

  test.each(
    byName(
      steady(100, 50, 'fixed'),
      steady(100, 50, 'exponential'),
      steady(100, 50, 'lognormal'),
      staffed('20 workers, half of them gone for 60 s', 'fixed', halved),
      staffed('20 workers, half of them gone for 60 s', 'exponential', halved),
    ),
  )('in 1 run, of %s', (_, scenario) => {
    expectTargets(scenario, 1);
  });

  const changes = { length: minute };
  const server = { workers: () => 20, service: exponentialTime(20) };
  test.each(
    byName(
      slowed('3 times slower for 10 s', 'exponential', (now) => (now < 10_000 ? 3 : 1)),
      slowed('40 % faster and slower', 'fixed', (now) => 0.6 + 0.8 * weather(now)),
      slowed('40 % faster and slower', 'exponential', (now) => 0.6 + 0.8 * weather(now)),
      steady(20, 20, 'exponential', { ...changes, name: 'an initial 200', initial: 200 }),
      steady(20, 20, 'exponential', { ...changes, name: 'an initial 1', initial: 1 }),
      steady(20, 20, 'exponential', { ...changes, name: 'a load of 150 %', rate: 1_500 }),
      steady(20, 20, 'exponential', {
        ...changes,
        name: 'all but 10 waiting calls refused',
        server: { ...server, room: 10 },
      }),
      steady(20, 20, 'exponential', {
        ...changes,
        name: 'calls given up after 200 ms',
        initial: 200,
        timeout: 200,
      }),
      steady(20, 20, 'exponential', {
        ...changes,
        name: '20 ms between client and server',
        server: { ...server, travel: 20 },
        knee: () => 40,
        best: 45,
      }),
      steady(40, 50, 'fixed', { ...changes, name: '4 clients, fixed', fleet: 4 }),
      steady(40, 50, 'exponential', { name: '4 clients, exponential', fleet: 4 }),
    ),
  )('in 1 run, with %s', (_, scenario) => {
    expectTargets(scenario, 1);
  });
});

describe('where it can not do that', () => {
  test.each([
    ['20 s of every 60', taken(minute, 20_000), 0.94],
    ['10 s of every 30', taken(30_000, 10_000), 0.9],
  ] as const)(
    'half of the workers gone for %s leave a throughput of its due',
    (_, workers, due) => {
      const scenario = staffed('neighbour', 'exponential', workers, { length: 2 * minute });
      const { throughput, p99 } = judge(scenario, adaptiveLimit, 1);
      expect(throughput).toBeGreaterThan(due);
      expect(p99).toBeLessThan(1.1);
    },
  );

  test.each([1, 2, 3])('a knee of %d is found within 2 slots', (workers) => {
    const limits =
      run(steady(workers, 20, 'exponential'), adaptiveLimit, 1)[0]?.limits.slice(300) ?? [];
    const mean = limits.reduce((sum, limit) => sum + limit, 0) / limits.length;
    expect(Math.abs(mean - kneeOf(workers))).toBeLessThan(2);
  });

  test('4 clients whose clocks are an hour apart take more than 2 times the slots there are', () => {
    const apart = { fleet: 4, skew: 60 * minute, length: minute };
    const { limit } = judge(steady(40, 50, 'exponential', apart), adaptiveLimit, 1);
    expect(limit).toBeGreaterThan(2 * 40);
  });
});

describe('where the limit is not reached', () => {
  test('it stays at 20 with 30 % of the load', () => {
    const scenario = steady(20, 20, 'exponential', { rate: 300, length: minute });
    expect(new Set(run(scenario, adaptiveLimit, 1)[0]?.limits)).toEqual(new Set([20]));
  });

  test('it stays at 20 with 1 call a second for 10 minutes', () => {
    const scenario = steady(20, 20, 'exponential', { rate: 1, length: 10 * minute });
    expect(new Set(run(scenario, adaptiveLimit, 1)[0]?.limits)).toEqual(new Set([20]));
  });
});

test('the measure is right: 20 workers do 95 % with 19 calls in flight, all with 20, no more with 40', () => {
  const scenario = steady(20, 20, 'exponential', { length: minute });
  const answered = (limit: number) => run(scenario, fixedLimit, 1, limit)[0]?.ends.length ?? 0;
  const most = answered(40);
  expect(answered(18) / most).toBeLessThan(0.92);
  expect(answered(kneeOf(20)) / most).toBeCloseTo(0.95, 2);
  expect(answered(20) / most).toBeGreaterThan(0.99);
});
