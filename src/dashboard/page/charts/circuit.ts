import type { OriginPicture } from '../../feed.ts';
import { percent, plural, span } from '../format.ts';
import { boxes } from '../paths.ts';

type State = OriginPicture['circuit'];

/** How high the ribbon is in its own units. */
export const ribbonHeight = 12;

/**
 * Where each state is drawn. By height as well as by colour: the more a circuit keeps back, the taller it stands, and
 * what an operator did looks like nothing that happens by itself.
 */
const bands: readonly (readonly [State, readonly (readonly [number, number])[]])[] = [
  ['closed', [[9, 12]]],
  ['half-open', [[5, 12]]],
  ['open', [[0, 12]]],
  [
    'isolated',
    [
      [0, 4.5],
      [7.5, 12],
    ],
  ],
];

/** The states that the ribbon has a path for, in the order of its paths. */
export const ribbonStates = bands.map(([state]) => state);

/** A path for each state. */
export function ribbonPaths(states: readonly State[]): string[] {
  return bands.map(([state, heights]) =>
    heights.map(([top, bottom]) => boxes(states, state, top, bottom)).join(''),
  );
}

/** What the ribbon shows, in words. */
export function ribbonSummary(states: readonly State[], bucket: number): string {
  const notClosed = states.filter((state) => state !== 'closed').length;
  const openings = states.filter(
    (state, index) => state !== 'closed' && (states[index - 1] ?? 'closed') === 'closed',
  ).length;
  const window = span(states.length * bucket);
  if (notClosed === 0) return `closed for all of the last ${window}`;
  const share = percent(notClosed / states.length);
  const times = openings === 1 ? 'opened once' : `opened ${plural(openings, 'time')}`;
  return `${times}, not closed for ${span(notClosed * bucket)} of the last ${window} (${share})`;
}
