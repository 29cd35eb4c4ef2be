import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { type Client, createClient, explain, ResilienceError, retry } from 'resilient-fetch';
import { createDashboard } from 'resilient-fetch/dashboard';
import { memoryJournal, saga } from 'resilient-fetch/saga';
import { fetchHandler } from 'resilient-fetch/server';
import { resilience } from 'resilient-fetch/undici';
import { Agent, request } from 'undici';
import { afterEach, expect, it, vi } from 'vitest';
import {
  answer,
  deadPort,
  type FaultServer,
  faultServer,
  reset,
  silence,
} from '../support/fault-server.ts';
import { registerSdk, unregisterSdk } from '../support/telemetry.ts';
import { rejection } from '../support/wire-call.ts';

afterEach(unregisterSdk);

let places = 0;
/** A secret that is nowhere else, and says where it was put. */
const canary = (place: string) => `canary-${++places}-of-${place}`;

const headers = () => ({
  authorization: `Bearer ${canary('authorization')}`,
  cookie: `session=${canary('cookie')}`,
  'x-api-key': canary('a-header'),
  'idempotency-key': canary('an-idempotency-key'),
});

const query = () => `?token=${canary('a-query')}&${canary('a-bare-query')}#${canary('a-fragment')}`;

/** Everything that a call can be asked to keep to itself. */
const order = (): RequestInit => ({
  method: 'POST',
  headers: headers(),
  body: JSON.stringify({ card: canary('a-body') }),
});

/** A server that has secrets as well, and does with each path what it says. */
function misbehaving(): Promise<FaultServer> {
  const secrets = { 'set-cookie': `id=${canary('set-cookie')}`, 'x-secret': canary('an-answer') };
  const times = new Map<string, number>();
  const line = (path: string) => {
    const time = (times.get(path) ?? 0) + 1;
    times.set(path, time);
    if (path.startsWith('/retried') && time === 1) return reset;
    if (path.startsWith('/failing')) return answer(503, canary('an-error'), secrets);
    if (path.startsWith('/refused')) return answer(403, canary('an-error'), secrets);
    if (path.startsWith('/silent')) return silence;
    if (path.startsWith('/moved'))
      return answer(302, '', { ...secrets, location: `/there${query()}` });
    return answer(200, canary('an-answer'), secrets);
  };
  return faultServer([
    (response, socket, received) => line(received.path)(response, socket, received),
  ]);
}

/** Whatever a person or a machine may come to see, as text. */
interface Seen {
  readonly what: string;
  readonly text: string;
}

const textsOf = (value: unknown) => [
  inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
  String(value),
  JSON.stringify(value) ?? '',
];

/** What a call comes to, in its log and, where it was refused here, in its error. */
async function settle(client: Client | typeof fetch, url: string, seen: Seen[], init = order()) {
  const outcome = await client(url, init).catch((error: unknown) => error);
  // what fetch itself has thrown, and is a cause here, is in its own words
  const told: unknown[] = [explain(outcome as Response)];
  if (outcome instanceof ResilienceError) told.push(outcome.message, outcome.toString());
  for (const value of told) for (const text of textsOf(value)) seen.push({ what: 'log', text });
  if (outcome instanceof Response) await outcome.text();
}

it('0 of the secrets in calls of 9 kinds are in any event, log, span, metric, page or description', async () => {
  const sdk = registerSdk();
  const seen: Seen[] = [];
  const hear = (message: unknown) => {
    for (const text of textsOf(message)) seen.push({ what: 'event', text });
  };
  const warn = vi.fn((text: unknown) => seen.push({ what: 'warning', text: inspect(text) }));
  const print = vi.spyOn(console, 'error').mockImplementation((...given) => hear(given));
  process.on('warning', warn);
  subscribe('resilient-fetch', hear);
  await using server = await misbehaving();
  const dead = `http://127.0.0.1:${await deadPort()}`;
  const client = createClient({
    name: 'shop',
    baseUrl: server.origin,
    headers: { 'x-client': canary('a-header-of-the-client') },
    idempotencyKey: () => canary('a-key-of-the-client'),
    timeout: { total: 2_000, attempt: 100 },
    retry: { maxRetries: 2, backoff: { base: 1 }, methods: ['GET', 'POST'] },
    circuitBreaker: { consecutiveFailures: 4 },
    concurrency: 10,
    hedge: 20,
    throttle: true,
    propagation: true,
    // so many failures have the throttle refuse by chance, and each call here is to be sent
    random: () => 0.999,
  });
  client.on('retry.scheduled', () => {
    throw new Error('a listener that fails');
  });
  const dashboard = createDashboard({ clients: [client] });

  for (const path of ['/well', '/retried', '/moved', '/refused', '/failing', '/silent']) {
    await settle(client, path + query(), seen);
  }
  for (let call = 0; call < 4; call++) await settle(client, `/failing${query()}`, seen);
  expect(client.circuit(server.origin).state).toBe('open');
  await settle(client, `${dead}/nobody${query()}`, seen);
  client.circuit(server.origin).close();

  const agent = new Agent().compose(resilience(client));
  const { headers: named, ...rest } = order();
  const sent = { dispatcher: agent, ...rest, headers: named } as Parameters<typeof request>[1];
  await (await request(`${server.origin}/well${query()}`, sent)).body.text();
  await agent.close();

  const body = canary('a-step');
  await saga(
    'order',
    async (step, { input }) => {
      await step('charge', () => settle(client, `/retried-charge${query()}`, seen));
      return input === undefined;
    },
    { journal: memoryJournal(), id: canary('a-saga').slice(0, 7), input: { card: body } },
  );
  const policy = { name: 'work', retry: { maxRetries: 1, backoff: { base: 1 } } };
  await rejection(retry(() => Promise.reject(new Error(canary('an-error-of-work'))), policy));

  const handle = fetchHandler(
    async () => {
      throw new TypeError(canary('a-bug'));
    },
    { onFailure: ({ error: _, ...failure }) => hear(failure) },
  );
  const answered = await handle(new Request(`http://here.test/path${query()}`, order()));
  hear([answered.status, [...answered.headers], await answered.text()]);

  for (const at of [undefined, server.origin, dead]) hear(client.describe(at));
  hear(client.health());
  for (const path of ['', 'picture']) {
    hear(await (await dashboard.fetch(new Request(`http://board.test/${path}`))).text());
  }
  for (const { name, attributes, events, status, links } of sdk.spans) {
    hear({ name, attributes, events, status, links });
  }
  hear((await sdk.collect()).scopeMetrics);
  await new Promise((resolve) => setImmediate(resolve));
  dashboard.close();
  unsubscribe('resilient-fetch', hear);
  process.off('warning', warn);
  print.mockRestore();

  expect(sdk.spans.length).toBeGreaterThan(20);
  expect(seen.length).toBeGreaterThan(200);
  expect(places).toBeGreaterThan(100);
  const leaks = seen.filter(({ text }) => text.includes('canary-'));
  expect(leaks.map(({ what, text }) => [what, /.{0,60}canary-[\w-]+/s.exec(text)?.[0]])).toEqual(
    [],
  );
});
