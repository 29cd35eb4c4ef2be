import type { Page } from 'playwright-core';

/** A text that is too faint. */
export interface FaintText {
  readonly text: string;
  readonly ratio: number;
  readonly colours: string;
}

/** What is compared, and what of it is too faint. */
export interface Contrast {
  readonly texts: number;
  readonly faint: readonly FaintText[];
}

/** Holds every visible text against its ground, as WCAG 2.2 asks of level AA: 4.5:1, and 3:1 where it is large. */
export function contrastOf(page: Page): Promise<Contrast> {
  return page.evaluate(() => {
    type Colour = readonly [number, number, number, number];
    const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const parse = (text: string): Colour => {
      if (!context) throw new Error('no canvas');
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = text;
      context.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const over = (top: Colour, ground: Colour): Colour => {
      const mix = (index: 0 | 1 | 2) => top[index] * top[3] + ground[index] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const groundOf = (element: Element | null): Colour => {
      if (!element) return [255, 255, 255, 1];
      const own = parse(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
    };
    const light = ([red, green, blue]: Colour) => {
      const linear = [red, green, blue].map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      const [r = 0, g = 0, b = 0] = linear;
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faint: FaintText[] = [];
    let texts = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (!element || text === '' || !element.checkVisibility({ visibilityProperty: true }))
        continue;
      if (element.closest('script, style, .unseen, :disabled')) continue;
      const style = getComputedStyle(element);
      const ground = groundOf(element);
      const own = over(parse(style.color), ground);
      const [bright, dark] = [light(own), light(ground)].sort((a, b) => b - a) as [number, number];
      const ratio = (bright + 0.05) / (dark + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      texts++;
      if (ratio >= (large ? 3 : 4.5)) continue;
      faint.push({ text, ratio, colours: `${style.color} on ${ground.join()}` });
    }
    return { texts, faint };
  });
}
