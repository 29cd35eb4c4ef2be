import type { OriginPicture, Picture } from '../feed.ts';
import { badge } from './badge.ts';
import { type Details, details, type Surroundings } from './details.ts';
import { html, setAttribute, setText } from './element.ts';
import { duration, nothing, percent, perSecond } from './format.ts';
import { icon } from './icons.ts';
import { bucketsOf, latest, totals } from './series.ts';
import { sparkline } from './sparkline.ts';
import type { Verdict } from './verdict.ts';

/** One origin on the page: a line of figures, which opens to all that is known. */
export interface Card {
  readonly node: HTMLLIElement;
  draw(origin: OriginPicture, picture: Picture, verdict: Verdict): void;
  open(open: boolean): void;
  point(moment: number | null): void;
}

let cards = 0;

/** @param onToggle hears that the reader himself opened or closed it. */
export function card(
  first: OriginPicture,
  around: Surroundings,
  onToggle: (open: boolean) => void,
): Card {
  const { client, origin: name } = first;
  const id = `origin-${++cards}`;
  const [, scheme = '', rest = name] = /^(\w+:\/\/)?(.*)$/s.exec(name) ?? [];
  const toggle = html(
    'button',
    {
      type: 'button',
      'aria-expanded': 'false',
      'aria-controls': id,
      'aria-describedby': `${id}-verdict`,
    },
    ...[html('span', { class: 'scheme' }, scheme), rest],
  );
  const state = badge();
  const verdictText = html('p', { class: 'verdict', id: `${id}-verdict` });
  const title = html('h3', {}, toggle, html('span', { class: 'client' }, client));
  const spark = sparkline();
  const figures = [figure('succeeded'), figure('calls'), figure('p95')] as const;
  const row = html(
    'div',
    { class: 'row' },
    ...[state.node, html('div', { class: 'name' }, title, verdictText), spark.node],
    html('dl', { class: 'figures' }, ...figures.map(({ node }) => node)),
    icon('chevron').node,
  );
  const body = html('div', { class: 'body', id, hidden: '' });
  const node = html('li', { class: 'card' }, row, body);
  let inside: Details | undefined;
  let newest: { origin: OriginPicture; picture: Picture } | undefined;

  let away = false;

  const drawCharts = () => {
    if (!newest || away) return;
    spark.draw(newest.origin, newest.picture.bucket);
    if (!body.hidden) inside?.draw(newest.origin, newest.picture);
  };
  // What is scrolled away is told in words only, and drawn when it comes back: of a hundred cards, ten are seen.
  node.addEventListener('contentvisibilityautostatechange', (event) => {
    away = event instanceof ContentVisibilityAutoStateChangeEvent && event.skipped;
    drawCharts();
  });
  const open = (wanted: boolean) => {
    if (wanted === !body.hidden) return;
    body.hidden = !wanted;
    toggle.setAttribute('aria-expanded', String(wanted));
    if (!wanted) return;
    inside ??= details(name, first, around);
    if (!inside.node.isConnected) body.append(inside.node);
    drawCharts();
  };
  toggle.addEventListener('click', () => {
    const wanted = body.hidden === true;
    open(wanted);
    onToggle(wanted);
  });
  return {
    node,
    open,
    point: (moment) => {
      if (!body.hidden) inside?.point(moment);
    },
    draw(origin, picture, verdict) {
      newest = { origin, picture };
      setAttribute(node, 'data-level', verdict.level);
      setAttribute(node, 'data-circuit', origin.circuit);
      state.draw(origin);
      setText(verdictText, verdict.text);
      const texts = figuresOf(origin, picture);
      for (const [index, { value }] of figures.entries()) setText(value, texts[index] ?? nothing);
      drawCharts();
    },
  };
}

function figure(label: string) {
  const value = html('dd', {}, nothing);
  return { node: html('div', {}, html('dt', {}, label), value), value };
}

/** The share that succeeded within the last minute, calls a second in the last ten, and the newest p95. */
function figuresOf({ series }: OriginPicture, picture: Picture): string[] {
  const minute = totals(series, bucketsOf(60_000, picture));
  const recent = bucketsOf(10_000, picture);
  const length = Math.min(recent, series.calls.length);
  const rate = (totals(series, recent).calls * 1_000) / (length * picture.bucket);
  const p95 = latest(series.p95, recent);
  return [
    minute.calls > 0 ? percent(minute.succeeded / minute.calls) : nothing,
    perSecond(rate),
    p95 === null ? nothing : duration(p95),
  ];
}
