import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as errors from '../../src/core/errors.ts';
import { reasons, refusals } from '../../src/core/reasons.ts';
import { timelineOf } from '../../src/core/timeline.ts';
import { type ClientOptions, createClient, explain, type ResilientInit } from '../../src/index.ts';
import { settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script } from '../support/script.ts';
import { logOf } from './given.ts';

beforeEach(useFakeClock);
afterEach(() => void vi.useRealTimers());

const url = 'https://user:secret@api.test/report?token=secret#secret';

/** Answers after so many milliseconds, and hears its signal meanwhile. */
const late =
  (milliseconds: number, status: number, headers = {}): Line =>
  (input, init) =>
    Promise.race([
      hang(input, init),
      new Promise<Response>((resolve) =>
        setTimeout(() => resolve(new Response(null, { status, headers })), milliseconds),
      ),
    ]);

/** What a call reads like, line by line, with jitter that draws the middle. */
async function told(options: ClientOptions, lines: Line[], init?: ResilientInit, input = url) {
  const client = createClient({ fetch: script(...lines), random: () => 0.5, ...options });
  const outcome = await settle(client(input, init).catch((error: unknown) => error));
  return String(explain(outcome)).split('\n');
}

describe('a timeline', () => {
  test('tells of 3 attempts what each waited for, and why there was no 4th', async () => {
    const reset = networkError('ECONNRESET');
    const busy = late(12, 429, { 'retry-after': '1' });
    expect(await told({ retry: 2 }, [busy, reset, late(30, 503)])).toEqual([
      'GET https://api.test/report → 503 after 1.29 s, 3 attempts',
      '      0 ms  █···················      attempt 1  429 in 12 ms, then 1.05 s, as the server asked',
      '  1,062 ms                      █··   attempt 2  ECONNRESET in 0 ms, then 200 ms of backoff',
      '  1,262 ms                         █  attempt 3  503 in 30 ms; no retry: none is left',
    ]);
  });

  test('shows 2 copies side by side', async () => {
    expect(await told({ hedge: 100 }, [late(300, 200), late(40, 200)])).toEqual([
      'GET https://api.test/report → 200 after 140 ms, 1 attempt and 1 second copy',
      '      0 ms  ████████████████████████  attempt 1    ended after 140 ms: the other copy was faster',
      '    100 ms                   ███████  second copy  200 in 40 ms',
    ]);
  });

  test('of 1 good answer says no more than that it came', async () => {
    expect(await told({}, [late(6, 200)])).toEqual([
      'GET https://api.test/report → 200 after 6 ms, 1 attempt',
      '      0 ms  ██████                    attempt 1  200 in 6 ms',
    ]);
  });

  test('says who ended a wait, 1 of 2: the caller', async () => {
    const signal = new AbortController();
    setTimeout(() => signal.abort(), 100);
    const backoff = { base: 300, jitter: 'none' } as const;
    expect(await told({ retry: { backoff } }, [503], signal)).toEqual([
      'GET https://api.test/report → AbortError after 100 ms, 1 attempt',
      '      0 ms  █·······················  attempt 1  503 in 0 ms, then 300 ms of backoff',
      '    100 ms                         █  given up   the caller aborted',
    ]);
  });

  test('says who ended an attempt, 1 of 2: the deadline', async () => {
    expect(await told({ timeout: 150 }, [hang])).toEqual([
      'GET https://api.test/report → ERR_RESILIENCE_TIMEOUT after 150 ms, 1 attempt',
      '      0 ms  ████████████████████████  attempt 1  no answer in 150 ms; the deadline passed',
    ]);
  });

  test('tells of 100 ms in a queue, and of a slot that did not come', async () => {
    const client = createClient({ fetch: script(late(100, 200)), concurrency: 1 });
    const [, second, third] = await settle(
      Promise.allSettled([client(url), client(url), client(url, { resilience: { timeout: 50 } })]),
    );
    const texts = [second, third].map((end) =>
      String(explain(end?.status === 'fulfilled' ? end.value : end?.reason)).split('\n'),
    );
    expect(texts[0]?.slice(1)).toEqual([
      '      0 ms  ············              queued     waited 100 ms for a slot',
      '    100 ms              ████████████  attempt 1  200 in 100 ms',
    ]);
    expect(texts[1]).toEqual([
      'GET https://api.test/report → ERR_RESILIENCE_CONCURRENCY_LIMIT after 50 ms, nothing was sent',
      '      0 ms  ························  queued    waited 50 ms for a slot',
      '     50 ms                         █  given up  no slot was free in time',
    ]);
  });

  test('tells of a pause that 1 other call was asked for', async () => {
    const fetch = script(late(0, 429, { 'retry-after': '1' }), late(100, 200));
    const retry = { retryAfter: { scope: 'origin' } } as const;
    const client = createClient({ fetch, retry, random: () => 0 });
    const first = client(url);
    await vi.advanceTimersByTimeAsync(1);
    const second = await settle(client(url));
    await settle(first);
    expect(String(explain(second)).split('\n')[1]).toBe(
      '      0 ms  ······················    held       waited 999 ms: the origin asked everybody for a pause',
    );
  });

  test('tells of a refusal in 1 line, where nothing was sent', async () => {
    const client = createClient({ fetch: script(200) });
    client.circuit(url).open();
    const error = await client(url).catch((reason: unknown) => reason);
    expect(String(explain(error)).split('\n')).toEqual([
      'GET https://api.test/report → ERR_RESILIENCE_CIRCUIT_OPEN after 0 ms, nothing was sent',
      '      0 ms  █                         given up  the circuit is open',
    ]);
  });

  test('tells of the 2 places that were tried, and of what one of them refused', async () => {
    const places = { baseUrl: ['https://a.test', 'https://b.test'] };
    const lines = await told(places, [late(20, 503), late(30, 200)], {}, '/report');
    expect(lines).toEqual([
      'GET https://a.test/report → 200 after 50 ms, 2 attempts',
      '      0 ms  ██████████                attempt 1  503 in 20 ms, then another place at once',
      '     20 ms            ██████████████  attempt 2  at https://b.test: 200 in 30 ms',
    ]);
    const log = logOf({ duration: 5, outcome: '200', stopped: 'final' });
    log.note('refused', performance.now(), 'https://b.test', 'ERR_RESILIENCE_CIRCUIT_OPEN');
    expect(timelineOf(log)).toContain(
      'refused   not sent at https://b.test: the circuit is open; the next place was tried',
    );
  });

  test('tells of a fallback, and of the 503 that it stands for', async () => {
    const fallback = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return new Response('kept');
    };
    expect(await told({ fallback, retry: false }, [late(19, 503)])).toEqual([
      'GET https://api.test/report → 200 from the fallback after 24 ms, 1 attempt',
      '      0 ms  ███████████████████       attempt 1  503 in 19 ms; no retry: retries are off',
      '     19 ms                     █████  fallback   given after 5 ms, in the place of 503',
    ]);
  });

  test.each([
    ['404; not worth one', {}, [404], 'no retry: not an outcome that is retried'],
    ['a POST', { method: 'POST' }, [503], 'no retry: POST may not be sent twice'],
    [
      'a stream',
      { method: 'PUT', body: stream(), duplex: 'half' },
      [read],
      'can be sent only once',
    ],
    ['an hour', {}, [late(0, 429, { 'retry-after': '3600' })], 'a longer wait than is allowed'],
  ])('says why 1 attempt was all: %s', async (_, init, lines, expected) => {
    const [, first = ''] = await told({}, lines, init as ResilientInit);
    expect(first).toContain(expected);
  });

  test('of a call under way says so, with the 1 attempt that is', () => {
    const attempts = [{ attempt: 1, at: 0, outcome: 'pending', duration: 0 }];
    expect(timelineOf(logOf({ attempts }))).toBe(
      [
        'GET https://api.test/users/1 → under way, 1 attempt',
        '      0 ms  █                         attempt 1  under way',
      ].join('\n'),
    );
  });
});

