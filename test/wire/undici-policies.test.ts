import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import {
  BodyChangedError,
  CircuitOpenError,
  createClient,
  explain,
  OptionsError,
  withDeadline,
} from 'resilient-fetch';
import { resilience } from 'resilient-fetch/undici';
import {
  Agent,
  type Dispatcher,
  Dispatcher1Wrapper,
  getGlobalDispatcher,
  interceptors,
  MockAgent,
  pipeline,
  request,
  setGlobalDispatcher,
  stream,
  fetch as undiciFetch,
} from 'undici';
import { describe, expect, it, vi } from 'vitest';
import { cuttingServer } from '../support/cutting-server.ts';
import {
  answer,
  deadPort,
  faultServer,
  type Line,
  reset,
  silence,
  stillHeld,
  unfinished,
} from '../support/fault-server.ts';
import { resilient } from '../support/resilient-agent.ts';
import { quick, rejection, until } from '../support/wire-call.ts';

describe('a circuit', () => {
  it('refuses the 5th request without a socket, with an error that says when', async () => {
    await using server = await faultServer([503]);
    const dispatcher = resilient({ retry: false, circuitBreaker: { consecutiveFailures: 4 } });
    for (let call = 0; call < 4; call++) {
      await (await request(server.origin, { dispatcher })).body.dump();
    }
    const { connections } = server;
    const error = await rejection(request(server.origin, { dispatcher }));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ origin: server.origin, attempts: 0 });
    expect([server.requests.length, server.connections - connections]).toEqual([4, 0]);
  });

  it('is 1 for a client and for the dispatcher: what either sees, both obey', async () => {
    await using server = await faultServer([503]);
    await using client = createClient({ retry: false, circuitBreaker: { consecutiveFailures: 4 } });
    for (const given of [client, { client }]) {
      client.circuit(server.origin).close();
      const dispatcher = resilient(given);
      const before = server.requests.length;
      for (let call = 0; call < 2; call++) {
        await (await request(server.origin, { dispatcher })).body.dump();
        await (await client(server.origin)).text();
      }
      expect(await rejection(client(server.origin))).toBeInstanceOf(CircuitOpenError);
      expect(await rejection(request(server.origin, { dispatcher }))).toBeInstanceOf(
        CircuitOpenError,
      );
      expect(server.requests.length - before).toBe(4);
      expect(client.health().origins[server.origin]).toMatchObject({ circuit: 'open' });
    }
  });

  it('of each hop of a redirect is its own: only that of the 2nd, dead origin opens', async () => {
    const dead = `http://127.0.0.1:${await deadPort()}`;
    await using server = await faultServer([answer(302, 'moved', { location: `${dead}/there` })]);
    await using client = createClient({ ...quick, circuitBreaker: { consecutiveFailures: 4 } });
    const dispatcher = resilient(client, interceptors.redirect({ maxRedirections: 3 }));
    expect(await rejection(request(server.origin, { dispatcher }))).toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(client.circuit(dead).state).toBe('open');
    expect(client.circuit(server.origin).state).toBe('closed');
    expect(await rejection(request(server.origin, { dispatcher }))).toBeInstanceOf(
      CircuitOpenError,
    );
    expect(server.requests).toHaveLength(2);
    expect(await stillHeld(server)).toBe(0);
  });
});

describe('redirects', () => {
  it('are followed past a 503 on each of 2 hops: 2 requests to both, and a history of 2', async () => {
    await using target = await faultServer([503, answer(200, 'there')]);
    const location = `${target.origin}/there`;
    await using server = await faultServer([503, answer(302, 'moved', { location })]);
    const dispatcher = resilient(quick, interceptors.redirect({ maxRedirections: 3 }));
    const { statusCode, body, context } = await request(server.origin, { dispatcher });
    expect([statusCode, await body.text()]).toEqual([200, 'there']);
    expect([server.requests.length, target.requests.length]).toEqual([2, 2]);
    expect((context as { history: URL[] }).history.map(String)).toEqual([
      `${server.origin}/`,
      location,
    ]);
  });

  it('by undici.fetch are 2 calls, each of its origin', async () => {
    await using target = await faultServer([503, answer(200, 'there')]);
    const location = `${target.origin}/there`;
    await using server = await faultServer([503, answer(302, 'moved', { location })]);
    await using client = createClient(quick);
    const origins: string[] = [];
    client.on('call.ended', ({ origin, outcome }) => void origins.push(`${origin} ${outcome}`));
    const response = await undiciFetch(server.origin, { dispatcher: resilient(client) });
    expect([response.status, await response.text()]).toEqual([200, 'there']);
    expect(origins).toEqual([`${server.origin} 302`, `${target.origin} 200`]);
  });
});

