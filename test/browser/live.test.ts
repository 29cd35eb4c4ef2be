import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { CircuitOpenError, type Client, createClient } from 'resilient-fetch';
import { createDashboard } from 'resilient-fetch/dashboard';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Picture } from '../../src/dashboard/feed.ts';
import { startChromium } from './chromium.ts';
import { openPage } from './open-page.ts';
import { fillOf, pixelsOf } from './pixels.ts';
import { startUpstream, type Upstream } from './upstream.ts';

let browser: Browser;
let shots: string;
beforeAll(async () => {
  browser = await startChromium();
  shots = await mkdtemp(join(tmpdir(), 'resilient-fetch-dashboard-'));
});
afterAll(() => browser?.close());

/** A client that gives up soon and asks again soon, so that an outage fits into a test. */
function quickClient(): Client {
  return createClient({
    name: 'shop',
    retry: { maxRetries: 1, backoff: { type: 'constant', base: 20, jitter: 'none' } },
    circuitBreaker: { consecutiveFailures: 4, openFor: 3_000, maxOpenFor: 3_000 },
  });
}

/** Serves the dashboard of a client below `/live/`. */
async function serve(client: Client, authorise?: (request: Request) => boolean) {
  const controls = authorise && { controls: { authorise } };
  const dashboard = createDashboard({ clients: [client], path: '/live', ...controls });
  const server = createServer(dashboard.node);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/live/`,
    async [Symbol.asyncDispose]() {
      await dashboard.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A call every 40 ms, each with a secret in its URL and its headers; counts what came of them. */
function traffic(client: Client, origin: string) {
  const ended = { succeeded: 0, failed: 0, refused: 0 };
  const underWay = new Set<Promise<void>>();
  const call = async () => {
    try {
      const headers = { authorization: 'Bearer hunter2' };
      const response = await client(`${origin}/orders/42?token=hunter2`, { headers });
      await response.text();
      ended.succeeded++;
    } catch (error) {
      if (error instanceof CircuitOpenError) ended.refused++;
      else ended.failed++;
    }
  };
  const timer = setInterval(() => {
    const ending = call().finally(() => underWay.delete(ending));
    underWay.add(ending);
  }, 40);
  return {
    ended,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

/** Notes in the page itself when a card shows another state, so that asking does not add to what is measured. */
async function noteChanges(page: Page): Promise<() => Promise<[string, number][]>> {
  await page.evaluate(() => {
    const seen: [string, number][] = [];
    Reflect.set(window, 'seen', seen);
    new MutationObserver(() => {
      const state = document.querySelector('.card .badge b')?.textContent ?? '';
      if (seen.at(-1)?.[0] !== state) seen.push([state, Date.now()]);
    }).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
  });
  return () => page.evaluate(() => Reflect.get(window, 'seen') as [string, number][]);
}

/**
 * Lets the upstream live, die and come back, and returns how long the page took to show each. In real time: a second on
 * the page is one.
 */
async function liveDieAndComeBack(page: Page, client: Client, upstream: Upstream) {
  const changes = await noteChanges(page);
  const shownAs = async (state: string, from: number) => {
    let shownAt = Number.POSITIVE_INFINITY;
    for (
      const end = Date.now() + 5_000;
      shownAt === Number.POSITIVE_INFINITY && Date.now() < end;
    ) {
      await sleep(50);
      const change = (await changes()).find(([name, at]) => name === state && at >= from);
      if (change) shownAt = change[1];
    }
    return shownAt - from;
  };
  const told = (name: 'circuit.opened' | 'circuit.closed') =>
    new Promise<number>((resolve) => {
      const off = client.on(name, () => {
        off();
        resolve(Date.now());
      });
    });
  await sleep(3_000);
  const opened = told('circuit.opened');
  upstream.die();
  const shownOpenAfter = await shownAs('Open', await opened);
  await sleep(2_500);
  const closed = told('circuit.closed');
  upstream.comeBack();
  const shownClosedAfter = await shownAs('Closed', await closed);
  await sleep(1_500);
  return { shownOpenAfter, shownClosedAfter };
}

/** The numbers in a sentence of the page. */
function numbersIn(text: string | null): number[] {
  return (text?.match(/\d[\d,]*/g) ?? []).map((digits) => Number(digits.replaceAll(',', '')));
}

const looks = [
  ['light', 1_280],
  ['dark', 1_280],
  ['light', 400],
] as const;

describe('the dashboard of a real client', () => {
  test('shows an upstream die within 2 s and come back within 2 s, and counts what it saw', async () => {
    await using upstream = await startUpstream();
    await using client = quickClient();
    await using dashboard = await serve(client);
    await using opened = await openPage(browser, dashboard.url);
    const { page, faults } = opened;
    expect(await page.getByText('No call yet.').isVisible()).toBe(true);

    const calls = traffic(client, upstream.origin);
    const { shownOpenAfter, shownClosedAfter } = await liveDieAndComeBack(page, client, upstream);
    await calls.stop();
    console.log(`shown as open after ${shownOpenAfter} ms, as closed after ${shownClosedAfter} ms`);
    expect(shownOpenAfter).toBeLessThan(2_000);
    expect(shownClosedAfter).toBeLessThan(2_000);

    const { succeeded, failed, refused } = calls.ended;
    const all = succeeded + failed + refused;
    expect(Math.min(succeeded, failed, refused)).toBeGreaterThan(0);
    const drawing = page.locator('[data-chart="Calls"] svg[role="img"]');
    await expect
      .poll(async () => numbersIn(await drawing.getAttribute('aria-label'))[0], { timeout: 5_000 })
      .toBe(all);
    const sentence = numbersIn(await drawing.getAttribute('aria-label'));
    expect(sentence.slice(2, 5)).toEqual([succeeded, failed, refused]);
    const [, shownCalls, shownRequests, retries = 0] = numbersIn(
      await page.locator('.totals').textContent(),
    );
    expect([shownCalls, shownRequests]).toEqual([all, upstream.received]);
    expect(retries).toBeGreaterThan(0);
    const texts = await page.locator('#decision-list').textContent();
    expect(texts).toContain('Circuit');
    expect(await page.content()).not.toContain('hunter2');
    expect(faults).toEqual([]);

    // One picture for all three looks, so that what is measured on it is still so.
    await page.getByRole('button', { name: 'Pause' }).click();
    const picture = (await (await fetch(`${dashboard.url}picture`)).json()) as Picture;
    for (const [colorScheme, width] of looks) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: join(shots, `${colorScheme}-${width}.png`), fullPage: true });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await expectFailuresDrawn(page, picture);
    }
    console.log(`screenshots: ${shots}`);
  });

  test('isolates and closes a circuit where the server says so, and tells why it may not, 3 orders', async () => {
    await using upstream = await startUpstream();
    await using client = quickClient();
    await client(`${upstream.origin}/`);
    let allowed = true;
    await using dashboard = await serve(client, () => allowed);
    await using opened = await openPage(browser, dashboard.url);
    const { page, faults } = opened;
    const badge = page.locator('.card .badge b');
    await page.getByRole('button', { name: 'Isolate…' }).click();
    await page.getByRole('button', { name: 'Isolate it' }).click();
    await expect.poll(() => client.circuit(upstream.origin).state).toBe('isolated');
    await expect.poll(() => badge.textContent(), { timeout: 3_000 }).toBe('Isolated');
    await page.getByRole('button', { name: 'Close circuit' }).click();
    await expect.poll(() => badge.textContent(), { timeout: 3_000 }).toBe('Closed');
    allowed = false;
    await page.getByRole('button', { name: 'Open circuit…' }).click();
    await page.getByRole('button', { name: 'Open the circuit' }).click();
    await expect.poll(() => page.locator('.outcome').textContent()).not.toMatch(/^(Asking…)?$/);
    expect(client.circuit(upstream.origin).state).toBe('closed');
    expect(faults).toEqual([]);
  });
});

/** Where calls failed is the colour of failed ones, and there is none of it where none did. */
async function expectFailuresDrawn(page: Page, { at, origins }: Picture): Promise<void> {
  const plot = page.locator('[data-chart="Calls"] .plot');
  const [, , width = 0] = numbersIn(await plot.locator('svg').getAttribute('viewBox'));
  const series = origins[0]?.series;
  const failed =
    series?.calls.map(
      (all, index) => all - (series.succeeded[index] ?? 0) - (series.refused[index] ?? 0),
    ) ?? [];
  // What is paused on the page is older than what the server tells by then.
  const behind = secondsBetween(await page.locator('#connection').textContent(), at);
  const place = (index: number) => (index + behind + width - failed.length) / width;
  const first = place(failed.findIndex((value) => value > 0) - 0.5);
  const last = place(failed.findLastIndex((value) => value > 0) + 1.5);

  const colour = await fillOf(plot.locator('path.failed'));
  const pixels = await pixelsOf(plot);
  expect(pixels.count(colour, first, last)).toBeGreaterThan(pixels.height / 20);
  expect(pixels.count(colour, 0, first)).toBe(0);
  expect(pixels.count(colour, last, 1)).toBe(0);
}

/** From a time of day on the page to an instant. */
function secondsBetween(text: string | null, at: number): number {
  const [, minutes = 0, seconds = 0] = numbersIn(text);
  const end = new Date(at);
  const difference = 60 * (end.getMinutes() - minutes) + end.getSeconds() - seconds;
  return (difference + 3_600) % 3_600;
}
