import type { OriginPicture } from '../feed.ts';
import { html, setText } from './element.ts';
import { span } from './format.ts';
import { icon, stateNames } from './icons.ts';

/** The state of a circuit as a shape, a colour and a word, and when that will change. */
export function badge() {
  const shape = icon('closed');
  const word = html('b');
  const wait = html('small');
  const draw = ({ circuit, retryAfter }: OriginPicture) => {
    shape.show(circuit);
    setText(word, stateNames[circuit]);
    setText(wait, circuit === 'open' && retryAfter ? `probe in ${span(retryAfter)}` : '');
  };
  return { node: html('div', { class: 'badge' }, shape.node, word, wait), draw };
}
