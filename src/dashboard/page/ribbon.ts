import type { OriginPicture } from '../feed.ts';
import { ribbonHeight, ribbonPaths, ribbonStates, ribbonSummary } from './charts/circuit.ts';
import { html, setAttribute, setText } from './element.ts';
import { clock, span } from './format.ts';
import { stateNames } from './icons.ts';
import { indexOf, type Moment, momentOf, type Span } from './moment.ts';
import { plot } from './plot.ts';

/** The states of a circuit over time, which is also where a moment is chosen by keyboard. */
export interface Ribbon {
  readonly node: HTMLElement;
  draw(origin: OriginPicture, time: Span): void;
  point(index: number | null): void;
}

/** How far each key goes, in buckets. */
const strides: Readonly<Record<string, number>> = {
  ...{ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 },
  ...{ PageDown: -10, PageUp: 10, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY },
};

/**
 * To assistive technology it is a slider over time, whose value is what all charts of the card show at that second. The
 * value changes when the reader moves it and not each second, or it would be read out without end.
 *
 * @param values what the charts show, in words.
 */
export function ribbon(name: string, moment: Moment, values: () => string): Ribbon {
  const area = plot([...ribbonStates], ribbonHeight);
  const state = html('b');
  const when = html('span', { class: 'when' });
  const summary = html('span', { class: 'summary' });
  const start = html('span');
  const slider = html(
    'div',
    { class: 'slider', role: 'slider', tabindex: '0', 'aria-label': `Moment shown of ${name}` },
    area.node,
  );
  let time: Span = { at: 0, bucket: 1_000, length: 1 };
  let states: OriginPicture['series']['circuit'] = [];

  const tell = (index: number | null) => {
    const place = index ?? time.length - 1;
    const spoken = index === null ? 'now' : clock(momentOf(index, time));
    const circuit = stateNames[states[place] ?? 'closed'];
    slider.setAttribute('aria-valuenow', String(place));
    slider.setAttribute('aria-valuetext', `${spoken}: circuit ${circuit}, ${values()}`);
  };
  slider.addEventListener('focus', () => tell(indexOf(moment.at, time)));
  slider.addEventListener('blur', () => {
    moment.at = null;
  });
  slider.addEventListener('keydown', (event) => {
    const stride = strides[event.key];
    if (event.key === 'Escape') moment.at = null;
    else if (stride === undefined) return;
    else moment.at = momentOf((indexOf(moment.at, time) ?? time.length - 1) + stride, time);
    event.preventDefault();
    tell(indexOf(moment.at, time));
  });
  const title = html('p', { class: 'head' }, html('span', {}, 'Circuit '), state, when, summary);
  const ends = html('p', { class: 'ends', 'aria-hidden': 'true' }, start, html('span', {}, 'now'));
  return {
    node: html('div', { class: 'ribbon' }, title, slider, ends),
    draw(origin, drawn) {
      time = drawn;
      states = origin.series.circuit;
      area.draw(time.length, ribbonPaths(states));
      area.describe(`Circuit: ${ribbonSummary(states, time.bucket)}.`);
      setText(summary, ribbonSummary(states, time.bucket));
      setText(start, `${span(time.length * time.bucket)} ago`);
      setAttribute(slider, 'aria-valuemin', '0');
      setAttribute(slider, 'aria-valuemax', String(time.length - 1));
      if (!slider.hasAttribute('aria-valuenow')) tell(null);
    },
    point(index) {
      area.point(index);
      setText(state, stateNames[states[index ?? states.length - 1] ?? 'closed'].toLowerCase());
      setText(when, index === null ? 'now' : `at ${clock(momentOf(index, time))}`);
    },
  };
}
