import { expect, test } from 'vitest';
import { Coming } from '../../bench/simulate/engine/coming.ts';
import { chartsOf } from '../../bench/simulate/report/charts.ts';
import { figuresOf } from '../../bench/simulate/scale/figures.ts';
import { policies } from '../../bench/simulate/scale/policies.ts';
import { live } from '../../bench/simulate/scale/run.ts';
import { scenarios } from '../../bench/simulate/scale/scenarios.ts';
import { seeded } from '../support/seeded.ts';

const size = { clients: 300, servers: 3 };

function outcome(scenario: string, policy: string) {
  const found = scenarios.find(({ name }) => name === scenario);
  const lived = policies.find(({ name }) => name === policy);
  if (!found || !lived) throw new Error(`${policy} in ${scenario}`);
  const figures = figuresOf(policy, found, live(lived, found, size, 1));
  return { scenario: found, figures };
}

test('1,000 things that are to happen come in order, and those of one instant as they were added', () => {
  const random = seeded(1);
  const coming = new Coming();
  const happened: { readonly at: number; readonly order: number }[] = [];
  for (let order = 0; order < 1_000; order++) {
    const at = Math.floor(100 * random());
    coming.add(at, () => happened.push({ at, order }));
  }
  while (!coming.empty) coming.take()?.();
  expect(happened).toHaveLength(1_000);
  expect(happened).toEqual(
    happened.toSorted((one, other) => one.at - other.at || one.order - other.order),
  );
});

test('1 seed gives 1 run, and 3 charts that are the same byte for byte', () => {
  const [first, again] = [outcome('herd', 'resilient-fetch'), outcome('herd', 'resilient-fetch')];
  const draw = ({ scenario, figures }: typeof first) => chartsOf(scenario, [figures], size);
  expect(draw(first)).toHaveLength(3);
  expect(draw(again)).toEqual(draw(first));
});

test('nobody of 300 clients comes back before the 10 s that the server asked for', () => {
  const { figures } = outcome('herd', 'resilient-fetch');
  const early = figures.seconds.slice(32, 39).map(({ load }) => load);
  expect(Math.max(...early)).toBeLessThan(1.5);
  expect(figures.during.good).toBeGreaterThan(85);
});

test('a slow brown-out is over sooner than without retries with 3 of ours, and never with 3 that cost nothing', () => {
  const ours = outcome('brown-out', 'resilient-fetch').figures;
  const none = outcome('brown-out', 'no retries').figures;
  expect(ours.during.load).toBeLessThan(1);
  expect(ours.recovery).toBeLessThan(none.recovery);
  expect(outcome('brown-out', 'cockatiel').figures.recovery).toBe(Number.POSITIVE_INFINITY);
});
