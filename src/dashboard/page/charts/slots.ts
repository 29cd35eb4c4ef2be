import { linearAxis } from '../axis.ts';
import { count, plural, short, span } from '../format.ts';
import { line } from '../paths.ts';
import { added, type ChartKind, heightsOf, highest, stacked } from './drawing.ts';

/** Who has a slot, who waits for one, and how many there are, which is a moving line where the limit is adaptive. */
export const slots: ChartKind = {
  title: 'Slots',
  legend: [
    { label: 'in use', paint: 'in-use', mark: 'area' },
    { label: 'waiting', paint: 'queued', mark: 'area' },
    { label: 'limit', paint: 'limit', mark: 'line' },
  ],
  format: short,
  tick: short,
  isOn: ({ slots }) => slots !== null,
  gauge: ({ slots }) => ({ value: slots?.inUse ?? 0, most: slots?.limit ?? 0 }),
  draw: ({ slots, series }, bucket) => {
    const { inUse, queued, limit } = series;
    const axis = linearAxis(highest(added(inUse, queued), limit), 2);
    const now = `${count(slots?.inUse ?? 0)} of ${plural(slots?.limit ?? 0, 'slot')} in use, ${plural(slots?.queued ?? 0, 'call waits', 'calls wait')}`;
    const window = span(series.calls.length * bucket);
    return {
      axis,
      values: [inUse, queued, limit],
      paths: [...stacked([inUse, queued], axis), line(heightsOf(limit, axis))],
      summary: `Slots: ${now}; at most ${count(highest(queued))} waited in the last ${window}.`,
    };
  },
};
