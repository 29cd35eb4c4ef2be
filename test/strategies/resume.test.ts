import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventName, Events } from '../../src/core/events.ts';
import {
  BodyChangedError,
  type ClientOptions,
  createClient,
  explain,
  withDeadline,
} from '../../src/index.ts';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://api.test/file?token=secret';
const text = 'abcdefghij'.repeat(10);
const lost = () =>
  new TypeError('terminated', {
    cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
  });

/** A body of these chunks, and then its end, or its failure. */
function bodyOf(chunks: readonly string[], failure?: Error): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = chunks[next++];
        if (chunk !== undefined) controller.enqueue(new TextEncoder().encode(chunk));
        else if (failure) controller.error(failure);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

const headers = { etag: '"one"', 'content-length': '100' };

/** The whole, of which so many bytes come. */
const whole = (bytes: number, own: Record<string, string> = {}): Line => {
  return () =>
    new Response(bodyOf([text.slice(0, bytes)], lost()), { headers: { ...headers, ...own } });
};

/** The rest from what was asked for, of which so many bytes come; all of it, where no number is given. */
const rest = (bytes?: number): Line => {
  return (_, init) => {
    const from = Number(/\d+/.exec(new Headers(init?.headers).get('range') ?? '')?.[0]);
    const part = text.slice(from, bytes === undefined ? undefined : from + bytes);
    const body = bodyOf(part ? [part] : [], bytes === undefined ? undefined : lost());
    const range = `bytes ${from}-99/100`;
    return new Response(body, { status: 206, headers: { etag: '"one"', 'content-range': range } });
  };
};

const backoff = { base: 100, factor: 1, jitter: 'none' } as const;

function clientOf(lines: readonly Line[], options: ClientOptions = {}) {
  const fetch = script(...lines);
  const retry = { resume: true, backoff, ...(options.retry as object) };
  const client = createClient({ name: 'test', fetch, retryBudget: false, ...options, retry });
  const told: [EventName, Events[EventName]][] = [];
  for (const name of ['retry.scheduled', 'retry.refused', 'timeout.expired'] as const) {
    client.on(name, (event) => told.push([name, event]));
  }
  return { client, fetch, told };
}

const ranges = ({ requests }: ReturnType<typeof script>) =>
  requests.map(({ init }) => new Headers(init.headers).get('range'));

