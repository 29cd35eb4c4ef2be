import type { Decision } from '../feed.ts';
import { type DecisionGroup, type DecisionKind, kindOf, merged } from './decision-groups.ts';
import { html, part, setText } from './element.ts';
import { clock, count } from './format.ts';

/** More than that, nobody scrolls through. */
const shownAtMost = 120;

const labels: Readonly<Record<DecisionKind, string>> = {
  circuit: 'Circuit',
  retry: 'Retry',
  hedge: 'Hedge',
  refusal: 'Refused',
  wait: 'Wait',
  fallback: 'Fallback',
};

/**
 * What was decided on the callers' behalf, newest first. It does not move while it is pointed at or has the focus: what
 * comes in meanwhile is counted, and shown when the reader lets go or asks for it.
 */
export function decisionList() {
  const panel = part('decisions', HTMLElement);
  const scroller = part('decision-scroller', HTMLElement);
  const list = part('decision-list', HTMLElement);
  const origins = part('decision-origin', HTMLSelectElement);
  const kinds = part('decision-kind', HTMLSelectElement);
  const news = part('decision-news', HTMLButtonElement);
  const empty = part('decision-empty', HTMLElement);
  const items = new Map<string, { node: HTMLElement; times: HTMLElement }>();
  let groups: DecisionGroup[] = [];
  let pointed = false;
  // Not every browser lets the keyboard into what scrolls.
  scroller.tabIndex = 0;

  const wanted = () =>
    groups
      .filter(({ client, origin }) => !origins.value || origins.value === choiceOf(client, origin))
      .filter(({ event }) => !kinds.value || kinds.value === kindOf(event))
      .slice(0, shownAtMost);
  const isHeld = () =>
    pointed || (scroller.contains(document.activeElement) && document.hasFocus());
  const refresh = () => {
    const shown = wanted();
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, { node }] of items) {
      if (keys.has(key)) continue;
      node.remove();
      items.delete(key);
    }
    let place = list.firstElementChild;
    for (const group of shown) {
      const item = items.get(group.key) ?? itemOf(group);
      items.set(group.key, item);
      setText(item.times, group.times > 1 ? `×${count(group.times)}` : '');
      if (item.node === place) place = place.nextElementSibling;
      else list.insertBefore(item.node, place);
    }
    empty.hidden = shown.length > 0;
    news.hidden = true;
  };
  const update = () => {
    if (!isHeld()) return refresh();
    const fresh = wanted().filter(({ key }) => !items.has(key)).length;
    news.hidden = fresh === 0;
    setText(news, `${count(fresh)} new, show`);
  };

  scroller.addEventListener('pointerenter', ({ pointerType }) => {
    pointed = pointerType === 'mouse';
  });
  scroller.addEventListener('pointerleave', () => {
    pointed = false;
    update();
  });
  scroller.addEventListener('focusout', () => setTimeout(update));
  news.addEventListener('click', refresh);
  origins.addEventListener('change', refresh);
  kinds.addEventListener('change', refresh);

  return {
    draw(decisions: readonly Decision[]) {
      groups = merged(groups, decisions);
      for (const { client, origin } of groups) addOption(origins, client, origin);
      update();
    },
    /** Narrows it down to one origin, and goes there. */
    show({ client, origin }: { readonly client: string; readonly origin: string }) {
      addOption(origins, client, origin);
      origins.value = choiceOf(client, origin);
      kinds.value = '';
      refresh();
      panel.scrollIntoView({ block: 'nearest' });
      origins.focus({ preventScroll: true });
    },
  };
}

function itemOf({ at, client, origin, event, text }: DecisionGroup) {
  const kind = kindOf(event);
  const times = html('b', { class: 'times' });
  const when = html('time', { datetime: new Date(at).toISOString() }, clock(at));
  const where = html('span', { class: 'where', title: `${client}: ${origin}` }, hostOf(origin));
  const tag = html('span', { class: 'tag', 'data-event': event }, labels[kind]);
  const head = html('p', { class: 'head' }, when, tag, where, times);
  return { node: html('li', { 'data-kind': kind }, head, html('p', {}, text)), times };
}

/** Without its scheme, which says little and takes the place of what says more. */
function hostOf(origin: string): string {
  return origin.replace(/^\w+:\/\//, '');
}

function addOption(select: HTMLSelectElement, client: string, origin: string): void {
  const value = choiceOf(client, origin);
  if ([...select.options].some((option) => option.value === value)) return;
  select.append(html('option', { value }, `${hostOf(origin)} (${client})`));
}

function choiceOf(client: string, origin: string): string {
  return JSON.stringify([client, origin]);
}
