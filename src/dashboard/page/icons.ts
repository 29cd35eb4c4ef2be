import type { OriginPicture } from '../feed.ts';
import { svg } from './element.ts';

/** Outlines on a grid of 16 by 16. States differ in shape, so that they are told apart without their colour. */
const shapes = {
  closed: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM5 8.2l2.1 2.1L11.2 6',
  open: 'M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8',
  'half-open': 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM8 1.5v13M10.5 4v8M12.8 6v4',
  isolated: 'M3 7.2h10v7H3zM5 7.2V4.8a3 3 0 0 1 6 0v2.4M8 9.8v2',
  calm: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM5 8.2l2.1 2.1L11.2 6',
  troubled: 'M8 1.8l6.7 12.2H1.3zM8 6.4v3.4M8 11.8v.4',
  broken: 'M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM8 4.6v4.2M8 11v.5',
  chevron: 'M4 6l4 4l4-4',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M4.5 3l8 5l-8 5z',
  auto: 'M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12zM8 2v12M10 3v10M12 4.5v7',
  light:
    'M8 5a3 3 0 1 0 0 6a3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9L13 13M3 13l1.1-1.1M11.9 4.1L13 3',
  dark: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z',
};

export type IconName = keyof typeof shapes;

/** A small drawing that is never the only thing that says something: it is hidden from screen readers. */
export function icon(name: IconName): { node: SVGElement; show: (name: IconName) => void } {
  const path = svg('path', { d: shapes[name] });
  const node = svg('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, path);
  let shown = name;
  const show = (next: IconName) => {
    if (next !== shown) path.setAttribute('d', shapes[next]);
    shown = next;
  };
  return { node, show };
}

/** What the state of a circuit is called on the page. */
export const stateNames: Readonly<Record<OriginPicture['circuit'], string>> = {
  closed: 'Closed',
  open: 'Open',
  'half-open': 'Half-open',
  isolated: 'Isolated',
};
