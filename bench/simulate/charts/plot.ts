import type { Stretch } from '../scale/figures.ts';
import { element, line, text } from './svg.ts';

/** Where values stand on an axis: 0 is its beginning and 1 its end. */
export interface Scale {
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  place(value: number): number;
}

/** What a chart shows of each second. */
export interface Measure {
  readonly name: string;
  /** Title of the axis, with its unit. */
  readonly axis: string;
  readonly scale: Scale;
  of(second: Stretch): number;
}

/** The rectangle that lines are drawn in, and the seconds that it is wide. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly trouble: { readonly from: number; readonly to: number };
}

const clamped = (value: number) => Math.max(0, Math.min(1, value));

function linear(most: number, ticks: readonly number[], unit = ''): Scale {
  return {
    ticks: ticks.map((at) => ({ at, label: `${at}${unit}` })),
    place: (value) => clamped(value / most),
  };
}

function logarithmic(least: number, most: number, ticks: Readonly<Record<string, number>>): Scale {
  return {
    ticks: Object.entries(ticks).map(([label, at]) => ({ at, label })),
    place: (value) => clamped(Math.log(Math.max(value, least) / least) / Math.log(most / least)),
  };
}

/** The three things that are looked at. */
export const measures: readonly Measure[] = [
  {
    name: 'goodput',
    axis: 'calls that end well, %',
    scale: linear(100, [0, 50, 100]),
    of: ({ good }) => good,
  },
  {
    name: 'load',
    axis: 'requests sent for each call made',
    scale: logarithmic(0.125, 16, { '¼': 0.25, '1': 1, '4': 4, '16': 16 }),
    of: ({ load }) => load,
  },
  {
    name: 'latency',
    axis: 'p99 of the calls that end well',
    scale: logarithmic(200, 32_000, { '0.5 s': 500, '2 s': 2_000, '8 s': 8_000, '32 s': 32_000 }),
    of: ({ p99 }) => p99,
  },
];

/** The ground of an area: its grid, and when something was wrong. */
export function groundOf(area: Area, { scale }: Measure): string {
  const { x, y, width, height, seconds, trouble } = area;
  const at = (second: number) => x + (width * second) / seconds;
  const [from, to] = [at(trouble.from / 1_000), at(trouble.to / 1_000)];
  const grid = scale.ticks.map((tick) => {
    const level = y + height * (1 - scale.place(tick.at));
    return element('line', { class: 'grid', x1: x, x2: x + width, y1: level, y2: level });
  });
  return [
    element('rect', { class: 'plot', x, y, width, height }),
    element('rect', { class: 'trouble', x: from, y, width: Math.max(3, to - from), height }),
    ...grid,
  ].join('');
}

/** A measure, second by second; with a gap where there is nothing to measure. */
export function lineOf(
  area: Area,
  { scale, of }: Measure,
  seconds: readonly Stretch[],
  kind: string,
): string {
  const points = seconds.map((second, index) => {
    const value = of(second);
    if (Number.isNaN(value)) return undefined;
    const x = area.x + (area.width * (index + 0.5)) / area.seconds;
    return [x, area.y + area.height * (1 - scale.place(value))] as const;
  });
  return line(points, kind);
}

/** The words at the left of an area. */
export function levelsOf({ x, y, height }: Area, { scale }: Measure): string {
  return scale.ticks
    .map(({ at, label }) => {
      const level = y + height * (1 - scale.place(at)) + 4;
      return text(label, x - 6, level, { class: 'tick', 'text-anchor': 'end' });
    })
    .join('');
}

/** The words below an area. */
export function secondsOf({ x, y, width, height, seconds }: Area): string {
  const every = seconds > 100 ? 60 : 30;
  const count = Math.floor(seconds / every);
  return Array.from({ length: count + 1 }, (_, index) => {
    const at = x + (width * index * every) / seconds;
    const isLast = index === count;
    const anchor = index === 0 ? 'start' : isLast ? 'end' : 'middle';
    const label = isLast ? `${index * every} s` : `${index * every}`;
    return text(label, at, y + height + 15, { class: 'tick', 'text-anchor': anchor });
  }).join('');
}
