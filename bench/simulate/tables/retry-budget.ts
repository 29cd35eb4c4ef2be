import { type BudgetRule, defaultBudget } from '../../../src/decisions/retry-budget.ts';
import { defaults } from '../../../src/policy.ts';
import { collapse } from '../papers/collapse.ts';
import { type RetryPolicy, shipped } from '../papers/fleet.ts';
import { metastable } from '../papers/metastable.ts';
import { endure, type Mishap, mishaps } from '../papers/ordinary.ts';

/**
 * The table that the constants of the retry budget were chosen from. On the left what must not happen, a service that
 * does not come back; on the right what must, retries that save calls. Simulated with the shipping functions, the same
 * numbers at every run.
 */
const fleets = [1, 10, 100];
const columns: Record<string, Mishap> = {
  '1 % fail': mishaps.onePercent,
  '10 % fail': mishaps.tenPercent,
  'cut conn.': mishaps.cutConnections,
  'half down': mishaps.halfReplaced,
  '0.2 s blip': mishaps.shortBlip,
  '1 s blip': mishaps.blip,
  '… 10 cl.': mishaps.sharedBlip,
  'after outage': mishaps.quietAfterOutage,
};

console.log(`
Recovery: seconds after an outage of 10 s at 280 of 300 queries/s, for 1, 10 and 100 clients that share them.
Collapsed: runs that are still down 35 s after 5 s of 2 or 3 times the load, in %, for 1, 10 and 100 clients.
Saved: of the calls whose first attempt fails, those that end well, in %.
`);
print('capacity, deposit, trickle', ['recovery', 'collapsed', ...Object.keys(columns)]);
show('no retries', { ...shipped, retries: 0 });
show('3 retries, no budget', { ...shipped, budget: undefined });
for (const capacity of [3, 5, 10, 15, 20]) {
  for (const deposit of [0.05, 0.1, 0.2]) {
    for (const trickle of [0.02, 0.05, 0.1]) {
      const budget = { capacity, deposit, trickle };
      show(nameOf(budget), { ...shipped, budget });
    }
  }
}

console.log('\nAround the constants that were chosen\n');
const { circuitBreaker } = defaults;
const many = { ...defaultBudget, capacity: 150 };
show(nameOf(defaultBudget), shipped);
show('nothing is repaid', { ...shipped, repays: false });
show('token taken after the wait', { ...shipped, takes: 'after the wait' });
show('with the default breaker', { ...shipped, breaker: circuitBreaker });
show(nameOf(many), { ...shipped, budget: many });
const crowd = { clients: 1_000, seconds: 1_200 };
console.log(`
1,000 clients: ${metastable(shipped, crowd).recovery} s, with the breaker ${
  metastable({ ...shipped, breaker: circuitBreaker }, crowd).recovery
} s, without retries ${metastable({ retries: 0 }, crowd).recovery} s`);

function show(name: string, policy: RetryPolicy): void {
  const recoveries = fleets.map((clients) =>
    mean([1, 2], (seed) => metastable(policy, { clients, seed }).recovery).toFixed(0),
  );
  const collapses = fleets.map((clients) =>
    percent(
      mean([80, 120], (peak) =>
        mean([1, 2, 3, 4], (seed) => +collapse(policy, { clients, peak, seed }).collapsed),
      ),
    ),
  );
  const saved = Object.values(columns).map((mishap) =>
    policy.retries === 0 ? '0' : percent(endure(policy, mishap, { trials: 5 }).saved),
  );
  const joined = [recoveries, collapses].map((figures) => figures.join(' '));
  print(
    name,
    [...joined, ...saved].map((text) => text.replaceAll('Infinity', 'never')),
  );
}

function print(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(28), ...cells.map((cell, index) => cell.padStart(index < 2 ? 17 : 12)));
}

function nameOf({ capacity, deposit, trickle }: BudgetRule): string {
  return [capacity, deposit, trickle].join(', ');
}

function mean(values: readonly number[], figure: (value: number) => number): number {
  return values.reduce((sum, value) => sum + figure(value), 0) / values.length;
}

function percent(share: number): string {
  return (100 * share).toFixed(0);
}
