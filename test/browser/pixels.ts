import type { Locator, Page } from 'playwright-core';

/** A colour as the screen shows it. */
export type Colour = readonly [red: number, green: number, blue: number];

/** What is to be seen of an element now. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** How many pixels of a column, or of all from one share of the width to another, have a colour. */
  count(colour: Colour, from?: number, to?: number): number;
}

/** Colours this near to each other are the same: edges are smoothed. */
const tolerance = 12;

/** Takes a screenshot of an element, and lets a browser read its pixels. */
export async function pixelsOf(element: Locator): Promise<Picture> {
  const png = (await element.screenshot({ animations: 'disabled' })).toString('base64');
  const { width, height, data } = await decode(element.page(), png);
  return {
    ...{ width, height },
    count([red, green, blue], from = 0, to = 1) {
      let found = 0;
      for (let y = 0; y < height; y++) {
        for (let x = Math.ceil(from * width); x < Math.floor(to * width); x++) {
          const at = 4 * (y * width + x);
          const near = (index: number, value: number) =>
            Math.abs((data[at + index] ?? 0) - value) <= tolerance;
          if (near(0, red) && near(1, green) && near(2, blue)) found++;
        }
      }
      return found;
    },
  };
}

/** The colour that a path is filled with. */
export async function fillOf(path: Locator): Promise<Colour> {
  const text = await path.evaluate((element) => getComputedStyle(element).fill);
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

/** On a page of its own: the one that is looked at may forbid it. */
async function decode(page: Page, png: string) {
  const reader = await page.context().newPage();
  try {
    const { width, height, pixels } = await reader.evaluate(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      context.drawImage(image, 0, 0);
      const { data: bytes } = context.getImageData(0, 0, image.width, image.height);
      let text = '';
      for (const byte of bytes) text += String.fromCharCode(byte);
      return { width: image.width, height: image.height, pixels: btoa(text) };
    }, png);
    return { width, height, data: Buffer.from(pixels, 'base64') };
  } finally {
    await reader.close();
  }
}