function stream() {
  return new Blob(['once']).stream();
}

/** Answers when it has read the body. */
async function read(_: unknown, init: RequestInit | undefined): Promise<Response> {
  await new Response(init?.body).text();
  return new Response(null, { status: 503 });
}

describe('a timeline tells 0 secrets', () => {
  test('no user name, no query, no header, no message', async () => {
    const secret = Object.assign(new TypeError('secret'), { cause: new Error('secret') });
    const headers = { authorization: 'secret' };
    const text = (await told({ retry: 1 }, [secret], { headers })).join('\n');
    expect(text).toContain('TypeError');
    expect(text).not.toContain('secret');
    expect(text).not.toContain('user');
  });

  test('and 0 lines of somebody else’s: an error’s name can hold anything', () => {
    const attempts = [{ attempt: 1, at: 0, outcome: 'E\n\u001b[31m\u202eX', duration: 1 }];
    const text = timelineOf(logOf({ attempts, outcome: 'E\r\nX', stopped: 'final' }));
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('E[31mX in 1 ms');
    expect(text).toContain('→ EX after');
  });
});

test('each refusal that a call can end with has words of its own, 4 of them', () => {
  const refusal = { origin: 'https://api.test', attempts: 0 };
  const all = [
    new errors.CircuitOpenError(1, refusal),
    new errors.ConcurrencyLimitError({ limit: 1, queued: 1 }, refusal),
    new errors.CooldownError(1, refusal),
    new errors.ThrottledError(0.5, refusal),
  ];
  // a timeout is no refusal, nor is a body that changed, and a closed client begins no call
  const classes = Object.values(errors).filter(
    (thing) => typeof thing === 'function' && thing.prototype instanceof errors.ResilienceError,
  );
  expect(classes).toHaveLength(all.length + 3);
  expect(Object.keys(refusals).toSorted()).toEqual(all.map(({ code }) => code).toSorted());
  expect(new Set(Object.values(refusals)).size).toBe(4);
  expect(new Set(Object.values(reasons)).size).toBe(19);
});
