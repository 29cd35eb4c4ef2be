import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decision, OriginPicture, Picture } from '../../src/dashboard/feed.ts';
import { startChromium } from './chromium.ts';
import { openPage } from './open-page.ts';
import { calm, outage, pictureOf } from './scene.ts';
import { startStub } from './stub.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `https://${name}.example`);
const parts = names.map((origin) => ({ client: 'shop', origin, story: calm(20) }));
/** Five origins that are well: with more than four, only those in trouble are open by themselves. */
const well = pictureOf(parts, 180);

/** The same a second later, with one origin changed. */
function changed(picture: Picture, origin: string, given: Partial<OriginPicture>): Picture {
  const origins = picture.origins.map((each) =>
    each.origin === origin ? { ...each, ...given } : each,
  );
  return { ...picture, at: picture.at + 1_000, origins };
}

const card = (page: Page, origin: string) => page.locator('.card', { hasText: origin });
const order = (page: Page) => page.locator('.card h3 button').allTextContents();
const open = { circuit: 'open', retryAfter: 4_200 } as const;

describe('the page', () => {
  test('says that 5 origins are well, and shows the figures of each', async () => {
    await using stub = await startStub(well);
    await using opened = await openPage(browser, stub.url);
    const { page, faults } = opened;
    expect(await page.locator('#headline').textContent()).toBe('All 5 origins are well');
    expect(await page.title()).toBe('All 5 origins are well · resilient-fetch');
    expect(await order(page)).toEqual(names);
    const figures = await card(page, 'a.example').locator('.figures dd').allTextContents();
    const calls = well.origins[0]?.series.calls.slice(-10) ?? [];
    const rate = calls.reduce((total, value) => total + value) / 10;
    expect(figures[0]).toBe('100\u202f%');
    expect(figures[1]).toBe(`${Math.round(rate)}/s`);
    expect(faults).toEqual([]);
  });

  test('says that there was no call yet, with 0 cards', async () => {
    await using stub = await startStub({ ...well, origins: [] });
    await using opened = await openPage(browser, stub.url);
    expect(await opened.page.getByText('No call yet.').isVisible()).toBe(true);
    expect(await opened.page.locator('.card').count()).toBe(0);
  });

  test('shows an opened circuit as a word, a shape and a countdown, announces it, and puts it 1st', async () => {
    await using stub = await startStub(well);
    await using opened = await openPage(browser, stub.url);
    const { page, faults } = opened;
    const badge = card(page, 'e.example').locator('.badge');
    const shape = await badge.locator('path').getAttribute('d');
    stub.send(changed(well, 'https://e.example', open));
    await page.waitForSelector('.card[data-circuit="open"]');
    expect(await badge.textContent()).toBe('Openprobe in 5\u202fs');
    expect(await badge.locator('path').getAttribute('d')).not.toBe(shape);
    expect(await order(page)).toEqual([names[4], ...names.slice(0, 4)]);
    expect(await page.locator('#headline').textContent()).toBe('1 of 5 origins needs attention');
    expect(await page.locator('[role="status"]#announcer').textContent()).toBe(
      'The circuit opened: https://e.example (shop).',
    );
    expect(await card(page, 'e.example').locator('.details').isVisible()).toBe(true);

    stub.send(changed(well, 'https://e.example', {}));
    await page.waitForSelector('.card[data-circuit="open"]', { state: 'detached' });
    expect(await badge.textContent()).toBe('Closed');
    expect(await page.locator('#headline').textContent()).toBe('All 5 origins are well');
    expect(faults).toEqual([]);
  });

  test('keeps its 5 cards where they are while the reader has his hand on them', async () => {
    await using stub = await startStub(well);
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    await card(page, 'a.example').hover();
    stub.send(changed(well, 'https://e.example', open));
    await page.waitForSelector('.card[data-circuit="open"]');
    expect(await order(page)).toEqual(names);
    expect(await page.locator('.details').count()).toBe(0);
    await page.mouse.move(2, 2);
    await expect
      .poll(
        () => {
          stub.send(changed(well, 'https://e.example', open));
          return order(page);
        },
        { timeout: 15_000, interval: 250 },
      )
      .toEqual([names[4], ...names.slice(0, 4)]);
  });

  test('draws 10 more pictures into the same nodes', async () => {
    await using stub = await startStub(well);
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    await card(page, 'a.example').locator('h3 button').click();
    await page.evaluate(() => {
      for (const node of document.querySelectorAll('#cards *, #overview *')) {
        if (node.closest('.axis') === null) node.setAttribute('data-first', '');
      }
    });
    for (let second = 1; second <= 10; second++) stub.send(pictureOf(parts, 180 + second));
    const time = new Date(well.at + 10_000);
    const text = `:${String(time.getMinutes()).padStart(2, '0')}:${String(time.getSeconds()).padStart(2, '0')}`;
    await page.waitForFunction(
      (end) => document.querySelector('#connection')?.textContent?.endsWith(end),
      text,
    );
    const added = await page.evaluate(
      () =>
        [...document.querySelectorAll('#cards *, #overview *')].filter(
          (node) => node.closest('.axis') === null && !node.hasAttribute('data-first'),
        ).length,
    );
    expect(added).toBe(0);
  });

  test('takes what an origin is called for text: 0 elements come of it', async () => {
    const hostile = 'https://<img src=x onerror=alert(1)>.example';
    const decisions: Decision[] = [
      ...[{ at: well.at, client: '<b>x</b>', origin: hostile, id: null, text: '<i>x</i>' }],
    ].map((given) => ({ ...given, event: 'call.refused' }));
    const picture = pictureOf([{ client: '<b>x</b>', origin: hostile, story: calm(5) }], 180);
    await using stub = await startStub({ ...picture, decisions });
    await using opened = await openPage(browser, stub.url);
    const { page, faults } = opened;
    expect(await order(page)).toEqual([hostile]);
    expect(await page.locator('img, #cards h3 b, #decision-list i').count()).toBe(0);
    expect(await page.locator('#decision-list').textContent()).toContain('<i>x</i>');
    expect(faults).toEqual([]);
  });

  test('stops while it is paused, and shows the newest of 2 pictures when it goes on', async () => {
    await using stub = await startStub(well);
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    await page.getByRole('button', { name: 'Pause' }).click();
    const down = changed(well, 'https://b.example', open);
    stub.send(down);
    stub.send(changed(down, 'https://a.example', open));
    await expect.poll(() => page.locator('#announcer').textContent()).toContain('a.example');
    expect(await page.locator('.card[data-circuit="open"]').count()).toBe(0);
    expect(await page.locator('#connection').textContent()).toContain('Paused at');
    await page.getByRole('button', { name: 'Resume' }).click();
    expect(await page.locator('.card[data-circuit="open"]').count()).toBe(2);
  });

  test('says within 5 s that it lost its server and why, and goes on within 5 s of its return', async () => {
    await using stub = await startStub(well);
    await using opened = await openPage(browser, stub.url);
    const { page, faults } = opened;
    stub.fail(503);
    await page.waitForSelector('#connection[data-state="stale"]', { timeout: 5_000 });
    expect(await page.locator('#connection').textContent()).toMatch(/^Stale since \d\d:\d\d:\d\d$/);
    await expect
      .poll(() => page.locator('#outage').textContent())
      .toMatch(/^No news from the server since .* ago \(the server answers 503\)\./);
    expect(await page.locator('#announcer').textContent()).toBe('Connection to the server lost.');
    stub.heal();
    await page.waitForSelector('#connection[data-state="live"]', { timeout: 5_000 });
    expect(await page.locator('#outage').isVisible()).toBe(false);
    expect(faults).toEqual([]);
  });

  test('notices within 5 s that a connection went silent that was not closed', async () => {
    await using stub = await startStub(well);
    await using opened = await openPage(browser, stub.url);
    await opened.page.waitForSelector('#connection[data-state="stale"]', { timeout: 5_000 });
    expect(stub.listeners).toBe(1);
    stub.send(well);
    await opened.page.waitForSelector('#connection[data-state="live"]', { timeout: 2_000 });
  });

  test('narrows 5 origins down by name and by kind, and says when there is none', async () => {
    await using stub = await startStub(changed(well, 'https://b.example', open));
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    const visible = () => page.locator('.card:visible h3 button').allTextContents();
    expect(await page.locator('button[data-kind]').allTextContents()).toEqual([
      ...['All 5', 'Attention 1', 'Not closed 1', 'Calm 4'],
    ]);
    await page.getByRole('button', { name: 'Calm' }).click();
    expect(await visible()).toEqual(names.filter((name) => name !== 'https://b.example'));
    await page.getByRole('searchbox').fill('shop c.');
    expect(await visible()).toEqual([names[2]]);
    await page.getByRole('searchbox').fill('nobody');
    expect(await page.locator('#no-match').isVisible()).toBe(true);
  });
});

