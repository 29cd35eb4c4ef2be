import { createClient } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Picture } from '../../src/dashboard/feed.ts';
import { openDashboard } from '../../src/dashboard/open-dashboard.ts';
import { pass, settle, useFakeClock } from '../support/clock.ts';
import { script } from '../support/script.ts';
import { placeholderPage } from './placeholder-page.ts';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

const here = 'http://ops.example.com';
const origin = 'https://api.example.com';

describe('in the style of fetch', () => {
  it('serves the page with a policy, and 4 headers more that keep it to itself', async () => {
    const { fetch } = openDashboard({}, placeholderPage);
    const response = await fetch(new Request(`${here}/`));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<script type="module">start()</script>');
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'no-store, no-transform',
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[^' ]+'; script-src 'sha256-[^' ]+'; connect-src 'self'; /,
      ),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  it('reads the page at the first request, once; and again where that failed', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const read = vi.fn(placeholderPage).mockRejectedValueOnce(new Error('not built'));
    const { fetch } = openDashboard({}, read);
    expect(read).toHaveBeenCalledTimes(0);
    const statuses: number[] = [];
    for (let count = 0; count < 3; count++) {
      statuses.push((await fetch(new Request(here))).status);
    }
    expect(statuses).toEqual([500, 200, 200]);
    expect(read).toHaveBeenCalledTimes(2);
    expect(warned.mock.calls[0]?.[0]).toBe('The page of the dashboard failed: not built');
  });

  it.each([
    ['GET', '/', 200, null],
    ['HEAD', '/', 200, null],
    ['HEAD', '/events', 200, null],
    ['HEAD', '/picture', 200, null],
    ['GET', '/nothing', 404, null],
    ['GET', '/constructor', 404, null],
    ['GET', '/page.js', 404, null],
    ['POST', '/', 405, 'GET, HEAD'],
    ['OPTIONS', '/events', 405, 'GET, HEAD'],
    ['DELETE', '/picture', 405, 'GET, HEAD'],
    ['POST', '/circuit', 404, null],
  ])('answers 1 of 11 requests: %s %s with %i', async (method, path, status, allow) => {
    const { fetch } = openDashboard({}, placeholderPage);
    const response = await fetch(new Request(here + path, { method }));
    expect([response.status, response.headers.get('allow')]).toEqual([status, allow]);
    if (method === 'HEAD') expect(response.body).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['/ops', '/ops', 307, './ops/'],
    ['/a/ops/', '/a/ops', 307, './ops/'],
    ['/ops', '/ops/', 200, null],
    ['/ops/', '/ops/picture', 200, null],
    ['/ops', '/', 404, null],
    ['/ops', '/opsevents', 404, null],
  ])(
    'lives at a path of its own, 1 of 6 ways: at %s, %s is %i',
    async (path, asked, status, to) => {
      const { fetch } = openDashboard({ path }, placeholderPage);
      const response = await fetch(new Request(here + asked));
      expect([response.status, response.headers.get('location')]).toEqual([status, to]);
    },
  );

  it('gives a picture as JSON, also of a client that came later, until it is left out: 1, 0', async () => {
    const client = createClient({ name: 'late', fetch: script(200) });
    const dashboard = openDashboard({ window: 10_000 }, placeholderPage);
    const end = dashboard.watch(client);
    await settle(client(origin));
    await pass(1_000);
    const picture = async () =>
      (await (await dashboard.fetch(new Request(`${here}/picture`))).json()) as Picture;
    const { origins, controls, bucket } = await picture();
    expect([controls, bucket]).toEqual([false, 1_000]);
    expect(origins.map(({ client, series }) => [client, series.calls])).toEqual([
      ['late', [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ]);
    end();
    expect((await picture()).origins).toEqual([]);
  });

  it('streams pictures until it is closed, and then answers 503 and has 0 timers', async () => {
    const client = createClient({ fetch: script(200) });
    const dashboard = openDashboard({ clients: [client] }, placeholderPage);
    const response = await dashboard.fetch(new Request(`${here}/events`));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = response.text();
    await pass(2_000);
    expect(vi.getTimerCount()).toBe(1);
    dashboard[Symbol.dispose]();
    expect((await text).match(/^event: picture$/gm)).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
    expect((await dashboard.fetch(new Request(here))).status).toBe(503);
    dashboard.watch(createClient())();
  });

  it('turns the 51st viewer away', async () => {
    const dashboard = openDashboard({}, placeholderPage);
    const statuses: number[] = [];
    for (let viewer = 0; viewer < 51; viewer++) {
      statuses.push((await dashboard.fetch(new Request(`${here}/events`))).status);
    }
    expect(statuses.slice(49)).toEqual([200, 503]);
    dashboard.close();
  });
});
