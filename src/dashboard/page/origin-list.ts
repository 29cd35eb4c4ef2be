import type { OriginPicture, Picture } from '../feed.ts';
import { Arrangement, type Entry } from './arrangement.ts';
import { type Card, card } from './card.ts';
import type { Surroundings } from './details.ts';
import { part } from './element.ts';
import { type Filter, isOf, mentions } from './filter.ts';
import { glide } from './glide.ts';
import { totals } from './series.ts';
import type { Level, Verdict } from './verdict.ts';

/** What is drawn: each origin with what is thought of it. */
export type Judged = readonly (readonly [OriginPicture, Verdict])[];

/** So few origins are open from the start, and so many troubled ones open by themselves. */
const few = 4;
const opened = 3;
/** How long a reader's hand keeps everything in its place, in milliseconds. */
const stillness = 4_000;

const ranks: Readonly<Record<Level, number>> = { broken: 0, troubled: 1, calm: 2 };

/** The cards, in an order that does not change under the reader's hands. */
export function originList(around: Surroundings) {
  const list = part('cards', HTMLElement);
  const arrangement = new Arrangement();
  const cards = new Map<string, Card>();
  /** Which cards the reader opened or closed himself; the others follow what happens. */
  const chosen = new Map<string, boolean>();
  let order: string[] = [];
  let touchedAt = Number.NEGATIVE_INFINITY;
  let filtered: Filter | undefined;

  for (const name of ['pointermove', 'keydown', 'focusin']) {
    list.addEventListener(name, () => {
      touchedAt = performance.now();
    });
  }
  around.moment.onChange((at) => {
    for (const each of cards.values()) each.point(at);
  });

  const cardOf = (key: string, origin: OriginPicture) => {
    const known = cards.get(key);
    if (known) return known;
    const made = card(origin, around, (open) => chosen.set(key, open));
    cards.set(key, made);
    return made;
  };

  return {
    /** Draws what is known, and says how many origins the filter lets through. */
    draw(judged: Judged, picture: Picture, filter: Filter): number {
      const now = performance.now();
      const entries = judged.map(([origin, { level }]) => entryOf(origin, level, filter));
      const wanted = arrangement.order(entries, now);
      const asked = JSON.stringify(filter) !== JSON.stringify(filtered);
      filtered = filter;
      const held = now - touchedAt < stillness && !asked;
      if (!held) order = wanted;
      order = complete(order, wanted);

      const byKey = new Map(judged.map((each) => [keyOf(each[0]), each]));
      drop(cards, byKey);
      let shown = 0;
      const arranged: HTMLElement[] = [];
      for (const key of order) {
        const [origin, verdict] = byKey.get(key) ?? [];
        if (!origin || !verdict) continue;
        const each = cardOf(key, origin);
        each.node.hidden =
          !isOf(filter.kind, origin, verdict.level) || !mentions(filter.text, origin);
        if (!each.node.hidden) shown++;
        if (!each.node.hidden || !each.node.isConnected) each.draw(origin, picture, verdict);
        arranged.push(each.node);
      }
      if (!held) openByItself(order, byKey);
      glide(list, arranged);
      return shown;
    },
  };

  function openByItself(keys: readonly string[], byKey: ReadonlyMap<string, Judged[number]>): void {
    let left = opened;
    for (const key of keys) {
      const level = byKey.get(key)?.[1].level;
      const troubled = level !== 'calm' && left > 0;
      if (troubled) left--;
      cards.get(key)?.open(chosen.get(key) ?? (troubled || keys.length <= few));
    }
  }
}

function entryOf(origin: OriginPicture, level: Level, { sort }: Filter): Entry {
  const calls = totals(origin.series).calls;
  const rank = { trouble: ranks[level], name: 0, calls: -Math.floor(Math.log2(calls + 1)) }[sort];
  return { key: keyOf(origin), name: `${origin.client} ${origin.origin}`, rank };
}

/** The order that was kept, without what is gone, and with what is new at its end. */
function complete(kept: readonly string[], wanted: readonly string[]): string[] {
  const present = new Set(wanted);
  const known = new Set(kept);
  return [...kept.filter((key) => present.has(key)), ...wanted.filter((key) => !known.has(key))];
}

function drop(cards: Map<string, Card>, present: ReadonlyMap<string, unknown>): void {
  for (const [key, { node }] of cards) {
    if (present.has(key)) continue;
    node.remove();
    cards.delete(key);
  }
}

function keyOf({ client, origin }: OriginPicture): string {
  return JSON.stringify([client, origin]);
}