describe('a card', () => {
  const troubled = pictureOf(
    [{ client: 'shop', origin: 'https://a.example', story: outage(30, 120) }],
    180,
  );
  const { series } = troubled.origins[0] as OriginPicture;

  test('shows the values of the second that is pointed at, in all of its 4 charts', async () => {
    await using stub = await startStub(troubled);
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    const plot = page.locator('[data-chart="Calls"] .plot');
    const { width, height } = (await plot.boundingBox()) ?? { width: 0, height: 0 };
    await plot.hover({ position: { x: (width * 121.5) / 180, y: height / 2 } });
    const legend = (title: string) =>
      page.locator(`[data-chart="${title}"] .legend dd`).allTextContents();
    expect(await legend('Calls')).toEqual([`${series.calls[121]}/s`, '0/s', '0/s']);
    expect((await legend('Retry budget'))[0]).toBe('6');
    expect(await page.locator('.ribbon .head b').textContent()).toBe('closed');
    expect(await page.locator('.ribbon .when').textContent()).toMatch(/^at \d\d:\d\d:\d\d$/);
    expect(await page.locator('.details .cursor:visible').count()).toBe(5);
    await page.mouse.move(2, 2);
    expect(await page.locator('.details .cursor:visible').count()).toBe(0);
    expect(await page.locator('.ribbon .when').textContent()).toBe('now');
  });

  test('shows them by keyboard too: 59 seconds back is the 1st that was refused', async () => {
    await using stub = await startStub(troubled);
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    const slider = page.getByRole('slider');
    await slider.focus();
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^now: circuit Open, failed /);
    for (let step = 0; step < 5; step++) await page.keyboard.press('PageDown');
    for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowLeft');
    expect(await slider.getAttribute('aria-valuenow')).toBe('123');
    const text = await slider.getAttribute('aria-valuetext');
    expect(text).toContain(`circuit Open, failed 0/s, refused ${series.refused[123]}/s`);
    await page.keyboard.press('Escape');
    expect(await slider.getAttribute('aria-valuenow')).toBe('179');
  });

  test('tells its charts in words: all 5 drawings have a sentence', async () => {
    await using stub = await startStub(troubled);
    await using opened = await openPage(browser, stub.url);
    const sentences = await opened.page
      .locator('.details svg[role="img"]:visible')
      .evaluateAll((drawings) => drawings.map((drawing) => drawing.getAttribute('aria-label')));
    expect(sentences.map((text) => text?.split(':')[0])).toEqual([
      ...['Circuit', 'Calls', 'Latency', 'Extra requests', 'Retry budget'],
    ]);
  });

  test('offers 3 controls only where the server does, and asks before it isolates', async () => {
    await using stub = await startStub(troubled);
    await using opened = await openPage(browser, stub.url);
    const { page, faults } = opened;
    expect(await page.locator('.control:visible').count()).toBe(0);
    stub.send({ ...troubled, controls: true });
    await page.getByRole('button', { name: 'Isolate…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Isolate https://a.example?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(stub.asked).toEqual([]);

    await page.getByRole('button', { name: 'Isolate…' }).click();
    await dialog.getByRole('button', { name: 'Isolate it' }).click();
    const place = { client: 'shop', origin: 'https://a.example' };
    await expect.poll(() => stub.asked).toEqual([{ ...place, action: 'isolate' }]);

    stub.answer(403, 'Only operators may do that.');
    await page.getByRole('button', { name: 'Close circuit' }).click();
    await expect
      .poll(() => page.locator('.outcome').textContent())
      .toBe('Only operators may do that.');
    expect(stub.asked).toHaveLength(2);
    expect(faults).toEqual([]);
  });
});

describe('the decisions', () => {
  const decision = (second: number, origin: string, text: string): Decision => ({
    ...{ at: well.at + second * 1_000, client: 'shop', origin, id: null },
    ...{ event: 'retry.scheduled', text },
  });
  const first = { ...well, decisions: [decision(0, 'https://a.example', 'first')] };
  const texts = (page: Page) => page.locator('#decision-list li > p:last-child').allTextContents();

  test('do not move under the pointer: 1 new one is counted, and shown when it leaves', async () => {
    await using stub = await startStub(first);
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    await page.locator('#decision-list li').hover();
    const second = decision(1, 'https://b.example', 'second');
    stub.send({ ...first, decisions: [second, ...first.decisions] });
    await page.getByRole('button', { name: '1 new, show' }).waitFor();
    expect(await texts(page)).toEqual(['first']);
    await page.mouse.move(2, 2);
    await expect.poll(() => texts(page)).toEqual(['second', 'first']);
  });

  test('are narrowed down to 1 of 2 origins, also from its card', async () => {
    const second = decision(1, 'https://b.example', 'second');
    await using stub = await startStub({ ...first, decisions: [second, ...first.decisions] });
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    await page.getByLabel('Decisions of which origin').selectOption('a.example (shop)');
    expect(await texts(page)).toEqual(['first']);
    await card(page, 'b.example').locator('h3 button').click();
    await card(page, 'b.example').getByRole('button', { name: 'Decisions' }).click();
    expect(await texts(page)).toEqual(['second']);
    await page.getByLabel('Which decisions').selectOption('Circuits');
    expect(await texts(page)).toEqual([]);
  });
});

describe('a hundred origins', () => {
  test('are drawn within 150 ms a second on average of 10, on a machine without graphics', async () => {
    const many = Array.from({ length: 100 }, (_, index) => ({
      ...{ client: 'shop', origin: `https://service-${index}.example` },
      story: index < 5 ? outage(20, 100) : calm(5 + index),
    }));
    await using stub = await startStub(pictureOf(many, 180));
    await using opened = await openPage(browser, stub.url);
    const { page } = opened;
    expect(await page.locator('.card').count()).toBe(100);
    const client = await page.context().newCDPSession(page);
    await client.send('Performance.enable');
    const spent = async () => {
      const { metrics } = await client.send('Performance.getMetrics');
      return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
    };
    const before = await spent();
    const pictures = Array.from({ length: 10 }, (_, index) => pictureOf(many, 181 + index));
    for (const picture of pictures) {
      stub.send(picture);
      await page.waitForTimeout(100);
    }
    const each = ((await spent()) - before) / pictures.length;
    expect(each).toBeLessThan(150);
  });
});
