import { createClient } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDashboard } from '../../src/dashboard/open-dashboard.ts';
import type { DashboardControls } from '../../src/dashboard/options.ts';
import { settle, useFakeClock } from '../support/clock.ts';
import { script } from '../support/script.ts';
import { placeholderPage } from './placeholder-page.ts';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

const origin = 'https://api.example.com';
const yes = () => true;
const order = { client: 'api', origin, action: 'isolate' };
const json = { 'content-type': 'application/json' };

/** A dashboard about one client that has called one origin, and how to give it an order. */
async function controlled(authorise: DashboardControls['authorise'] = yes) {
  const client = createClient({
    name: 'api',
    fetch: script(200),
    hosts: { 'bare.example.com': { circuitBreaker: false } },
  });
  await settle(client(origin));
  await settle(client('https://bare.example.com'));
  const dashboard = openDashboard({ clients: [client], controls: { authorise } }, placeholderPage);
  const give = async (body: unknown, headers: Record<string, string> = json, method = 'POST') => {
    const init = { method, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
    const request = new Request('http://ops.example.com/circuit', method === 'GET' ? {} : init);
    return dashboard.fetch(request);
  };
  return { give, state: () => client.circuit(origin).state };
}

describe('an order', () => {
  it('opens, isolates and closes a circuit: 3 times 204', async () => {
    const { give, state } = await controlled();
    const states: string[] = [];
    for (const action of ['open', 'isolate', 'close']) {
      expect((await give({ ...order, action })).status).toBe(204);
      states.push(state());
    }
    expect(states).toEqual(['open', 'isolated', 'closed']);
  });

  it('is shown as possible in the picture only where it is', async () => {
    for (const controls of [undefined, { authorise: yes }]) {
      const { fetch } = openDashboard({ controls }, placeholderPage);
      const response = await fetch(new Request('http://ops.example.com/picture'));
      expect(await response.json()).toMatchObject({ controls: controls !== undefined });
    }
  });

  it.each<[string, DashboardControls['authorise']]>([
    ['false', () => false],
    ['a promise of false', async () => false],
    ['something that is not true', () => 'yes' as never],
    [
      'an error',
      () => {
        throw new Error('no database');
      },
    ],
    ['a promise of an error', () => Promise.reject(new Error('no database'))],
  ])('is refused with 403 where authorise gives %s, 1 of 5 ways', async (_, authorise) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { give, state } = await controlled(authorise);
    expect((await give(order)).status).toBe(403);
    expect(state()).toBe('closed');
  });

  it('hands the request as it came to authorise, with its 2 headers', async () => {
    const seen: (string | null)[] = [];
    const { give } = await controlled(({ headers }) => {
      seen.push(headers.get('cookie'), headers.get('authorization'));
      return true;
    });
    await give(order, { ...json, authorization: 'Bearer token' });
    expect(seen).toEqual([null, 'Bearer token']);
  });

  it.each<[number, unknown, Record<string, string>, string?]>([
    [405, '', {}, 'GET'],
    [405, order, json, 'PUT'],
    [403, order, { ...json, origin: 'https://evil.example.com' }],
    [403, order, { ...json, origin: 'null' }],
    [403, order, { ...json, 'sec-fetch-site': 'cross-site' }],
    [403, order, { ...json, 'sec-fetch-site': 'same-site' }],
    [415, order, {}],
    [415, order, { 'content-type': 'text/plain' }],
    [413, { ...order, more: 'x'.repeat(4_096) }, json],
    [400, '{', json],
    [400, 'null', json],
    [400, { ...order, action: 'toString' }, json],
    [400, { ...order, client: 5 }, json],
    [404, { ...order, client: 'other' }, json],
    [404, { ...order, origin: 'https://other.example.com' }, json],
    [409, { ...order, origin: 'https://bare.example.com' }, json],
  ])('is refused with %i, 1 of 16 ways: %j %j %s', async (status, body, headers, method) => {
    const { give, state } = await controlled();
    expect((await give(body, headers, method)).status).toBe(status);
    expect(state()).toBe('closed');
  });

  it.each<[Record<string, string>]>([
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://ops.example.com' }],
    [{ origin: 'https://ops.example.com' }],
    [{ origin: 'https://public.example.com', host: 'public.example.com' }],
    [{ 'content-type': 'Application/JSON; charset=utf-8' }],
  ])('is taken from the page itself, 1 of 4 ways: %j', async (headers) => {
    const { give } = await controlled();
    expect((await give(order, { ...json, ...headers })).status).toBe(204);
  });

  it('is refused with 400 where authorise has read its body, 1 way of spoiling it', async () => {
    const { give } = await controlled(async (request) => (await request.text()) !== '');
    expect((await give(order)).status).toBe(400);
  });
});
