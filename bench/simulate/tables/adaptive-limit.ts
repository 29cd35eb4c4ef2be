import { seeded } from '../../../src/testing/seeded.ts';
import { aimd, envoy, failsafe, gradient2, vegas } from '../limits/rivals.ts';
import {
  adaptiveLimit,
  exponentialTime,
  type Figures,
  fixedTime,
  halved,
  judge,
  type MakeLimiter,
  type Scenario,
  slowed,
  staffed,
  steady,
  taken,
  weather,
} from '../limits/scenarios.ts';

/**
 * The adaptive limit and the algorithms that it was chosen over, each against the best fixed limit of each scenario, in
 * virtual time: mean limit, throughput, p99, when the limit came within 25 % of the knee, and how much of the time it
 * stayed there. The worst of all seeds, but for the limit, which is their mean.
 */
const seeds = (process.env.SEEDS ?? '1,2').split(',').map(Number);
const only = new RegExp(process.env.ONLY ?? '');

const algorithms: Record<string, (seed: number) => MakeLimiter> = {
  'AdaptiveLimit, this one': () => adaptiveLimit,
  'failsafe-go': () => failsafe,
  'Gradient2, Netflix': () => gradient2,
  'Vegas, Netflix': (seed) => (initial) => vegas(initial, seeded(seed)),
  'AIMD, Netflix': () => aimd,
  'gradient, Envoy': (seed) => (initial) => envoy(initial, seeded(seed)),
};

const unlimited = { knee: () => undefined };

const scenarios: readonly Scenario[] = [
  steady(8, 50, 'fixed'),
  steady(8, 50, 'exponential'),
  steady(8, 5, 'lognormal'),
  steady(20, 20, 'fixed'),
  steady(20, 20, 'exponential'),
  steady(20, 20, 'lognormal'),
  steady(100, 50, 'fixed'),
  steady(100, 50, 'exponential'),
  steady(100, 50, 'lognormal'),
  staffed('half of the workers for 60 s', 'fixed', halved),
  staffed('half of the workers for 60 s', 'exponential', halved),
  staffed('neighbour has half for 20 s of 60', 'exponential', taken(60_000, 20_000), unlimited),
  staffed('neighbour has half for 10 s of 30', 'exponential', taken(30_000, 10_000), unlimited),
  slowed('3 times slower for 10 s', 'exponential', (now) => (now < 10_000 ? 3 : 1)),
  slowed('weather of ±40 %', 'fixed', (now) => 0.6 + 0.8 * weather(now)),
  slowed('weather of ±40 %', 'exponential', (now) => 0.6 + 0.8 * weather(now)),
  steady(20, 20, 'exponential', { name: '30 % load, open loop', rate: 300, ...unlimited }),
  steady(20, 20, 'exponential', { name: '150 % load, open loop', rate: 1_500 }),
  steady(20, 20, 'exponential', {
    name: '1 call a second',
    rate: 1,
    length: 300_000,
    ...unlimited,
  }),
  steady(20, 20, 'exponential', {
    name: 'refuses what it can not queue, 10',
    server: { workers: () => 20, service: exponentialTime(20), room: 10 },
  }),
  steady(20, 20, 'exponential', { name: 'begins at 200', initial: 200 }),
  steady(20, 20, 'exponential', {
    name: 'times out at 200 ms, begins at 200',
    initial: 200,
    timeout: 200,
  }),
  steady(20, 20, 'exponential', {
    name: '20 ms from the server, exponential',
    server: { workers: () => 20, service: exponentialTime(20), travel: 20 },
    knee: () => 40,
    best: 45,
  }),
  steady(100, 20, 'fixed', { name: 'fleet of 5, fixed', fleet: 5 }),
  steady(100, 20, 'exponential', { name: 'fleet of 5, exponential', fleet: 5 }),
  steady(20, 20, 'fixed', {
    name: '20 queues of 1 worker, fixed',
    server: { workers: () => 1, copies: 20, service: fixedTime(20) },
    ...unlimited,
    best: 400,
  }),
];

const columns = ['limit', 'throughput', 'p99', 'found', 'near'].map((name) => name.padStart(11));
for (const scenario of scenarios.filter(({ name }) => only.test(name))) {
  console.log(`\n${scenario.name.padEnd(52)}${columns.join('')}`);
  for (const [name, make] of Object.entries(algorithms)) {
    console.log(
      `  ${name.padEnd(50)}${row(seeds.map((seed) => judge(scenario, make(seed), seed)))}`,
    );
  }
}

function row(runs: readonly Figures[]): string {
  const mean = runs.reduce((sum, { limit }) => sum + limit, 0) / runs.length;
  const found = Math.max(...runs.map((figures) => figures.found));
  const near = Math.min(...runs.map((figures) => figures.near));
  return [
    mean.toFixed(1),
    `${(100 * Math.min(...runs.map(({ throughput }) => throughput))).toFixed(1)} %`,
    `× ${Math.max(...runs.map(({ p99 }) => p99)).toFixed(2)}`,
    ...(Number.isNaN(near)
      ? ['–', '–']
      : [
          Number.isFinite(found) ? `${found.toFixed(1)} s` : 'never',
          `${(100 * near).toFixed(0)} %`,
        ]),
  ]
    .map((cell) => cell.padStart(11))
    .join('');
}
