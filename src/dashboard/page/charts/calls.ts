import { linearAxis } from '../axis.ts';
import { count, perSecond, plural, short, span } from '../format.ts';
import { failedIn, type Tallies, totals } from '../series.ts';
import { added, type ChartKind, type Drawing, highest, stacked } from './drawing.ts';

/**
 * Calls that ended, each second. What went wrong stands at the foot: there it can be compared from second to second, and
 * the outline is still the whole.
 */
export const calls: ChartKind = {
  title: 'Calls',
  legend: [
    { label: 'failed', paint: 'failed', mark: 'area' },
    { label: 'refused', paint: 'refused', mark: 'area' },
    { label: 'succeeded', paint: 'succeeded', mark: 'area' },
  ],
  format: perSecond,
  tick: short,
  isOn: () => true,
  draw: ({ series }, bucket) => drawCalls(series, bucket),
};

/** The same of any series: also of all origins together. */
export function drawCalls(series: Tallies, bucket: number): Drawing {
  const rate = (counts: readonly number[]) => counts.map((value) => (value * 1_000) / bucket);
  const values = [rate(failedIn(series)), rate(series.refused), rate(series.succeeded)];
  const most = highest(added(...values));
  const axis = linearAxis(most, 2);
  return { axis, values, paths: stacked(values, axis), summary: summary(series, bucket, most) };
}

function summary(series: Tallies, bucket: number, most: number): string {
  const { calls: all, succeeded, failed, refused } = totals(series);
  const window = span(series.calls.length * bucket);
  if (all === 0) return `Calls: none ended in the last ${window}.`;
  const parts = `${count(succeeded)} succeeded, ${count(failed)} failed, ${count(refused)} were refused`;
  return `Calls: ${plural(all, 'call')} ended in the last ${window}, of which ${parts}; at most ${perSecond(most)}.`;
}
