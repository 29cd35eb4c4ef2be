import { once } from 'node:events';
import { request } from 'node:http';
import { createClient, explain, OptionsError } from 'resilient-fetch';
import { type FaultServerOptions, startFaultServer } from 'resilient-fetch/testing';
import { describe, expect, it } from 'vitest';
import { causeCode, quick, rejection, until } from '../support/wire-call.ts';

const everySecond = { seed: 6, rate: 0.5, latency: 0 } as const;

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

describe('a script', () => {
  it('is followed line by line, and its last line is for the 2 that come after', async () => {
    await using server = await startFaultServer({ script: [503, 404, 200] });
    const statuses: number[] = [];
    for (let time = 0; time < 5; time++) statuses.push((await fetch(server.origin)).status);
    expect(statuses).toEqual([503, 404, 200, 200, 200]);
  });

  it('can be changed for another 1 while the server runs', async () => {
    await using server = await startFaultServer({ script: [503] });
    expect((await fetch(server.origin)).status).toBe(503);
    server.play(201, 202);
    expect((await fetch(server.origin)).status).toBe(201);
    expect((await fetch(server.origin)).status).toBe(202);
  });

  it('answers with what is given: status, headers, JSON, and a Retry-After of 3 s', async () => {
    const line = { status: 429, json: { price: 4 }, retryAfter: 3, headers: { 'x-shop': 'tea' } };
    await using server = await startFaultServer({ script: [line, { body: 'plain' }, 204] });
    const response = await fetch(server.origin);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ 'content-type': 'application/json', 'content-length': '11' },
      ...{ 'retry-after': '3', 'x-shop': 'tea' },
    });
    expect(await response.json()).toEqual({ price: 4 });
    expect(await (await fetch(server.origin)).text()).toBe('plain');
    expect(await (await fetch(server.origin)).text()).toBe('');
  });

  it('asks a function of the request, 3 requests each for itself', async () => {
    const script = [
      ({ path, body }: { path: string; body: Buffer }) =>
        path === '/orders' ? { status: 201, body: body.toString().toUpperCase() } : 404,
    ];
    await using server = await startFaultServer({ script });
    const order = await fetch(`${server.origin}/orders`, { method: 'POST', body: 'tea' });
    expect([order.status, await order.text()]).toEqual([201, 'TEA']);
    expect((await fetch(`${server.origin}/others`)).status).toBe(404);
    expect((await fetch(server.origin)).status).toBe(404);
  });

  it('whose function fails answers 501, which is retried 0 times, and says why', async () => {
    const script = [
      () => {
        throw new Error('no such line');
      },
      () => 7,
    ] as const;
    await using server = await startFaultServer({ script: [...script] });
    const first = await createClient()(server.origin);
    expect([first.status, await first.text()]).toEqual([501, 'no such line']);
    const second = await fetch(server.origin);
    expect(await second.text()).toBe('answer: expected a status from 200 to 599, got 7');
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['reset', 'ECONNRESET'],
    ['close', 'UND_ERR_SOCKET'],
  ] as const)('breaks a connection, 1 of 2 ways: %s is %s', async (line, code) => {
    await using server = await startFaultServer({ script: [line] });
    expect(causeCode(await rejection(fetch(server.origin)))).toBe(code);
    await until(() => server.held === 0);
  });

  it('breaks a body off after 5 bytes', async () => {
    await using server = await startFaultServer({
      script: [{ body: 'one two three', truncateAfter: 5 }],
    });
    const { body, headers } = await fetch(server.origin);
    expect(headers.get('content-length')).toBe('13');
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('one t');
    expect(causeCode(await rejection(reader.read()))).toBe('UND_ERR_SOCKET');
  });

  it('stalls a body after 5 bytes, which a body timeout of 50 ms ends', async () => {
    await using server = await startFaultServer({ script: [{ body: 'one two', stallAfter: 5 }] });
    const client = createClient({ timeout: { body: 50 } });
    const response = await client(server.origin);
    expect(await rejection(response.text())).toMatchObject({
      name: 'TimeoutError',
      timeout: 'body',
    });
    await until(() => server.held === 0);
  });

  it('is silent until an attempt timeout of 50 ms, and answers the retry', async () => {
    await using server = await startFaultServer({ script: ['silence', 200] });
    const client = createClient({ ...quick, timeout: { attempt: 50 } });
    const response = await client(server.origin);
    expect(explain(response)?.attempts.map(({ outcome }) => outcome)).toEqual([
      'ERR_RESILIENCE_TIMEOUT',
      '200',
    ]);
    await until(() => server.held === 0);
  });

  it('answers after a delay of 60 ms, or not at all where the caller has gone', async () => {
    await using server = await startFaultServer({ script: [{ delay: 60 }, { delay: 60_000 }] });
    const start = performance.now();
    expect((await fetch(server.origin)).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
    const caller = new AbortController();
    const call = rejection(fetch(server.origin, { signal: caller.signal }));
    await until(() => server.requests.length === 2);
    const during = timers();
    caller.abort('enough');
    expect(await call).toBe('enough');
    await until(() => server.held === 0 && timers() < during);
  });
});

