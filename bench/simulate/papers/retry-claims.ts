import type { Backoff } from '../../../src/decisions/backoff.ts';
import { defaults } from '../../../src/policy.ts';
import { type Claim, claim, lazy } from './claim.ts';
import { collapse } from './collapse.ts';
import type { RetryPolicy } from './fleet.ts';
import { backoffs, meanWork } from './jitter.ts';
import { metastable } from './metastable.ts';
import { endure, failing } from './ordinary.ts';

const never = Number.POSITIVE_INFINITY;

/** Row by row what the simulator of the post gives at 100 clients: writes within 2 %, time within 4, decorrelated 8. */
export function jitter(): Claim[] {
  const paper = 'Exponential Backoff And Jitter (AWS 2015), 100 clients';
  const figures = {
    none: [2_422, 2_021],
    exponential: [1_854, 63_348],
    equal: [812, 6_636],
    full: [795, 4_923],
    decorrelated: [1_000, 4_666],
  } as const;
  return Object.entries(figures).flatMap(([name, [calls, milliseconds]]) => {
    const work = lazy(() => meanWork(100, backoffs[name as keyof typeof backoffs], 20));
    const time = name === 'decorrelated' ? 0.08 : 0.04;
    return [
      claim(paper, `${name}: writes`, 'calls', calls, 0.02 * calls, () => work().calls),
      claim(
        ...([paper, `${name}: until all are done`, 'ms', milliseconds] as const),
        ...([time * milliseconds, () => work().milliseconds] as const),
      ),
    ];
  });
}

/** Success and load of four policies, within a point. */
export function retries(): Claim[] {
  const paper = 'Fixing retries with token buckets (Brooker 2022)';
  // its code asks for more than 1 of 5 tokens, in tenths, and a first try pays in
  const budget = { capacity: 4.9, deposit: 0.1, trickle: 0 };
  const bucket: RetryPolicy = { retries: never, budget, fundedBy: 'calls' };
  const policies: Record<string, RetryPolicy> = {
    'no retries': { retries: 0 },
    '3 retries': { retries: 3 },
    'token bucket': bucket,
    'retry breaker': { retries: 3, mostFailures: 0.1 },
  };
  const figures = [
    ['no retries', 50, 50.1, 100],
    ['3 retries', 50, 93.8, 187.8],
    ['token bucket', 50, 56.8, 114.2],
    ['retry breaker', 50, 50.3, 100],
    ['token bucket', 20, 90.8, 113.4],
    ['retry breaker', 20, 80.3, 100.3],
    ['token bucket', 10, 99.2, 110.3],
    ['retry breaker', 10, 92.9, 103.3],
  ] as const;
  return figures.flatMap(([name, failed, success, load]) => {
    const aftermath = lazy(() => {
      const fails = failing(failed / 100);
      const mishap = { perSecond: 1_000, seconds: 10, clients: 100, fails };
      return endure(policies[name] ?? bucket, mishap, { trials: 5 });
    });
    const what = `${name}, ${failed} % fail`;
    return [
      claim(paper, `${what}: success`, '%', success, 1, () => 100 * aftermath().success),
      claim(paper, `${what}: load`, '%', load, 1, () => 100 * aftermath().load),
    ];
  });
}

/** Which runs stay down after five seconds of a higher load. */
export function collapses(): Claim[] {
  const paper = 'Open and Closed, Omission and Collapse (Brooker 2023)';
  const second: Backoff = { ...backoffs.full, base: 1_000, cap: 60_000 };
  const budget = { capacity: 10, deposit: 0.1, trickle: 0 };
  const down = (policy: RetryPolicy, peak: number, trials: number) => () => {
    const runs = Array.from({ length: trials }, (_, seed) => collapse(policy, { peak, seed }));
    return (100 * runs.filter(({ collapsed }) => collapsed).length) / trials;
  };
  // 66 to 81 % of runs, of which few are made here: between 50 and 90
  const many = [70, 20] as const;
  return [
    claim(paper, 'no retries: stay down', '% of runs', 0, 0, down({ retries: 0 }, 80, 8)),
    claim(paper, '2 retries at once', '% of runs', ...many, down({ retries: 2 }, 80, 24)),
    claim(
      ...([paper, '2 retries, full jitter from 1 s', '% of runs', ...many] as const),
      down({ retries: 2, backoff: second }, 80, 24),
    ),
    claim(
      ...([paper, 'the same after three times the load', '% of runs', 100, 0] as const),
      down({ retries: 2, backoff: second }, 120, 3),
    ),
    claim(
      ...([paper, '2 retries out of successes', '% of runs', 0, 0] as const),
      down({ retries: 2, budget }, 80, 8),
    ),
    claim(
      ...([paper, 'the same with full jitter, 3 times the load', '% of runs', 0, 0] as const),
      down({ retries: 2, backoff: second, budget }, 120, 8),
    ),
  ];
}

/** Who recovers from ten seconds of outage, within 15 %, and who never does. */
export function metastability(): Claim[] {
  const paper = 'Metastable Failures (HotOS 2021), 10 s of outage at 280 of 300/s';
  const one: RetryPolicy = { retries: 1 };
  const budget = { capacity: 10, deposit: 0.1, trickle: 0 };
  const breaker = { ...defaults.circuitBreaker, consecutiveFailures: 1e9, openFor: 30_000 };
  const figures: readonly [string, RetryPolicy, number, number][] = [
    ['no retries', { retries: 0 }, 130, 283],
    ['1 retry', one, never, 566],
    ['1 retry, 10 % of the attempts', { ...one, budget, fundedBy: 'calls' }, never, 311],
    ['1 retry, 10 % of the successes', { ...one, budget }, 130, 283],
    ['1 retry and a circuit breaker', { ...one, breaker }, 24, 82],
  ];
  const both = figures.flatMap(([name, policy, seconds, load]) => {
    const runs = lazy(() => [1, 2].map((seed) => metastable(policy, { seconds: 230, seed })));
    const mean = (figure: 'recovery' | 'load') => () =>
      runs().reduce((sum, run) => sum + run[figure], 0) / runs().length;
    return [
      claim(paper, `${name}: recovery`, 's', seconds, part(seconds), mean('recovery')),
      claim(paper, `${name}: queries`, '/s', load, part(load), mean('load')),
    ];
  });
  const edge = [140, 160].map((perSecond) => {
    const seconds = perSecond < 150 ? 124 : never;
    const measure = () => metastable(one, { seconds: 230, perSecond }).recovery;
    return claim(paper, `1 retry at ${perSecond}/s`, 's', seconds, part(seconds), measure);
  });
  return [...both, ...edge];
}

/** 15 %, of what happens at all. */
function part(published: number): number {
  return Number.isFinite(published) ? 0.15 * published : 0;
}
