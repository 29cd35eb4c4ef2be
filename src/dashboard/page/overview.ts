import type { Picture } from '../feed.ts';
import { drawCalls } from './charts/calls.ts';
import { part, setText } from './element.ts';
import { count, nothing, percent, perSecond, span } from './format.ts';
import { headline } from './headline.ts';
import { icon } from './icons.ts';
import type { Judged } from './origin-list.ts';
import { chartHeight } from './paths.ts';
import { plot } from './plot.ts';
import { bucketsOf, together, totals } from './series.ts';
import type { Level } from './verdict.ts';

/** The head of the page: all origins in a sentence, in five figures and in one chart. */
export function overview() {
  const sentence = part('headline', HTMLElement);
  const head = part('head', HTMLElement);
  const sign = icon('calm');
  part('sign', HTMLElement).append(sign.node);
  const area = plot(['area failed', 'area refused', 'area succeeded'], chartHeight);
  const panel = part('overview', HTMLElement);
  part('all-calls', HTMLElement).append(area.node);
  return {
    draw(judged: Judged, picture: Picture) {
      const verdicts = judged.map(([, verdict]) => verdict);
      const worst = worstOf(verdicts.map(({ level }) => level));
      const text = headline(verdicts);
      setText(sentence, text);
      document.title = `${text} · resilient-fetch`;
      head.dataset.level = worst;
      sign.show(worst);
      panel.hidden = judged.length === 0;
      if (panel.hidden) return;
      for (const [id, figure] of Object.entries(figuresOf(picture))) {
        setText(part(`all-${id}`, HTMLElement), figure);
      }
      const all = together(picture.origins);
      const { paths, summary } = drawCalls(all, picture.bucket);
      area.draw(all.calls.length, paths);
      area.describe(`All origins. ${summary}`);
    },
  };
}

function worstOf(levels: readonly Level[]): Level {
  if (levels.includes('broken')) return 'broken';
  return levels.includes('troubled') ? 'troubled' : 'calm';
}

function figuresOf(picture: Picture) {
  const { origins, bucket } = picture;
  const all = together(origins);
  const minute = totals(all, bucketsOf(60_000, picture));
  const recent = Math.min(bucketsOf(10_000, picture), Math.max(1, all.calls.length));
  const inFlight = origins.reduce((total, origin) => total + origin.inFlight, 0);
  const open = origins.filter(({ circuit }) => circuit !== 'closed').length;
  return {
    rate: perSecond((totals(all, recent).calls * 1_000) / (recent * bucket)),
    succeeded: minute.calls > 0 ? percent(minute.succeeded / minute.calls) : nothing,
    extra: percent(minute.extra),
    flight: count(inFlight),
    open: count(open),
    window: `calls of the last ${span(all.calls.length * bucket)}`,
  };
}
