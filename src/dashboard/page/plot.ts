import { html, setAttribute, svg } from './element.ts';

/** A drawing area: paths over buckets, and the line of the moment that is pointed at. */
export interface Plot {
  readonly node: HTMLElement;
  /** How many buckets wide it is, and the path of each paint. */
  draw(width: number, paths: readonly string[], backdrop?: string): void;
  /** The bucket that is pointed at. */
  point(index: number | null): void;
  /** What it shows, for those who do not see it. */
  describe(summary: string): void;
}

/**
 * The paths are in units of buckets and stretched to the place that there is, so a page that changes its size needs no new
 * paths, and a new second needs nothing but one attribute a path.
 *
 * @param paints the classes of the paths, the first at the back.
 */
export function plot(paints: readonly string[], height: number): Plot {
  const behind = svg('path', { class: 'backdrop' });
  const paths = paints.map((paint) => svg('path', { class: paint }));
  const drawing = svg('svg', { preserveAspectRatio: 'none', role: 'img' }, behind, ...paths);
  const cursor = html('i', { class: 'cursor', hidden: '' });
  const node = html('div', { class: 'plot' }, drawing, cursor);
  let buckets = 1;
  return {
    node,
    draw(width, shapes, backdrop = '') {
      buckets = Math.max(1, width);
      setAttribute(drawing, 'viewBox', `0 0 ${buckets} ${height}`);
      setAttribute(behind, 'd', backdrop);
      for (const [index, path] of paths.entries()) setAttribute(path, 'd', shapes[index] ?? '');
    },
    point(index) {
      cursor.hidden = index === null;
      if (index !== null) cursor.style.left = `${((index + 0.5) / buckets) * 100}%`;
    },
    describe(summary) {
      setAttribute(drawing, 'aria-label', summary);
    },
  };
}
