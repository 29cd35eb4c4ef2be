import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decision, Picture } from '../../src/dashboard/feed.ts';
import { startChromium } from './chromium.ts';
import { contrastOf } from './contrast.ts';
import { openPage } from './open-page.ts';
import { fillOf, pixelsOf } from './pixels.ts';
import { calm, outage, pictureOf } from './scene.ts';
import { startStub } from './stub.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

const long =
  'https://a-name-that-is-much-too-long-for-a-narrow-screen.recommendations.example:8443';
const events = [
  'call.refused',
  'circuit.opened',
  'circuit.closed',
  'hedge.sent',
  'call.held',
] as const;

/** Every state and every part at once: the widest that the page can become. */
const everything = complete(
  pictureOf(
    [
      { client: 'checkout', origin: 'https://open.example', story: outage(40, 90) },
      { client: 'checkout', origin: long, story: calm(30), now: { hedgeAfter: 24, throttle: 0.2 } },
      {
        client: 'reports',
        origin: 'https://isolated.example',
        story: () => ({ circuit: 'isolated', refused: 4 }),
      },
      {
        client: 'reports',
        origin: 'https://probed.example',
        story: () => ({ circuit: 'half-open' }),
      },
      { client: 'reports', origin: 'https://calm.example', story: calm(12) },
    ],
    120,
    120,
  ),
);

function complete(picture: Picture): Picture {
  const decisions: Decision[] = events.map((event, index) => ({
    ...{ at: picture.at - index * 1_000, client: 'checkout', origin: long, id: null, event },
    text: `GET /${'very-long-path-segment'.repeat(4)} did something that a sentence is about`,
  }));
  const origins = picture.origins.map((origin) => {
    if (origin.origin !== long) return origin;
    const all = <Value>(value: Value) => origin.series.calls.map(() => value);
    const series = { ...origin.series, inUse: all(8), limit: all(10), queued: all(3) };
    return { ...origin, cooldown: 3_400, slots: { inUse: 8, limit: 10, queued: 3 }, series };
  });
  return { ...picture, controls: true, origins, decisions };
}

async function openAll(page: Page): Promise<void> {
  const closed = page.locator('.card h3 button[aria-expanded="false"]');
  while ((await closed.count()) > 0) await closed.first().click();
  await page.mouse.move(1, 1);
}

/** What is wider inside than outside, and would be cut off or scroll. */
function cutOff(): string[] {
  const boxes = [
    ...document.querySelectorAll('.card, .row, .details, .chart, .filters, #decisions, #head'),
  ];
  return boxes
    .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
    .map((box) => `${box.className || box.id}: ${box.scrollWidth} in ${box.clientWidth}`);
}

const looks = [
  ['light', 1_280],
  ['dark', 1_280],
  ['light', 400],
  ['dark', 400],
] as const;

describe('the look', () => {
  test.each(looks)(
    'in %s at %d px has a contrast of 4.5 everywhere, and no overflow',
    async (colorScheme, width) => {
      await using stub = await startStub(everything);
      const viewport = { width, height: 900 };
      await using opened = await openPage(browser, stub.url, { colorScheme, viewport });
      const { page, faults } = opened;
      await openAll(page);
      for (const view of ['Origins', 'Decisions']) {
        const button = page.getByRole('navigation').getByRole('button', { name: view });
        if (await button.isVisible()) await button.click();
        const { texts, faint } = await contrastOf(page);
        expect(texts).toBeGreaterThan(view === 'Origins' ? 100 : 20);
        expect(faint).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        expect(await page.evaluate(cutOff)).toEqual([]);
      }
      expect(faults).toEqual([]);
    },
  );

  test.each(looks)(
    'in %s at %d px draws 40 failures a second where they were, and there only',
    async (colorScheme, width) => {
      await using stub = await startStub(everything);
      const viewport = { width, height: 900 };
      await using opened = await openPage(browser, stub.url, { colorScheme, viewport });
      const chart = opened.page.locator('.card[data-circuit="open"] [data-chart="Calls"] .plot');
      const colour = await fillOf(chart.locator('path.failed'));
      const pixels = await pixelsOf(chart);
      const [before, during] = [
        pixels.count(colour, 0, 89 / 120),
        pixels.count(colour, 90 / 120, 93 / 120),
      ];
      expect(before).toBe(0);
      expect(during).toBeGreaterThan((pixels.width * 2 * pixels.height) / 120 / 2);
    },
  );

  test('follows the button over the system, in 3 steps, and remembers it', async () => {
    await using stub = await startStub(everything);
    await using opened = await openPage(browser, stub.url, { colorScheme: 'dark' });
    const { page } = opened;
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const dark = await ground();
    await page.getByRole('button', { name: 'Theme: auto' }).click();
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await ground()).toBe(light);
    await page.getByRole('button', { name: 'Theme: light' }).click();
    expect(await ground()).toBe(dark);
    await page.getByRole('button', { name: 'Theme: dark' }).click();
    expect(await page.getByRole('button', { name: 'Theme: auto' }).isVisible()).toBe(true);
  });

  test('does without storage, with 0 errors', async () => {
    await using stub = await startStub(everything);
    await using opened = await openPage(browser, stub.url);
    const { page, faults } = opened;
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    });
    await page.reload();
    await page.getByRole('button', { name: 'Theme: auto' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(faults).toEqual([]);
  });

  test('is still where motion is not wanted: 0 transitions', async () => {
    await using stub = await startStub(everything);
    await using opened = await openPage(browser, stub.url, { reducedMotion: 'reduce' });
    const moving = await opened.page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter(
          (element) => getComputedStyle(element).transitionDuration !== '0s',
        ).length,
    );
    expect(moving).toBe(0);
  });
});

