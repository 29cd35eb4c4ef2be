import { short, span } from '../format.ts';
import { type ChartKind, stacked } from './drawing.ts';

/** The tokens that retries and second copies are paid from. At the foot of it, nothing is retried any more. */
export const budget: ChartKind = {
  title: 'Retry budget',
  legend: [{ label: 'tokens', paint: 'tokens', mark: 'area' }],
  format: short,
  tick: short,
  isOn: ({ budget }) => budget !== null,
  gauge: ({ budget }) => ({ value: budget?.tokens ?? 0, most: budget?.capacity ?? 0 }),
  draw: ({ budget, series }, bucket) => {
    const capacity = Math.max(1, budget?.capacity ?? 1);
    const axis = {
      place: (value: number) => Math.min(1, value / capacity),
      ticks: [0, capacity / 2, capacity],
    };
    const least = Math.min(capacity, ...series.tokens.filter((value) => value !== null));
    const window = span(series.calls.length * bucket);
    const now = short(budget?.tokens ?? 0);
    return {
      axis,
      values: [series.tokens],
      paths: stacked([series.tokens], axis),
      summary: `Retry budget: ${now} of ${short(capacity)} tokens left, at least ${short(least)} in the last ${window}.`,
    };
  },
};
