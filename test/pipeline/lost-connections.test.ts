import { createClient } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { script } from '../support/script.ts';

const url = 'https://api.example.com/';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** What fetch throws where the other side has closed a connection, from which so many bytes had been read. */
function closed(bytesRead: number): TypeError {
  const socket = { bytesRead, bytesWritten: 200 };
  const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET', socket });
  return new TypeError('fetch failed', { cause });
}

/** A client whose requests fail so often with the end of a connection, and are answered then. */
function client(losses: number, bytesRead = 40, options = {}) {
  let left = losses;
  const upstream = script(() => {
    if (left-- > 0) throw closed(bytesRead);
    return new Response('ok');
  });
  const fetching = createClient({ fetch: upstream, random: () => 0.5, ...options });
  return { fetching, upstream, health: () => fetching.health().origins[new URL(url).origin] };
}

describe('24 kept connections that are closed at once', () => {
  it('open no circuit and take 0 tokens: all 24 calls are answered', async () => {
    const { fetching, upstream, health } = client(24);
    const responses = await settle(Promise.all(Array.from({ length: 24 }, () => fetching(url))));
    expect(responses.map(({ status }) => status)).toEqual(Array(24).fill(200));
    expect(upstream.requests).toHaveLength(48);
    expect(health()).toMatchObject({ circuit: 'closed', failures: 0, retryBudget: 10 });
  });

  it('and were new ones open the circuit after 10 failures', async () => {
    const { fetching, upstream, health } = client(24, 0);
    await settle(Promise.allSettled(Array.from({ length: 24 }, () => fetching(url))));
    expect(upstream.requests).toHaveLength(24);
    expect(health()).toMatchObject({ circuit: 'open' });
  });

  it('are refused by no throttle thereafter: it has 0 rejections on its books', async () => {
    const { fetching, health } = client(24, 40, { throttle: true, random: () => 0 });
    await settle(Promise.all(Array.from({ length: 24 }, () => fetching(url))));
    expect(health()?.throttle).toBe(0);
  });

  it('fail 1 POST each, which is not sent twice, and open no circuit by that', async () => {
    const { fetching, upstream, health } = client(24);
    const init = { method: 'POST', body: 'order' };
    const calls = Array.from({ length: 24 }, () => rejection(fetching(url, init)));
    expect(await settle(Promise.all(calls))).toHaveLength(24);
    expect(upstream.requests).toHaveLength(24);
    expect(health()?.circuit).toBe('closed');
  });
});

describe('a server that answers every connection once and drops it on the next request', () => {
  it('has its circuit open after 15 s, when the 5 s that were excused have left the window', async () => {
    let requests = 0;
    const upstream = script(() => {
      if (++requests % 2 === 0) throw closed(40);
      return new Response('ok');
    });
    const fetching = createClient({ fetch: upstream, retry: false });
    const opened: number[] = [];
    const start = performance.now();
    fetching.on('circuit.opened', () => opened.push(performance.now() - start));
    for (let round = 0; round < 160; round++) {
      await fetching(url).catch(() => {});
      await pass(100);
    }
    expect(opened).toHaveLength(1);
    expect(opened[0]).toBeGreaterThanOrEqual(13_000);
    expect(opened[0]).toBeLessThan(16_000);
  });
});
