import { figuresOf } from '../scale/figures.ts';
import { live } from '../scale/run.ts';
import { scenarios } from '../scale/scenarios.ts';
import { shippingWith } from '../scale/shipping.ts';

/**
 * What other numbers in the budget and in the breaker would do for a fleet of many small clients:
 * `node bench/simulate/tables/defaults.ts`. What they would cost on an ordinary day is in `retry-budget.ts`.
 */
const size = { clients: 1_200, servers: 12 };
const variants: readonly (readonly [string, Parameters<typeof shippingWith>[1]])[] = [
  ['as it ships', {}],
  ['budget.capacity 5', { budget: { capacity: 5 } }],
  ['budget.capacity 3', { budget: { capacity: 3 } }],
  ['budget.deposit 0.1', { budget: { deposit: 0.1 } }],
  ['breaker.maxOpenFor 30,000', { breaker: { maxOpenFor: 30_000 } }],
  ['breaker.maxOpenFor 15,000', { breaker: { maxOpenFor: 15_000 } }],
  ['both: 5 and 15,000', { budget: { capacity: 5 }, breaker: { maxOpenFor: 15_000 } }],
];

for (const scenario of scenarios.slice(0, 4)) {
  console.log(`\n${scenario.title}: end well meanwhile and afterwards, requests a call, recovered`);
  for (const [name, other] of variants) {
    const seen = live(shippingWith(name, other), scenario, size, 1);
    const { during, after, recovery } = figuresOf(name, scenario, seen);
    const shares = [during.good, after.good].map((share) => `${share.toFixed(1)} %`.padStart(8));
    const loads = [during.load, after.load].map((load) => load.toFixed(2).padStart(6));
    const end = Number.isFinite(recovery) ? `${recovery} s` : 'never';
    console.log(`  ${name.padEnd(28)}`, ...shares, ...loads, end.padStart(8));
  }
}
