import type { OriginPicture } from '../feed.ts';
import { part, setText } from './element.ts';
import { type Filter, isOf, type Kind } from './filter.ts';
import { count } from './format.ts';
import type { Verdict } from './verdict.ts';

/** What the list of origins is narrowed down and sorted by. */
export function toolbar(onChange: () => void) {
  const bar = part('toolbar', HTMLElement);
  const text = part('filter', HTMLInputElement);
  const sort = part('sort', HTMLSelectElement);
  const kinds = [...bar.querySelectorAll<HTMLButtonElement>('button[data-kind]')];
  let kind: Kind = 'all';

  text.addEventListener('input', onChange);
  sort.addEventListener('change', onChange);
  for (const button of kinds) {
    button.addEventListener('click', () => {
      kind = button.dataset.kind as Kind;
      for (const each of kinds) each.setAttribute('aria-pressed', String(each === button));
      onChange();
    });
  }
  return {
    get filter(): Filter {
      return { text: text.value.trim(), kind, sort: sort.value as Filter['sort'] };
    },
    /** Says how many there are of each kind. */
    draw(origins: readonly (readonly [OriginPicture, Verdict])[]) {
      bar.hidden = origins.length < 2;
      for (const button of kinds) {
        const of = origins.filter(([origin, { level }]) =>
          isOf(button.dataset.kind as Kind, origin, level),
        );
        const number = button.querySelector('span');
        if (number) setText(number, count(of.length));
      }
    },
  };
}
