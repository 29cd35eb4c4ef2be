import type { OriginPicture } from '../feed.ts';
import type { Axis } from './axis.ts';
import type { ChartKind, Drawing, Gauge, Values } from './charts/drawing.ts';
import { html, setAttribute, setText } from './element.ts';
import { nothing, short } from './format.ts';
import { chartHeight } from './paths.ts';
import { plot } from './plot.ts';
import { latest } from './series.ts';

/** A chart on the page. */
export interface Chart {
  readonly node: HTMLElement;
  draw(origin: OriginPicture, bucket: number): void;
  /** Shows the values of one bucket, or with `null` those of now. */
  point(index: number | null): void;
  /** The values that it shows, in words. */
  values(): string;
}

/** How many buckets back a value still counts as that of now. */
const current = 10;

/** A chart with its axis, and a legend that shows values: of now, or of the moment that is pointed at. */
export function chart(kind: ChartKind): Chart {
  const legend = kind.legend.map(({ label, paint, mark }) => {
    const value = html('dd', {}, nothing);
    const swatch = html('i', { class: `swatch ${mark} ${paint}` });
    return { label, value, entry: html('div', {}, html('dt', {}, swatch, label), value) };
  });
  const title = html('h4', {}, kind.title);
  if (kind.note) title.append(' ', html('small', {}, kind.note));
  const meter = kind.gauge && gauge(kind.title);
  const head = html('div', { class: 'head' }, title);
  if (meter) head.append(meter.node);
  const area = plot(
    kind.legend.map(({ mark, paint }) => `${mark} ${paint}`),
    chartHeight,
  );
  const scale = axis(kind.tick);
  const drawn = html('div', { class: 'drawn' }, scale.node, area.node);
  const list = html('dl', { class: 'legend' }, ...legend.map(({ entry }) => entry));
  let values: readonly Values[] = [];
  let pointed: number | null = null;

  const readOut = () => {
    for (const [index, { value }] of legend.entries()) {
      const all = values[index] ?? [];
      const found = pointed === null ? latest(all, current) : (all[pointed] ?? null);
      setText(value, found === null ? nothing : kind.format(found));
    }
  };
  return {
    node: html('figure', { class: 'chart', 'data-chart': kind.title }, head, list, drawn),
    draw(origin, bucket) {
      const drawing: Drawing = kind.draw(origin, bucket);
      values = drawing.values;
      area.draw(origin.series.calls.length, drawing.paths, drawing.backdrop);
      area.describe(drawing.summary);
      scale.draw(drawing.axis);
      if (kind.gauge) meter?.draw(kind.gauge(origin));
      readOut();
    },
    point(index) {
      pointed = index;
      area.point(index);
      readOut();
    },
    values: () => legend.map(({ label, value }) => `${label} ${value.textContent}`).join(', '),
  };
}

/** Lines across a chart, with what they stand for beside them. */
function axis(format: (value: number) => string) {
  const node = html('div', { class: 'axis', 'aria-hidden': 'true' });
  let shown = '';
  const draw = ({ ticks, place }: Axis) => {
    const lines = ticks.map((tick) => `${format(tick)} ${place(tick)}`).join();
    if (lines === shown) return;
    shown = lines;
    node.replaceChildren(
      ...ticks.map((tick) => {
        const line = html('span', {}, html('b', {}, format(tick)));
        line.style.bottom = `${place(tick) * 100}%`;
        return line;
      }),
    );
  };
  return { node, draw };
}

/** A bar that is as full as what it stands for. */
function gauge(label: string) {
  const fill = html('i');
  const bar = html('span', { class: 'bar', role: 'meter', 'aria-label': label }, fill);
  const text = html('span', { class: 'of' });
  const draw = ({ value, most }: Gauge) => {
    const share = most > 0 ? Math.min(1, value / most) : 0;
    fill.style.width = `${share * 100}%`;
    setText(text, `${short(value)} of ${short(most)}`);
    setAttribute(bar, 'aria-valuemax', String(most));
    setAttribute(bar, 'aria-valuenow', String(Math.round(value * 10) / 10));
    setAttribute(bar, 'data-low', share < 0.1 ? '' : undefined);
  };
  return { node: html('div', { class: 'gauge' }, bar, text), draw };
}
