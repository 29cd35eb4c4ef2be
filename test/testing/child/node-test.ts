import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { createClient, explain } from '../../../src/index.ts';
import { type EndFollowing, followDate, record, settle, withFaults } from '../../../src/testing.ts';
import { hang, type Line, script } from '../../support/script.ts';

const url = 'https://shop.example/prices';
const backoff = { base: 137, jitter: 'none' } as const;

/** When each attempt of a call left. */
const timesOf = (response: Response) =>
  explain(response)?.attempts.map(({ at }) => Math.round(at)) ?? [];
const clientOf = (...lines: Line[]) =>
  createClient({ fetch: script(...lines), retry: { backoff } });

describe('under mock.timers, with performance.now() following Date', () => {
  let end: EndFollowing;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    end = followDate();
  });
  afterEach(() => {
    end();
    mock.timers.reset();
  });

  test('two retries are made at 137 and 411 ms', async () => {
    const response = await settle(clientOf(503, 503, 200)(url), mock.timers);
    assert.deepEqual(timesOf(response), [0, 137, 411]);
    assert.equal(Date.now(), 411);
  });

  test('a call that is never answered ends after 30 s', async () => {
    const call = clientOf(hang)(url, { resilience: { timeout: { attempt: false } } });
    await assert.rejects(settle(call, mock.timers), { name: 'TimeoutError', milliseconds: 30_000 });
    assert.equal(Date.now(), 30_000);
  });

  test('an attempt that is never answered is retried after 10 s', async () => {
    const response = await settle(clientOf(hang, 200)(url), mock.timers);
    assert.deepEqual(timesOf(response), [0, 10_137]);
  });

  test('no attempt is made that the deadline would cut off, at 400 of 500 ms', async () => {
    const client = clientOf(503);
    const recorder = record(client);
    await settle(client(url, { resilience: { timeout: 410 } }), mock.timers);
    recorder.expect({ outcomes: [503, 503], stopped: ['deadline'], delays: [137] });
  });

  test('a circuit is open for 5 s, and closes at the next good answer', async () => {
    const client = createClient({
      fetch: script(500, 200),
      retry: false,
      circuitBreaker: { consecutiveFailures: 1 },
    });
    await settle(client(url), mock.timers);
    await assert.rejects(client(url), { name: 'CircuitOpenError', retryAfter: 5_000 });
    mock.timers.tick(4_000);
    await assert.rejects(client(url), { name: 'CircuitOpenError', retryAfter: 1_000 });
    mock.timers.tick(1_000);
    assert.equal((await settle(client(url), mock.timers)).status, 200);
    assert.equal(client.circuit(url).state, 'closed');
  });

  test('all calls heed a pause of 2 s that one was asked for', async () => {
    const busy = new Response(null, { status: 429, headers: { 'retry-after': '2' } });
    const client = createClient({
      fetch: script(busy, 200),
      random: () => 0,
      retry: { retryAfter: { scope: 'origin' } },
    });
    const first = client(url);
    await settle(Promise.resolve(), mock.timers);
    await settle(Promise.all([first, client(url)]), mock.timers);
    assert.equal(Date.now(), 2_000);
  });

  test('a latency of 800 ms is waited for', async () => {
    const slow = withFaults(script(200), { rate: 1, kinds: { latency: 1 }, latency: 800 });
    await settle(createClient({ fetch: slow })(url), mock.timers);
    assert.equal(Date.now(), 800);
  });
});

test('under mock.timers alone two retries are made at 137 and 411 ms as well', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  await settle(clientOf(503, 503, 200)(url), mock.timers);
  assert.equal(Date.now(), 411);
  mock.timers.reset();
});