describe('an abort', () => {
  const reason = new Error('the page was left');

  it('in an attempt rejects with the identical reason after 1 request', async () => {
    await using server = await faultServer([silence]);
    const { signal, abort } = caller();
    const call = rejection(request(server.origin, { signal, dispatcher: resilient() }));
    await until(() => server.requests.length === 1);
    abort();
    expect(await call).toBe(reason);
    expect(await stillHeld(server)).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it('in a backoff of 60 s rejects within 100 ms', async () => {
    await using server = await faultServer([503]);
    const client = createClient({
      timeout: { total: 120_000 },
      retry: { backoff: { base: 60_000, cap: 60_000, jitter: 'none' } },
    });
    const { signal, abort } = caller();
    client.on('retry.scheduled', () => void setTimeout(abort, 5));
    const start = performance.now();
    const call = request(server.origin, { signal, dispatcher: resilient(client) });
    expect(await rejection(call)).toBe(reason);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('before the call sends 0 requests', async () => {
    await using server = await faultServer([200]);
    const signal = AbortSignal.abort(reason);
    expect(await rejection(request(server.origin, { signal, dispatcher: resilient() }))).toBe(
      reason,
    );
    expect(server.requests).toHaveLength(0);
  });

  it('in a body ends the read with the identical reason, and leaves 0 held', async () => {
    await using server = await faultServer([answer(200, Buffer.alloc(5_000_000))]);
    const { signal, abort } = caller();
    const { body } = await request(server.origin, { signal, dispatcher: resilient() });
    abort();
    expect(await rejection(body.arrayBuffer())).toBe(reason);
    expect(await stillHeld(server)).toBe(0);
  });

  it('by leaving a body of 5,000,000 bytes leaves 0 held, also with slots held through it', async () => {
    await using server = await faultServer([answer(200, Buffer.alloc(5_000_000))]);
    await using client = createClient({ concurrency: { max: 1, hold: 'body' } });
    const dispatcher = resilient(client);
    for (let call = 0; call < 3; call++) {
      const { body } = await request(server.origin, { dispatcher });
      body.on('error', () => {});
      body.destroy();
    }
    expect(await stillHeld(server)).toBe(0);
    expect(server.requests).toHaveLength(3);
  });

  function caller() {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort(reason) };
  }
});

describe('other ways to ask', () => {
  it('stream() writes the final answer alone, after 2 requests', async () => {
    await using server = await faultServer([503, answer(200, 'x'.repeat(200_000))]);
    let length = 0;
    await stream(server.origin, { method: 'GET', dispatcher: resilient() }, ({ statusCode }) => {
      expect(statusCode).toBe(200);
      return new Writable({
        highWaterMark: 1_000,
        write(chunk, _, done) {
          length += chunk.length;
          setImmediate(done);
        },
      });
    });
    expect(length).toBe(200_000);
    expect(server.requests).toHaveLength(2);
  });

  it('pipeline() sends what is written once, and gives what comes back', async () => {
    await using server = await faultServer([
      (response, _, { body }) => response.end(`echo ${body}`),
    ]);
    const sending = pipeline(server.origin, { method: 'POST', dispatcher: resilient() }, (data) => {
      return data.body;
    });
    sending.end('the body');
    expect(String(Buffer.concat(await sending.toArray()))).toBe('echo the body');
    expect(server.requests).toHaveLength(1);
  });

  it('setGlobalDispatcher has the fetch of the process retry: 2 requests, and 2 of undici.request', async () => {
    await using server = await faultServer([503, 200, 503, 200]);
    const before = getGlobalDispatcher();
    setGlobalDispatcher(resilient());
    try {
      expect(await (await fetch(server.origin)).text()).toBe('answer 200');
      expect(await (await request(server.origin)).body.text()).toBe('answer 200');
    } finally {
      setGlobalDispatcher(before);
    }
    expect(server.requests).toHaveLength(4);
  });

  it('a client over the dispatcher that it shares makes 4 requests, and not 16', async () => {
    await using server = await faultServer([503]);
    await using client = createClient({ ...quick, retryBudget: false, circuitBreaker: false });
    const dispatcher = resilient(client);
    const before = getGlobalDispatcher();
    setGlobalDispatcher(dispatcher);
    try {
      expect((await client(server.origin)).status).toBe(503);
      expect(server.requests).toHaveLength(4);
      await Promise.all([client(server.origin), request(server.origin)]);
      expect(server.requests).toHaveLength(12);
    } finally {
      setGlobalDispatcher(before);
    }
  });

  it('a MockAgent plays a 503 and a 200: 2 requests', async () => {
    const mock = new MockAgent();
    mock.disableNetConnect();
    const place = mock.get('http://a.test');
    place.intercept({ path: '/' }).reply(503, 'no');
    place.intercept({ path: '/' }).reply(200, 'yes', { trailers: { 'x-sum': '1' } });
    const dispatcher = mock.compose(resilience(quick));
    const { statusCode, body, trailers } = await request('http://a.test/', { dispatcher });
    expect([statusCode, await body.text(), trailers]).toEqual([200, 'yes', { 'x-sum': '1' }]);
    mock.assertNoPendingInterceptors();
    await mock.close();
  });

  it('the fetch of Node takes it behind a Dispatcher1Wrapper: 2 requests', async () => {
    await using server = await faultServer([503, 200]);
    const dispatcher = new Dispatcher1Wrapper(resilient());
    const response = await fetch(server.origin, { dispatcher } as unknown as RequestInit);
    expect([response.status, await response.text()]).toEqual([200, 'answer 200']);
    expect(server.requests).toHaveLength(2);
  });

  it('undici.fetch sends a PUT with a body once, whole: its body is read once', async () => {
    await using server = await faultServer([503]);
    const given = { method: 'PUT', body: 'the body', dispatcher: resilient() };
    expect((await undiciFetch(server.origin, given)).status).toBe(503);
    expect(server.requests.map(({ body }) => String(body))).toEqual(['the body']);
  });

  it('upgrade and CONNECT pass through untouched', async () => {
    const server = createServer();
    server.on('upgrade', (_, socket) => {
      socket.end('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhello');
    });
    server.on('connect', (_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const dispatcher = resilient();
    const upgraded = await dispatcher.upgrade({ origin, path: '/', protocol: 'echo' } as never);
    expect(String((await upgraded.socket.toArray())[0])).toBe('hello');
    const connected = await dispatcher.connect({ origin, path: '/' });
    expect(connected.statusCode).toBe(200);
    connected.socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('a request may have options of its own: 1 request in place of 4', async () => {
    await using server = await faultServer([503]);
    const own = { dispatcher: resilient(), resilience: { retry: false } };
    expect((await request(server.origin, own)).statusCode).toBe(503);
    expect(server.requests).toHaveLength(1);
    const wrong = { dispatcher: resilient(), resilience: { retries: 1 } };
    expect(await rejection(request(server.origin, wrong))).toBeInstanceOf(OptionsError);
  });
});

describe('a body that is cut 3 times', () => {
  const resuming = {
    ...quick,
    retryBudget: false,
    retry: { ...quick.retry, resume: true },
  } as const;
  const whole = Buffer.alloc(1_000_000, 'abcdefghijk');
  const cuts = [200_000, 300_000, 0, 'whole'] as const;

  it.each<[string, (origin: string, dispatcher: Dispatcher) => Promise<Uint8Array>]>([
    [
      'request()',
      async (origin, dispatcher) => (await request(origin, { dispatcher })).body.bytes(),
    ],
    ['fetch()', async (origin, dispatcher) => (await undiciFetch(origin, { dispatcher })).bytes()],
    [
      'stream() to a slow one',
      async (origin, dispatcher) => {
        const chunks: Buffer[] = [];
        const write = (chunk: Buffer, _: unknown, done: () => void) => {
          chunks.push(chunk);
          setImmediate(done);
        };
        const sink = () => new Writable({ highWaterMark: 1_000, write });
        await stream(origin, { method: 'GET', dispatcher }, sink);
        return Buffer.concat(chunks);
      },
    ],
  ])('goes on for undici’s %s, 1 of 3: 1 answer, 4 requests, each byte once', async (_, read) => {
    await using server = await cuttingServer({ body: whole }, cuts);
    await using client = createClient(resuming);
    const retries: unknown[] = [];
    client.on('retry.scheduled', ({ attempt }) => void retries.push(attempt));
    expect(whole.equals(await read(server.origin, resilient(client)))).toBe(true);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=200000-',
      'bytes=500000-',
      'bytes=500000-',
    ]);
    expect(server.requests.at(-1)?.headers).toMatchObject({ 'if-range': '"one"' });
    expect(retries).toEqual([1, 2, 3]);
  });

  it('fails with a BodyChangedError where there is another version: 2 requests', async () => {
    await using server = await cuttingServer({ body: whole }, [200_000, 'whole']);
    const { body } = await request(server.origin, { dispatcher: resilient(resuming) });
    server.version = { body: whole, headers: { etag: '"two"' } };
    expect(await rejection(body.bytes())).toBeInstanceOf(BodyChangedError);
    expect(server.requests).toHaveLength(2);
  });

  it('and is left in a backoff of 60 s ends at once with the caller’s reason, and 0 requests more', async () => {
    await using server = await cuttingServer({ body: whole }, [200_000, 'whole']);
    const backoff = { base: 60_000, cap: 60_000, jitter: 'none' } as const;
    await using client = createClient({ timeout: false, retry: { resume: true, backoff } });
    const caller = new AbortController();
    const { signal } = caller;
    client.on('retry.scheduled', () => void setTimeout(() => caller.abort(new Error('left')), 5));
    const { body } = await request(server.origin, { signal, dispatcher: resilient(client) });
    const start = performance.now();
    expect(await rejection(body.bytes())).toBe(signal.reason);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(server.requests).toHaveLength(1);
  });
});

describe('the rest of the policies', () => {
  it('hedge answers by the 2nd copy, of 2 requests, and leaves 0 held', async () => {
    await using server = await faultServer([silence, answer(200, 'second')]);
    const { body } = await request(server.origin, { dispatcher: resilient({ hedge: 30 }) });
    expect(await body.text()).toBe('second');
    expect(server.requests).toHaveLength(2);
    expect(await stillHeld(server)).toBe(0);
  });

  it('fallback gives its own answer after 4 requests', async () => {
    await using server = await faultServer([503]);
    const fallback = () => Response.json({ stale: true }, { headers: { 'x-stale': 'yes' } });
    const given = { ...quick, fallback };
    const { statusCode, headers, body } = await request(server.origin, {
      dispatcher: resilient(given),
    });
    expect([statusCode, headers['x-stale'], await body.json()]).toEqual([
      200,
      'yes',
      { stale: true },
    ]);
    expect(server.requests).toHaveLength(4);
    expect(await stillHeld(server)).toBe(0);
  });

  it('a fallback’s body that the caller leaves is cancelled 1 time', async () => {
    await using server = await faultServer([503]);
    const cancel = vi.fn();
    const fallback = () => new Response(new ReadableStream({ cancel }));
    const dispatcher = resilient({ retry: false, fallback });
    const caller = new AbortController();
    const { body } = await request(server.origin, { dispatcher, signal: caller.signal });
    caller.abort(new Error('left'));
    expect(await rejection(body.text())).toBe(caller.signal.reason);
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  it('concurrency of 1 sends 3 requests one after another', async () => {
    let underWay = 0;
    let most = 0;
    const slow: Line = (response) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        response.end('late');
      }, 20);
    };
    await using server = await faultServer([slow]);
    await using client = createClient({ concurrency: 1 });
    const dispatcher = resilient(client);
    const calls = Array.from({ length: 3 }, async () => {
      return (await request(server.origin, { dispatcher })).body.text();
    });
    expect(await Promise.all(calls)).toEqual(['late', 'late', 'late']);
    expect([server.requests.length, most]).toEqual([3, 1]);
  });

  it('retry.when reads a copy of the answer of 1 attempt, and the caller the whole', async () => {
    await using server = await faultServer([answer(200, 'not yet'), answer(200, 'done')]);
    const given = {
      retry: {
        ...quick.retry,
        when: async ({ response }: { response?: Response }) =>
          response && (await response.clone().text()) === 'not yet',
      },
    };
    const { body } = await request(server.origin, { dispatcher: resilient(given) });
    expect(await body.text()).toBe('done');
    expect(server.requests).toHaveLength(2);
  });

  it('propagation tells each of 3 hops and attempts what is left of 500 ms, and of which attempt it is', async () => {
    await using target = await faultServer([200]);
    const location = `${target.origin}/there`;
    await using server = await faultServer([503, answer(302, 'moved', { location })]);
    const given = { ...quick, propagation: true };
    const dispatcher = resilient(given, interceptors.redirect({ maxRedirections: 3 }));
    const mine = { 'x-mine': '1', 'X-Request-Timeout-Ms': '90000' };
    const { statusCode } = await withDeadline(500, async () => {
      const response = await request(server.origin, { dispatcher, headers: mine });
      await response.body.dump();
      return response;
    });
    expect(statusCode).toBe(200);
    const told = [...server.requests, ...target.requests].map(({ headers }) => headers);
    expect(told.map((headers) => headers['x-request-attempt'])).toEqual(['1', '2', '1']);
    const left = told.map((headers) => Number(headers['x-request-timeout-ms']));
    expect(left).toEqual(left.toSorted((one, other) => other - one));
    for (const each of left) expect(each > 0 && each < 500).toBe(true);
    expect(told.map((headers) => headers['x-mine'])).toEqual(['1', '1', '1']);
  });

  it('propagation’s mark of a server is heeded: 1 request, and `do-not-retry` in its log', async () => {
    const headers = { 'x-do-not-retry': 'true' };
    await using server = await faultServer([answer(503, 'no', headers), 200]);
    await using client = createClient({ ...quick, propagation: true });
    const stops: unknown[] = [];
    client.on('call.ended', ({ log }) => void stops.push(log.stopped));
    const { statusCode, body } = await request(server.origin, { dispatcher: resilient(client) });
    await body.dump();
    expect([statusCode, server.requests.length, stops]).toEqual([503, 1, ['do-not-retry']]);
  });

  it('budgets and retries end with undici’s own error, and its log of 4 attempts', async () => {
    await using server = await faultServer([reset]);
    const error = await rejection(request(server.origin, { dispatcher: resilient() }));
    expect(['ECONNRESET', 'UND_ERR_SOCKET']).toContain((error as { code: string }).code);
    expect(explain(error)?.attempts).toHaveLength(4);
  });

  it('leave 0 sockets open after 20 calls past bodies that are thrown away', async () => {
    await using server = await faultServer([
      ...Array.from({ length: 20 }, (): Line[] => [
        unfinished,
        answer(503, Buffer.alloc(1e6)),
      ]).flat(),
      200,
    ]);
    const agent = new Agent();
    const dispatcher = agent.compose(
      resilience({ ...quick, retryBudget: false, circuitBreaker: false }),
    );
    const calls = Array.from({ length: 20 }, async () => {
      return (await request(server.origin, { dispatcher })).body.text();
    });
    await Promise.all(calls);
    expect(await stillHeld(server)).toBe(0);
    await agent.close();
    await until(() => server.open.size === 0);
    expect(server.open.size).toBe(0);
  });

  it('take 0 options that undici has a word in', () => {
    for (const name of ['fetch', 'pool', 'baseUrl', 'endpoints']) {
      expect(() => resilience({ [name]: undefined } as object)).toThrow(OptionsError);
    }
    expect(() => resilience({ retries: 3 } as object)).toThrow(OptionsError);
  });
});
