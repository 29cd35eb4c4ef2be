import type { Figures } from '../scale/figures.ts';
import { milliseconds, percent, seconds, times } from './format.ts';

/** A column of the table: its head, what stands in it, and which value is the better one. */
export interface Column {
  readonly head: string;
  readonly of: (figures: Figures) => number;
  readonly show: (value: number) => string;
  readonly better: 'more' | 'less';
  /** By how much a value has to be better to be called so. */
  readonly margin: (ours: number) => number;
}

const points = () => 0.5;
const tenth = (ours: number) => Math.max(0.02, ours / 10);

export const columns: readonly Column[] = [
  {
    head: 'end well, meanwhile',
    of: ({ during }) => during.good,
    show: percent,
    better: 'more',
    margin: points,
  },
  {
    head: 'end well, afterwards',
    of: ({ after }) => after.good,
    show: percent,
    better: 'more',
    margin: points,
  },
  {
    head: 'requests a call, meanwhile',
    of: ({ during }) => during.load,
    show: times,
    better: 'less',
    margin: tenth,
  },
  {
    head: 'requests a call, afterwards',
    of: ({ after }) => after.load,
    show: times,
    better: 'less',
    margin: tenth,
  },
  {
    head: 'p50, meanwhile',
    of: ({ during }) => during.p50,
    show: milliseconds,
    better: 'less',
    margin: tenth,
  },
  {
    head: 'p99, meanwhile',
    of: ({ during }) => during.p99,
    show: milliseconds,
    better: 'less',
    margin: tenth,
  },
  {
    head: 'p99, afterwards',
    of: ({ after }) => after.p99,
    show: milliseconds,
    better: 'less',
    margin: tenth,
  },
  {
    head: 'recovered after',
    of: ({ recovery }) => recovery,
    show: seconds,
    better: 'less',
    margin: () => 0.5,
  },
];

/** Who does better than we in a column, best first: what is to be said of ourselves before others find it out. */
export function betterIn({ of, better, margin }: Column, figures: readonly Figures[]): Figures[] {
  const [ours, ...others] = figures;
  if (!ours) return [];
  const sign = better === 'more' ? 1 : -1;
  const least = sign * of(ours) + margin(of(ours));
  return others
    .filter((other) => sign * of(other) > least)
    .toSorted((one, other) => sign * (of(other) - of(one)));
}

/** The figures of one scenario as text. */
export function tableOf(figures: readonly Figures[]): string {
  const head = ['', ...columns.map((column) => column.head)];
  const rows = figures.map((one) => [one.policy, ...columns.map(({ of, show }) => show(of(one)))]);
  const widths = head.map((cell, index) =>
    Math.max(...[head, ...rows].map((row) => (row[index] ?? cell).length)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, index) =>
          index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}