describe('a server with faults', () => {
  const outcomesOf = async (options: FaultServerOptions) => {
    await using server = await startFaultServer(options);
    const outcomes: string[] = [];
    for (let time = 0; time < 30; time++) {
      const read = fetch(server.origin).then(async (response) => {
        await response.arrayBuffer();
        return String(response.status);
      });
      outcomes.push(await read.catch((error) => String(causeCode(error))));
    }
    return { outcomes, injected: server.injected };
  };

  it('hits the same of 30 requests in 2 runs, on 2 ports', async () => {
    const first = await outcomesOf({ faults: everySecond });
    expect(await outcomesOf({ faults: everySecond })).toEqual(first);
    expect(first.injected.length).toBeGreaterThan(8);
    expect(first.injected.length).toBeLessThan(22);
  });

  it.each([
    [{ status: 1 }, { statuses: [502] }, '502'],
    [{ error: 1 }, {}, 'UND_ERR_SOCKET'],
    [{ reset: 1 }, {}, 'ECONNRESET'],
    [{ truncation: 1 }, {}, 'UND_ERR_SOCKET'],
    [{ latency: 1 }, { latency: 1 }, '200'],
  ])('shows a caller 30 times what 1 of 5 kinds does: %j', async (kinds, more, outcome) => {
    const { outcomes, injected } = await outcomesOf({ faults: { rate: 1, kinds, ...more } });
    expect(new Set(outcomes)).toEqual(new Set([outcome]));
    expect(injected).toHaveLength(30);
  });

  it('uses up 1 line of its script for each request, whatever befalls it', async () => {
    await using server = await startFaultServer({
      script: [201, 202, 203],
      faults: {
        rate: 1,
        kinds: { status: 1 },
        statuses: [500],
        only: ({ url }) => url.search === '?hit',
      },
    });
    const statuses: number[] = [];
    for (const path of ['/', '/?hit', '/']) {
      statuses.push((await fetch(`${server.origin}${path}`)).status);
    }
    expect(statuses).toEqual([201, 500, 203]);
    expect(server.injected).toEqual([
      { request: 2, method: 'GET', path: '/', fault: { kind: 'status', status: 500 } },
    ]);
  });
});

describe('what a server saw', () => {
  it.each(['//', '//shop/orders', '*', 'http://shop.test/orders'])(
    'can be asked for with a target that no URL has behind its origin, 1 of 4: %s',
    async (path) => {
      const kinds = { status: 1 };
      await using server = await startFaultServer({ faults: { rate: 1, kinds, statuses: [503] } });
      const asked = request(server.origin, { path, method: 'OPTIONS' });
      const [response] = await once(asked.end(), 'response');
      expect([response.resume().statusCode, server.requests[0]?.path]).toEqual([503, path]);
    },
  );

  it('is each of 3 requests with its body, its path with its query, and 1 of 2 connections or more', async () => {
    await using server = await startFaultServer({ script: [200, 'reset', 200] });
    await (await fetch(`${server.origin}/a?b=1`, { method: 'PUT', body: 'tea' })).text();
    await rejection(fetch(server.origin));
    await fetch(server.origin);
    expect(server.requests).toMatchObject([
      { method: 'PUT', path: '/a?b=1', connection: 1, body: Buffer.from('tea') },
      { method: 'GET', path: '/' },
      { method: 'GET', path: '/' },
    ]);
    const carriers = new Set(server.requests.map(({ connection }) => connection));
    expect(carriers.size).toBeGreaterThanOrEqual(2);
    expect(server.connections).toBeGreaterThanOrEqual(carriers.size);
  });
});

describe('the end of a server', () => {
  it('breaks off what is silent, closes twice as once, and leaves 0 who answer', async () => {
    const server = await startFaultServer({ script: ['silence'] });
    const call = rejection(fetch(server.origin));
    await until(() => server.held === 1);
    await Promise.all([server.close(), server.close()]);
    expect(causeCode(await call)).toMatch(/UND_ERR_SOCKET|ECONNRESET/);
    expect(causeCode(await rejection(fetch(server.origin)))).toBe('ECONNREFUSED');
    expect(server.held).toBe(0);
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [{ script: [] }, 'script: expected an array with at least one answer, got an array'],
    [{ script: [99] }, 'script.0: expected a status from 200 to 599, got 99'],
    [
      { script: [200, 'reste'] },
      "script.1: expected 'reset', 'close', 'silence', 'truncation', 'stall', a status, an object, or a function, got \"reste\"",
    ],
    [
      { script: [{ delay: -1 }] },
      'script.0.delay: expected milliseconds from 0 to 2147483647, got -1',
    ],
    [{ script: [{ dealy: 1 }] }, 'script.0.dealy: unknown option; did you mean delay?'],
    [{ faults: { rate: 2 } }, 'faults.rate: expected a number from 0 to 1, got 2'],
    [{ port: 80 }, 'port: unknown option'],
  ])('say what is wrong, 1 of 7: %j', async (options, said) => {
    const error = await rejection(startFaultServer(options as FaultServerOptions));
    expect(error).toBeInstanceOf(OptionsError);
    expect((error as Error).message).toBe(said);
  });
});
