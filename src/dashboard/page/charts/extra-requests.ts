import { linearAxis } from '../axis.ts';
import { percent, plural, span } from '../format.ts';
import { shareOfCalls, totals } from '../series.ts';
import { added, type ChartKind, highest, stacked } from './drawing.ts';

/** What retries and second copies cost the origin: requests for each call, beyond its first one. */
export const extraRequests: ChartKind = {
  title: 'Extra requests',
  note: 'per call',
  legend: [
    { label: 'retries', paint: 'retries', mark: 'area' },
    { label: 'hedges', paint: 'hedges', mark: 'area' },
  ],
  format: percent,
  tick: percent,
  isOn: () => true,
  draw: ({ series }, bucket) => {
    const values = [shareOfCalls(series.retries, series), shareOfCalls(series.hedges, series)];
    const axis = linearAxis(highest(added(...values)), 0.1);
    const { attempts, retries, hedges, extra } = totals(series);
    const window = span(series.calls.length * bucket);
    const counts = `${plural(retries, 'retry', 'retries')} and ${plural(hedges, 'second copy', 'second copies')}`;
    const summary = `Extra requests: ${counts} among ${plural(attempts, 'request')} in the last ${window}, ${percent(extra)} for each call.`;
    return { axis, values, paths: stacked(values, axis), summary };
  },
};
