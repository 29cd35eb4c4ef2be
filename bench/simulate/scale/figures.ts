import type { Scenario } from './scenarios.ts';
import type { Second } from './sightings.ts';

/** What the calls of a stretch of time came to. Lengths in milliseconds, of those that ended well. */
export interface Stretch {
  /** In percent. */
  readonly good: number;
  /** Requests for each call. */
  readonly load: number;
  readonly p50: number;
  readonly p99: number;
}

/** What became of one policy in one scenario. */
export interface Figures {
  readonly policy: string;
  readonly scenario: string;
  readonly during: Stretch;
  /** From its end on. */
  readonly after: Stretch;
  /** Seconds from its end until 95 % of the calls of every second end well; infinite if that does not come. */
  readonly recovery: number;
  readonly seconds: readonly Stretch[];
}

const recovered = 95;

/** Adds up what was seen. */
export function figuresOf(policy: string, scenario: Scenario, seen: readonly Second[]): Figures {
  const from = scenario.trouble.from / 1_000;
  const to = scenario.trouble.to / 1_000;
  const seconds = seen.map((second) => stretchOf([second]));
  const lastBad = seconds.findLastIndex(({ good }) => good < recovered);
  const isLost = lastBad === seconds.length - 1;
  return {
    policy,
    scenario: scenario.name,
    during: stretchOf(seen.slice(from, to)),
    after: stretchOf(seen.slice(to)),
    recovery: isLost ? Number.POSITIVE_INFINITY : Math.max(0, lastBad + 1 - to),
    seconds,
  };
}

function stretchOf(seconds: readonly Second[]): Stretch {
  const sum = (figure: 'calls' | 'good' | 'requests') =>
    seconds.reduce((total, second) => total + second[figure], 0);
  const lengths = Float64Array.from(seconds.flatMap((second) => second.lengths)).sort();
  const quantile = (share: number) =>
    lengths[Math.max(0, Math.ceil(share * lengths.length) - 1)] ?? Number.NaN;
  return {
    good: (100 * sum('good')) / sum('calls'),
    load: sum('requests') / sum('calls'),
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
}
