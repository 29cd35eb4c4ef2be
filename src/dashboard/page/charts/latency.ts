import { logAxis } from '../axis.ts';
import { duration, span } from '../format.ts';
import { band, line } from '../paths.ts';
import { latest } from '../series.ts';
import { type ChartKind, heightsOf, highest, type Values } from './drawing.ts';

/** How long calls took. Logarithmic, since p50 and p99 are often a hundredfold apart, and both are to be read. */
export const latency: ChartKind = {
  title: 'Latency',
  note: 'log scale',
  legend: [
    { label: 'p50', paint: 'p50', mark: 'line' },
    { label: 'p95', paint: 'p95', mark: 'line' },
    { label: 'p99', paint: 'p99', mark: 'line' },
  ],
  format: duration,
  tick: duration,
  isOn: () => true,
  draw: ({ series }, bucket) => {
    const values = [series.p50, series.p95, series.p99];
    const axis = logAxis(lowest(series.p50), highest(...values));
    const heights = values.map((list) => heightsOf(list, axis));
    const [low = [], , high = []] = heights;
    return {
      axis,
      values,
      paths: heights.map(line),
      backdrop: band(low, high),
      summary: summary(values, bucket),
    };
  },
};

function lowest(values: Values): number {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? known.reduce((least, value) => Math.min(least, value)) : 1;
}

function summary(values: readonly Values[], bucket: number): string {
  const [p50, p95, p99] = values.map((list) => latest(list, list.length));
  const window = span((values[0]?.length ?? 0) * bucket);
  if (p50 == null || p95 == null || p99 == null) {
    return `Latency: no call was answered in the last ${window}.`;
  }
  const now = `p50 ${duration(p50)}, p95 ${duration(p95)}, p99 ${duration(p99)} at last`;
  return `Latency: ${now}; p99 at most ${duration(highest(values[2] ?? []))} in the last ${window}.`;
}
