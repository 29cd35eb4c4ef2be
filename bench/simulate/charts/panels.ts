import type { Figures } from '../scale/figures.ts';
import type { Scenario } from '../scale/scenarios.ts';
import { type Area, groundOf, levelsOf, lineOf, type Measure, secondsOf } from './plot.ts';
import { picture, text } from './svg.ts';

const columns = 3;
const plot = { width: 236, height: 76 };
const gap = { x: 20, y: 36 };
const left = 50;
const top = 104;

/** What a chart says of itself. */
export interface Words {
  readonly title: string;
  readonly subtitle: readonly string[];
  /** What stands beside a policy's name. */
  say(figures: Figures): string;
}

/** All policies beside each other, each against ours, on the same axes. Ours is the first one. */
export function panels(
  { title, subtitle, say }: Words,
  { trouble }: Scenario,
  measure: Measure,
  figures: readonly Figures[],
): string {
  const [ours] = figures;
  const rows = Math.ceil(figures.length / columns);
  const width = left + columns * plot.width + (columns - 1) * gap.x + 22;
  const height = top + rows * plot.height + (rows - 1) * gap.y + 34;
  const areaAt = (index: number): Area => ({
    ...plot,
    x: left + (index % columns) * (plot.width + gap.x),
    y: top + Math.floor(index / columns) * (plot.height + gap.y),
    seconds: ours?.seconds.length ?? 0,
    trouble,
  });
  const cells = figures.map((one, index) => {
    const area = areaAt(index);
    const isOurs = one === ours;
    return [
      groundOf(area, measure),
      index % columns === 0 ? levelsOf(area, measure) : '',
      index + columns >= figures.length ? secondsOf(area) : '',
      ours && !isOurs ? lineOf(area, measure, ours.seconds, 'faint') : '',
      lineOf(area, measure, one.seconds, isOurs ? 'ours' : 'peer'),
      text(one.policy, area.x, area.y - 7, { class: isOurs ? 'name of-ours' : 'name' }),
      text(say(one), area.x + area.width, area.y - 7, { class: 'tick', 'text-anchor': 'end' }),
    ].join('');
  });
  return picture(
    width,
    height,
    `${title}. ${subtitle.join(' ')}`,
    text(title, 20, 31, { class: 'title' }),
    ...subtitle.map((row, index) => text(row, 20, 52 + 17 * index, { class: 'soft' })),
    ...cells,
    figures.length % columns === 0 ? '' : keyIn(areaAt(figures.length), measure),
  );
}

/** What the lines are, in the place that is left. */
function keyIn({ x, y }: Area, { axis }: Measure): string {
  return [
    text(axis, x, y + 12, { class: 'soft' }),
    text('the policy that is named', x, y + 32, { class: 'name of-peer' }),
    text('resilient-fetch, in the same place', x, y + 49, { class: 'of-ours' }),
    text('shaded: while something is wrong', x, y + 66, { class: 'soft' }),
  ].join('');
}
