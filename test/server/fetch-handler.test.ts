import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClient, currentContext, OptionsError } from '../../src/index.ts';
import { fetchHandler, type HandlerFailure, type ServerOptions } from '../../src/server.ts';
import { pass, settle, useFakeClock } from '../support/clock.ts';
import { hang, networkError, script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://service.test/path?token=secret';
const upstream = 'https://api.test/';
const asking = (headers: Record<string, string> = {}, init: RequestInit = {}) =>
  new Request(url, { headers, ...init });

const giving = (length: number | false) => () => length;

function wrapped(handler: (request: Request) => Promise<Response>, options: ServerOptions = {}) {
  const failures: HandlerFailure[] = [];
  const onFailure = (failure: HandlerFailure) => failures.push(failure);
  return { handle: fetchHandler(handler, { onFailure, ...options }), failures };
}

describe('a wrapped handler', () => {
  test('answers 200 as it did, with what its router gives beside the request', async () => {
    const handle = fetchHandler(async (_, name: string) => new Response(`hello ${name}`));
    expect(await (await handle(asking(), 'you')).text()).toBe('hello you');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('has what its caller says, 250 ms and the 2nd try', async () => {
    const { handle } = wrapped(async () => {
      const { timeLeft, attempt } = currentContext() ?? {};
      return Response.json({ timeLeft, attempt });
    });
    const headers = { 'grpc-timeout': '250m', 'x-envoy-attempt-count': '2' };
    expect(await (await handle(asking(headers))).json()).toEqual({ timeLeft: 250, attempt: 2 });
  });

  test.each([
    [{ deadline: 100 }, 100],
    [{ deadline: 500 }, 250],
    [{ deadline: giving(60) }, 60],
    [{ deadline: giving(Number.NaN) }, 250],
    [{ deadline: giving(false) }, 250],
    [{ deadline: 500, propagation: false }, 500],
    [{ propagation: { deadline: false } }, null],
  ] as const)(
    'has the shorter of its own deadline and the 250 ms of its caller: %j, %j',
    async (options, expected) => {
      const { handle } = wrapped(async () => Response.json(currentContext()?.timeLeft), options);
      expect(await (await handle(asking({ 'x-request-timeout-ms': '250' }))).json()).toBe(expected);
    },
  );

  test('answers 504 after 200 ms, where its call is not answered', async () => {
    const client = createClient({ fetch: script(hang) });
    const { handle, failures } = wrapped(() => client(upstream), { deadline: 200 });
    const start = performance.now();
    const response = await settle(handle(asking()));
    expect([response.status, performance.now() - start]).toEqual([504, 200]);
    expect(await response.json()).toEqual({ status: 504, title: 'Gateway Timeout' });
    expect(failures).toMatchObject([{ kind: 'timeout', status: 504, path: '/path' }]);
  });

  test('answers 504 after 200 ms also where it hears nothing, and throws away what comes later', async () => {
    let cancelled = 0;
    const body = new ReadableStream({ cancel: () => void cancelled++ });
    const late = () => new Promise<Response>((done) => setTimeout(done, 900, new Response(body)));
    const { handle, failures } = wrapped(late, { deadline: 200 });
    const answer = handle(asking());
    await pass(200);
    expect((await answer).status).toBe(504);
    await pass(700);
    expect([cancelled, failures.length]).toEqual([1, 1]);
  });

  test('may make something of a call that ran out of time: its own 200', async () => {
    const client = createClient({ fetch: script(hang) });
    const handler = () => client(upstream).catch(() => new Response('in short'));
    const { handle, failures } = wrapped(handler, { deadline: 200 });
    expect((await settle(handle(asking()))).status).toBe(200);
    expect(failures).toEqual([]);
  });

  test('answers a bug with a 500 that says nothing of it, and tells the hook', async () => {
    const bug = new TypeError('secret');
    const { handle, failures } = wrapped(async () => {
      throw bug;
    });
    const response = await handle(asking());
    expect([response.status, await response.text()]).toEqual([
      500,
      '{"status":500,"title":"Internal Server Error"}',
    ]);
    expect(JSON.stringify([...response.headers])).not.toContain('secret');
    expect(failures).toEqual([
      { kind: 'bug', error: bug, status: 500, method: 'GET', path: '/path' },
    ]);
  });

  test('prints a bug that 0 hooks hear of', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const bug = new TypeError('bug');
    const handle = fetchHandler(() => {
      throw bug;
    });
    expect((await handle(asking())).status).toBe(500);
    expect(print.mock.calls).toEqual([[bug]]);
  });

  test('stays at 500 where the hook throws as well', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onFailure = () => {
      throw new Error('hook');
    };
    const { handle } = wrapped(() => Promise.reject(new Error('bug')), { onFailure });
    expect((await handle(asking())).status).toBe(500);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('answers an error by design as it is told to: 404, and 0 failures', async () => {
    const answer = (error: unknown) =>
      error === 'nothing here' ? new Response(null, { status: 404 }) : undefined;
    const { handle, failures } = wrapped(() => Promise.reject('nothing here'), { answer });
    expect((await handle(asking())).status).toBe(404);
    expect(failures).toEqual([]);
  });

  test('ends its calls when its caller hangs up, with 1 CallerGoneError', async () => {
    const fetch = script(hang);
    const client = createClient({ fetch });
    const caller = new AbortController();
    const { handle, failures } = wrapped(() => client(upstream));
    const answer = handle(asking({}, { signal: caller.signal }));
    await pass(10);
    caller.abort();
    await pass(0);
    expect((await answer).status).toBe(499);
    const { reason: cause } = caller.signal;
    expect(failures).toMatchObject([{ kind: 'gone', error: { name: 'CallerGoneError', cause } }]);
  });

  test('ends when its process has to: 503 with 5 s of Retry-After', async () => {
    const shutdown = new AbortController();
    const client = createClient({ fetch: script(hang) });
    const { handle } = wrapped(() => client(upstream), { signal: shutdown.signal });
    const answer = handle(asking());
    await pass(10);
    shutdown.abort(new Error('the end'));
    await pass(0);
    const { status, headers } = await answer;
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  });

  test.each([
    [{ deadline: -1 }, 'deadline: expected milliseconds from 1 to 2147483647, got -1'],
    [{ propagation: { margin: 1 } }, 'propagation.margin: unknown option'],
    [{ onfailure: 1 }, 'onfailure: unknown option; did you mean onFailure?'],
  ])('is not made of wrong options, 1 of 3: %j', (options, message) => {
    const make = () => fetchHandler(() => new Response(), options as ServerOptions);
    expect(make).toThrow(OptionsError);
    expect(make).toThrow(message);
  });
});

describe('a local refusal', () => {
  const handlerOf = (client: ReturnType<typeof createClient>) => wrapped(() => client(upstream));

  test('of an open circuit is a 503 with its 5 s of Retry-After', async () => {
    const client = createClient({ fetch: script(200) });
    await client(upstream);
    client.circuit(upstream).open();
    const { status, headers } = await handlerOf(client).handle(asking());
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  });

  test('of an isolated circuit is a 503 with 60 s', async () => {
    const client = createClient({ fetch: script(200) });
    await client(upstream);
    client.circuit(upstream).isolate();
    const { headers } = await handlerOf(client).handle(asking());
    expect(headers.get('retry-after')).toBe('60');
  });

  test.each([
    ['GET', 429],
    ['POST', 503],
  ])('for want of a slot is for a %s a %i, with 1 s', async (method, expected) => {
    const client = createClient({ fetch: script(hang), concurrency: { max: 1, queue: 0 } });
    client(upstream, { signal: AbortSignal.timeout(1) }).catch(() => {});
    const { handle, failures } = handlerOf(client);
    const { status, headers } = await handle(asking({}, { method }));
    expect([status, headers.get('retry-after')]).toEqual([expected, '1']);
    expect(failures).toMatchObject([{ kind: 'refused' }]);
  });
});

describe('a failure from below', () => {
  const noJitter = { backoff: { base: 1, jitter: 'none' } } as const;

  test.each([
    [3, 'true'],
    [0, null],
  ])('that %i retries did not cure is a 502 with the mark %j', async (maxRetries, mark) => {
    const fetch = script(networkError('ECONNREFUSED'));
    const client = createClient({ fetch, retry: { ...noJitter, maxRetries } });
    const { handle, failures } = wrapped(() => client(upstream));
    const response = await settle(handle(asking()));
    expect([response.status, response.headers.get('x-do-not-retry')]).toEqual([502, mark]);
    expect(failures).toMatchObject([{ kind: 'upstream' }]);
  });

  test('that is passed on as it is, 503, gets the mark by the name that was set', async () => {
    const client = createClient({ fetch: script(503), retry: noJitter });
    const { handle } = wrapped(() => client(upstream), { propagation: { doNotRetry: 'x-stop' } });
    const response = await settle(handle(asking()));
    expect([response.status, response.headers.get('x-stop')]).toEqual([503, 'true']);
  });

  test('that was made good, 200, gets none; nor does any for a stranger', async () => {
    const client = createClient({ fetch: script(503), retry: noJitter });
    const good = wrapped(async () => {
      await client(upstream);
      return new Response('without that part');
    });
    const closed = wrapped(() => client(upstream), { propagation: false });
    for (const { handle } of [good, closed]) {
      const { headers } = await settle(handle(asking()));
      expect(headers.has('x-do-not-retry')).toBe(false);
    }
  });

  test.each([
    ['cut off', script(503, hang), 504],
    ['never sent', script(503, 503), 503],
  ])(
    'that a retry had no time left for, and was %s, is for the caller to weigh: 2 requests, and no mark',
    async (_, fetch, status) => {
      const backoff = { base: 60, jitter: 'none' } as const;
      const client = createClient({ fetch, retry: { backoff } });
      const { handle } = wrapped(() => client(upstream));
      const response = await settle(handle(asking({ 'x-request-timeout-ms': '100' })));
      expect([fetch.requests.length, response.status]).toEqual([2, status]);
      expect(response.headers.get('x-do-not-retry')).toBe(null);
    },
  );

  test('that its own 100 ms were too short for has the mark: the caller had more', async () => {
    const backoff = { base: 60, jitter: 'none' } as const;
    const client = createClient({ fetch: script(503), retry: { backoff }, timeout: 100 });
    const { handle } = wrapped(() => client(upstream));
    const response = await settle(handle(asking({ 'x-request-timeout-ms': '5000' })));
    expect(response.headers.get('x-do-not-retry')).toBe('true');
  });

  test('is not multiplied by whoever is retried himself: 1 request, and no mark', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, retry: noJitter });
    const { handle } = wrapped(() => client(upstream));
    const response = await settle(handle(asking({ 'x-request-attempt': '2' })));
    expect([fetch.requests.length, response.headers.get('x-do-not-retry')]).toEqual([1, null]);
  });
});
