import type { OriginPicture, Picture } from '../feed.ts';
import { chart } from './chart.ts';
import { budget } from './charts/budget.ts';
import { calls } from './charts/calls.ts';
import { extraRequests } from './charts/extra-requests.ts';
import { latency } from './charts/latency.ts';
import { slots } from './charts/slots.ts';
import { type Controls, controlsOf } from './controls.ts';
import { html, setText } from './element.ts';
import { count, duration, percent, plural, span } from './format.ts';
import { indexOf, type Moment, momentOf, type Span } from './moment.ts';
import { ribbon } from './ribbon.ts';
import { totals } from './series.ts';

/** All that is known of one origin: the open part of its card. */
export interface Details {
  readonly node: HTMLElement;
  draw(origin: OriginPicture, picture: Picture): void;
  point(moment: number | null): void;
}

/** What cards ask of the page around them. */
export interface Surroundings {
  readonly moment: Moment;
  readonly controls: Controls;
  /** Shows the decisions of one origin. */
  readonly showDecisions: (origin: OriginPicture) => void;
}

/** Built when a card is opened for the first time: most of a hundred never are. */
export function details(name: string, first: OriginPicture, around: Surroundings): Details {
  const kinds = [calls, latency, extraRequests, budget, slots];
  const charts = kinds.map((kind) => ({ kind, ...chart(kind) }));
  const shown = () => charts.filter(({ node }) => !node.hidden);
  const timeline = ribbon(name, around.moment, () =>
    shown()
      .map((each) => each.values())
      .join('; '),
  );
  const facts = html('ul', { class: 'facts' });
  const summary = html('p', { class: 'totals' });
  const decisions = html('button', { type: 'button', class: 'quiet' }, 'Decisions');
  const controls = controlsOf(around.controls);
  const foot = html('div', { class: 'foot' }, summary, decisions, controls.node);
  const area = html('div', { class: 'charts' }, ...charts.map(({ node }) => node));
  const node = html('div', { class: 'details' }, timeline.node, area, facts, foot);
  let latest = first;
  let time: Span = { at: 0, bucket: 1_000, length: 1 };

  decisions.addEventListener('click', () => around.showDecisions(latest));
  node.addEventListener('pointermove', ({ target, clientX }) => {
    const plot = target instanceof Element ? target.closest('.plot') : null;
    if (!plot) return;
    const { left, width } = plot.getBoundingClientRect();
    const index = Math.floor(((clientX - left) / Math.max(1, width)) * time.length);
    around.moment.at = momentOf(index, time);
  });
  node.addEventListener('pointerleave', () => {
    around.moment.at = null;
  });

  const point = (moment: number | null) => {
    const index = indexOf(moment, time);
    for (const each of shown()) each.point(index);
    timeline.point(index);
  };
  return {
    node,
    point,
    draw(origin, picture) {
      latest = origin;
      const { at, bucket } = picture;
      time = { at, bucket, length: origin.series.calls.length };
      for (const each of charts) {
        each.node.hidden = !each.kind.isOn(origin);
        if (!each.node.hidden) each.draw(origin, bucket);
      }
      timeline.draw(origin, time);
      setText(summary, totalsOf(origin, bucket));
      showFacts(facts, factsOf(origin));
      controls.draw(origin, picture.controls);
      point(around.moment.at);
    },
  };
}

function totalsOf({ series, inFlight }: OriginPicture, bucket: number): string {
  const { calls: all, attempts, retries, hedges } = totals(series);
  const window = span(series.calls.length * bucket);
  const extra = `${plural(retries, 'retry', 'retries')}, ${plural(hedges, 'hedge')}`;
  return `In ${window}: ${plural(all, 'call')} ended, ${plural(attempts, 'request')} left (${extra}). ${count(inFlight)} in flight.`;
}

/** What is on, beyond what has a chart of its own. */
function factsOf({ cooldown, throttle, hedgeAfter }: OriginPicture): string[] {
  const facts: string[] = [];
  if (cooldown > 0) facts.push(`Pause: ${span(cooldown)} left`);
  if (throttle !== null) facts.push(`Throttle: refuses ${percent(throttle)}`);
  if (hedgeAfter !== null) facts.push(`Hedge after ${duration(hedgeAfter)}`);
  return facts;
}

function showFacts(list: HTMLUListElement, facts: readonly string[]): void {
  while (list.children.length > facts.length) list.lastElementChild?.remove();
  while (list.children.length < facts.length) list.append(html('li'));
  for (const [index, fact] of facts.entries()) {
    const item = list.children[index];
    if (item) setText(item, fact);
  }
  list.hidden = facts.length === 0;
}