interface AccessibleNode {
  readonly ignored: boolean;
  readonly role?: { readonly value?: string };
  readonly name?: { readonly value?: string };
}

async function accessibleNodes(session: CDPSession): Promise<AccessibleNode[]> {
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return nodes.filter(({ ignored }) => !ignored);
}

describe('without eyes or mouse', () => {
  const named = [
    'button',
    'searchbox',
    'combobox',
    'slider',
    'image',
    'meter',
    'region',
    'navigation',
    'heading',
    'dialog',
  ];

  test('everything of 10 roles has a name', async () => {
    await using stub = await startStub(everything);
    await using opened = await openPage(browser, stub.url);
    await openAll(opened.page);
    const nodes = await accessibleNodes(await opened.page.context().newCDPSession(opened.page));
    const wanted = nodes.filter(({ role }) => named.includes(role?.value ?? ''));
    expect(wanted.length).toBeGreaterThan(50);
    expect(
      wanted.filter(({ name }) => !name?.value?.trim()).map(({ role }) => role?.value),
    ).toEqual([]);
  });

  test.each([1_280, 400])(
    'at %d px, Tab comes to every control in order, and shows where it is',
    async (width) => {
      await using stub = await startStub(everything);
      await using opened = await openPage(browser, stub.url, { viewport: { width, height: 900 } });
      const { page } = opened;
      const controls = await page.evaluate(() => {
        const all = [
          ...document.querySelectorAll<HTMLElement>('a, button, input, select, [tabindex]'),
        ];
        const reachable = all.filter(
          (each) => each.checkVisibility() && !each.matches(':disabled'),
        );
        for (const [index, each] of reachable.entries()) each.dataset.stop = String(index);
        return reachable.length;
      });
      expect(controls).toBeGreaterThan(20);
      const stops: number[] = [];
      for (let step = 0; step < controls; step++) {
        await page.keyboard.press('Tab');
        const [stop, visible] = await page.evaluate(() => {
          const focused = document.activeElement as HTMLElement;
          const outlined = [focused, focused.closest('.card')].some(
            (each) => each && getComputedStyle(each).outlineStyle === 'solid',
          );
          return [Number(focused.dataset.stop), outlined];
        });
        stops.push(stop);
        expect([stop, visible]).toEqual([stop, true]);
      }
      expect(stops).toEqual(Array.from({ length: controls }, (_, index) => index));
    },
  );

  test('a card is opened and closed with Enter, and a circuit isolated, in 3 keys and a question', async () => {
    await using stub = await startStub(everything);
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    const card = page.locator('.card', { hasText: 'calm.example' });
    await card.locator('h3 button').focus();
    await page.keyboard.press('Enter');
    expect(await card.locator('.details').isVisible()).toBe(true);
    await card.getByRole('button', { name: 'Isolate…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const place = { client: 'reports', origin: 'https://calm.example' };
    await expect.poll(() => stub.asked).toEqual([{ ...place, action: 'isolate' }]);
    await card.locator('h3 button').focus();
    await page.keyboard.press('Enter');
    expect(await card.locator('.details').isVisible()).toBe(false);
  });
});
