import type { OriginPicture } from '../../feed.ts';
import type { Axis } from '../axis.ts';
import { stepArea } from '../paths.ts';

/** Values in time, oldest first; `null` where nothing is known. */
export type Values = readonly (number | null)[];

/** One kind of chart: what it is called, what its lines are, and how it is drawn of an origin. */
export interface ChartKind {
  readonly title: string;
  /** What a reader must know to read it, in two or three words. */
  readonly note?: string;
  readonly legend: readonly LegendEntry[];
  /** A value as the legend shows it. */
  readonly format: (value: number) => string;
  /** A value as the axis shows it. */
  readonly tick: (value: number) => string;
  /** Whether the origin has what this shows. */
  readonly isOn: (origin: OriginPicture) => boolean;
  /** How much there is now of what there can be, where that is a thing of its own. */
  readonly gauge?: (origin: OriginPicture) => Gauge;
  readonly draw: (origin: OriginPicture, bucket: number) => Drawing;
}

export interface Gauge {
  readonly value: number;
  readonly most: number;
}

/** One line or area, and where its colour comes from: a class of the style sheet. */
export interface LegendEntry {
  readonly label: string;
  readonly paint: string;
  readonly mark: 'area' | 'line';
}

/** What is to be seen now, a list and a path for each entry of the legend. */
export interface Drawing {
  readonly axis: Axis;
  readonly values: readonly Values[];
  readonly paths: readonly string[];
  /** Behind all of it. */
  readonly backdrop?: string;
  /** The chart as a sentence. */
  readonly summary: string;
}

/** Areas on top of each other, the first at the foot. */
export function stacked(layers: readonly Values[], axis: Axis): string[] {
  let lower = new Array<number>(layers[0]?.length ?? 0).fill(0);
  let total = lower;
  return layers.map((layer) => {
    total = total.map((below, index) => below + (layer[index] ?? 0));
    const upper = total.map((value) => axis.place(value));
    const area = stepArea(lower, upper);
    lower = upper;
    return area;
  });
}

/** How high a line is at each value; it breaks off where nothing is known. */
export function heightsOf(values: Values, axis: Axis): (number | null)[] {
  return values.map((value) => (value === null ? null : axis.place(value)));
}

/** The highest of some lists, 0 if there is nothing in them. */
export function highest(...lists: readonly Values[]): number {
  return lists.flat().reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

/** The lists added up, bucket by bucket. */
export function added(...lists: readonly Values[]): number[] {
  const length = lists[0]?.length ?? 0;
  return Array.from({ length }, (_, index) =>
    lists.reduce((total, list) => total + (list[index] ?? 0), 0),
  );
}