describe('a body that breaks off', () => {
  it('goes on after 100 ms of backoff, from the byte after the last', async () => {
    const { client, fetch, told } = clientOf([whole(30), rest()]);
    const response = await client(url, { headers: { accept: '*/*' } });
    expect(await settle(response.text())).toBe(text);
    expect(ranges(fetch)).toEqual([null, 'bytes=30-']);
    const [first, second] = fetch.requests;
    expect(Math.round((second?.at ?? 0) - (first?.at ?? 0))).toBe(100);
    expect(new Headers(second?.init.headers).get('accept')).toBe('*/*');
    expect(told).toEqual([
      [
        'retry.scheduled',
        expect.objectContaining({ attempt: 1, outcome: 'UND_ERR_SOCKET', delay: 100, offset: 30 }),
      ],
    ]);
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('is told of in the log, in 2 lines', async () => {
    const { client } = clientOf([whole(30), rest()]);
    const response = await client(url);
    await settle(response.text());
    const log = explain(response);
    expect(log).toMatchObject({ outcome: '200', stopped: 'final' });
    expect(log?.attempts).toMatchObject([
      { attempt: 1, outcome: '200', delay: 100, broken: { offset: 30, outcome: 'UND_ERR_SOCKET' } },
      { attempt: 2, outcome: '206' },
    ]);
    expect(String(log)).toContain(
      'broke off after 0 ms at byte 30 (UND_ERR_SOCKET), then 100 ms of backoff',
    );
  });

  it('goes on 10 times with 3 retries, as each brings 5 bytes', async () => {
    const { client, fetch } = clientOf([whole(30), ...Array(10).fill(rest(5)), rest()]);
    const response = await client(url);
    expect(await settle(response.text())).toBe(text);
    expect(fetch.requests).toHaveLength(12);
    expect(ranges(fetch).at(-1)).toBe('bytes=80-');
    expect(explain(response)?.attempts.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it('is given up after 3 retries that bring 0 bytes, be they breaks or refused connections', async () => {
    const dead = networkError('ECONNREFUSED');
    const { client, fetch, told } = clientOf([whole(30), rest(0), dead, rest(0), rest()]);
    const response = await client(url);
    const error = await rejection(response.text());
    expect(error).toMatchObject({ message: 'terminated' });
    expect(fetch.requests).toHaveLength(4);
    expect(told.at(-1)).toEqual([
      'retry.refused',
      expect.objectContaining({ reason: 'retries-exhausted', offset: 30 }),
    ]);
    expect(explain(error)).toMatchObject({
      stopped: 'retries-exhausted',
      outcome: 'UND_ERR_SOCKET',
    });
  });

  it('fails with the last error of the network: 1 of 3 refused connections', async () => {
    const dead = networkError('ECONNREFUSED');
    const { client } = clientOf([whole(30), dead]);
    expect(await rejection((await client(url)).text())).toBe(dead);
  });

  it('fails once and for all: 0 requests more for a second read', async () => {
    const { client, fetch } = clientOf([whole(30), networkError('ECONNREFUSED')]);
    const reader = (await client(url)).body?.getReader();
    await reader?.read();
    const [first, second] = [reader?.read(), reader?.read()].map((read) =>
      rejection(read as never),
    );
    expect(await first).toBe(await second);
    expect(await rejection(reader?.closed as never)).toBe(await first);
    expect(await rejection(reader?.read() as never)).toBe(await first);
    expect(fetch.requests).toHaveLength(4);
  });

  it('needs 0 requests where all its bytes are there', async () => {
    const { client, fetch } = clientOf([whole(100)]);
    expect(await settle((await client(url)).text())).toBe(text);
    expect(fetch.requests).toHaveLength(1);
  });

  it('ends where the server says that nothing is missing: 1 request more', async () => {
    const nothing = new Response(null, {
      status: 416,
      headers: { etag: '"one"', 'content-range': 'bytes */30' },
    });
    const { client, fetch } = clientOf([whole(30, { 'content-length': '' }), nothing]);
    expect(await settle((await client(url)).text())).toBe(text.slice(0, 30));
    expect(fetch.requests).toHaveLength(2);
  });

  it('goes on where a part ended too early without an error: 3 requests', async () => {
    const short: Line = () => {
      const range = 'bytes 30-49/100';
      return new Response(bodyOf([text.slice(30, 50)]), {
        ...{ status: 206, headers: { etag: '"one"', 'content-range': range } },
      });
    };
    const { client, fetch } = clientOf([whole(30), short, rest()]);
    expect(await settle((await client(url)).text())).toBe(text);
    expect(ranges(fetch)).toEqual([null, 'bytes=30-', 'bytes=50-']);
  });

  it('fails with a BodyChangedError where there is another version: 2 requests, and no byte of it', async () => {
    const { client, fetch, told } = clientOf([whole(30), whole(100, { etag: '"two"' })]);
    const reader = (await client(url)).body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(30);
    const error = await rejection(reader?.read() as never);
    expect(error).toBeInstanceOf(BodyChangedError);
    expect(error).toMatchObject({
      message:
        'retry.resume: the body broke off after 30 bytes, and another version of it is there by now (https://api.test)',
      ...{ offset: 30, attempts: 2, origin: 'https://api.test', cause: { message: 'terminated' } },
    });
    expect(fetch.requests).toHaveLength(2);
    expect(told.at(-1)).toEqual(['retry.refused', expect.objectContaining({ reason: 'changed' })]);
    expect(String(explain(error))).toContain(
      'no retry: another version of the body is there by now',
    );
  });
});

describe('a body that does not go on', () => {
  it.each([
    ['a POST', { method: 'POST', headers: { 'idempotency-key': 'mine' } }],
    ['a range that the caller asked for', { headers: { range: 'bytes=0-99' } }],
  ])('is that of %s: 1 request', async (_, init) => {
    const { client, fetch } = clientOf([whole(30), rest()]);
    const response = await client(url, init);
    expect(await rejection(response.text())).toMatchObject({ message: 'terminated' });
    expect(fetch.requests).toHaveLength(1);
  });

  it('is one of no version: 1 request', async () => {
    const { client, fetch } = clientOf([whole(30, { etag: '' }), rest()]);
    expect(await rejection((await client(url)).text())).toMatchObject({ message: 'terminated' });
    expect(fetch.requests).toHaveLength(1);
  });

  it('is told of, with the byte: of 2 servers, 1 has changed it and 1 knows no ranges', async () => {
    const other: Line = () => new Response(bodyOf([text]), { headers: { etag: '"two"' } });
    for (const [line, reason] of [
      [other, 'changed'],
      [whole(100), 'no-range'],
    ] as const) {
      const { client, told } = clientOf([whole(30), line]);
      await rejection((await client(url)).text());
      expect(told.at(-1)).toEqual([
        'retry.refused',
        expect.objectContaining({ reason, offset: 30, outcome: 'UND_ERR_SOCKET' }),
      ]);
    }
  });

  it('is given up with its reader: 1 request under way, which is stopped', async () => {
    const { client, fetch } = clientOf([whole(30), hang]);
    const reader = (await client(url)).body?.getReader();
    await reader?.read();
    const read = reader?.read().catch(() => {});
    await pass(100);
    const { signal } = fetch.requests[1]?.init ?? {};
    expect(signal?.aborted).toBe(false);
    await reader?.cancel();
    expect(signal?.aborted).toBe(true);
    await read;
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on for each of 2 clones by itself: 3 requests', async () => {
    const { client, fetch } = clientOf([whole(30), rest()]);
    const response = await client(url);
    const copy = response.clone();
    const both = Promise.all([response.text(), copy.text()]);
    expect(await settle(both)).toEqual([text, text]);
    expect(fetch.requests).toHaveLength(3);
  });
});

describe('what bounds a continuation', () => {
  it('is `timeout.total` anew, each time: 2 breaks of 900 ms within 1,000', async () => {
    const late: Line = async (_, init) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      return (rest(5) as (...given: unknown[]) => Response)(_, init);
    };
    const { client, fetch } = clientOf([whole(30), late, late, rest()], { timeout: 1_000 });
    expect(await settle((await client(url)).text())).toBe(text);
    expect(fetch.requests).toHaveLength(4);
  });

  it('ends it with a TimeoutError of the total after 1,000 ms', async () => {
    const timeout = { total: 1_000, attempt: false } as const;
    const { client, told } = clientOf([whole(30), hang], { timeout });
    const response = await client(url);
    await pass(5_000);
    const start = performance.now();
    const error = await rejection(response.text());
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'total', attempts: 2 });
    expect(performance.now() - start).toBeLessThan(1_200);
    expect(told.at(-1)?.[0]).toBe('timeout.expired');
  });

  it('is the budget: 1 token, 1 continuation that breaks off, and no other', async () => {
    const retryBudget = { capacity: 1, deposit: 0, trickle: 0 };
    const { client, fetch, told } = clientOf([whole(30), networkError('ECONNRESET')], {
      retryBudget,
    });
    const error = await rejection((await client(url)).text());
    expect(error).toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(fetch.requests).toHaveLength(2);
    expect(told.at(-1)?.[1]).toMatchObject({ reason: 'budget' });
  });

  it('is the circuit: 2 failures open it, and the break comes out', async () => {
    const { client, fetch } = clientOf([whole(30), 500], {
      circuitBreaker: { consecutiveFailures: 2 },
    });
    const error = await rejection((await client(url)).text());
    expect(error).toMatchObject({ message: 'terminated' });
    expect(fetch.requests).toHaveLength(3);
    expect(client.circuit(url).state).toBe('open');
  });

  it('is `retry.when`: 1 no is enough', async () => {
    const { client, fetch } = clientOf([whole(30), rest()], {
      retry: { when: ({ error }) => (error ? false : undefined) },
    });
    expect(await rejection((await client(url)).text())).toMatchObject({ message: 'terminated' });
    expect(fetch.requests).toHaveLength(1);
  });

  it('waits as long as a 503 asks: 2,000 ms, and goes on', async () => {
    const busy = new Response(null, { status: 503, headers: { 'retry-after': '2' } });
    const { client, fetch } = clientOf([whole(30), busy, rest()]);
    expect(await settle((await client(url)).text())).toBe(text);
    const [, second, third] = fetch.requests;
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
  });
});

it('goes on at the place that answered, of 2, after 100 ms each, as another may have another version', async () => {
  const { client, fetch, told } = clientOf([whole(30), 500, rest()], {
    baseUrl: ['https://a.test', 'https://b.test'],
  });
  const response = await client('file');
  expect(await settle(response.text())).toBe(text);
  expect(fetch.requests.map(({ input }) => String(input))).toEqual(
    Array(3).fill('https://a.test/file'),
  );
  expect(told.map(([, event]) => (event as { delay?: number }).delay)).toEqual([100, 100]);
});

it('keeps the 1 slot of its call where that is held to the end of the body, and takes no second', async () => {
  const { client } = clientOf([whole(30), rest()], { concurrency: { max: 1, hold: 'body' } });
  const response = await client(url);
  const inUse = () => client.health().origins['https://api.test']?.concurrency?.inUse;
  expect(inUse()).toBe(1);
  const read = response.text();
  await pass(50);
  expect(inUse()).toBe(1);
  expect(await settle(read)).toBe(text);
  expect(inUse()).toBe(0);
});

describe('in a context', () => {
  it('waits for the rest no longer than it has: 1,000 ms', async () => {
    const { client } = clientOf([whole(30), hang]);
    const start = performance.now();
    let after = 0;
    const work = withDeadline(1_000, async () => (await client(url)).text()).finally(() => {
      after = Math.round(performance.now() - start);
    });
    expect(await settle(rejection(work))).toMatchObject({ timeout: 'context' });
    expect(after).toBe(1_000);
  });

  it('begins no wait that outlasts it, 100 of 50 ms, and fails with what broke it off', async () => {
    const { client, fetch, told } = clientOf([whole(30), rest()]);
    const work = withDeadline(50, async () => (await client(url)).text());
    expect(await settle(rejection(work))).toMatchObject({ message: 'terminated' });
    expect(fetch.requests).toHaveLength(1);
    expect(told).toMatchObject([['retry.refused', { reason: 'deadline', offset: 30 }]]);
  });
});
