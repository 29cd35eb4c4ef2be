import { setTimeout as pass } from 'node:timers/promises';
import {
  type Client,
  ClientClosedError,
  createClient,
  explain,
  TimeoutError,
} from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import {
  answer,
  drip,
  faultServer,
  type Reply,
  reset,
  silence,
  stillHeld,
  unfinished,
} from '../support/fault-server.ts';
import { causeCode, quick, rejection, streamed, until } from '../support/wire-call.ts';
import { muteServer } from '../support/wire-proxy.ts';

const slow: Reply = (response) => void setTimeout(() => response.end('late'), 40);

describe('connections: 2', () => {
  it('lets 20 concurrent calls to 1 origin have 2 sockets, and answers all 20', async () => {
    await using server = await faultServer([answer(200, 'x', { connection: 'keep-alive' })]);
    await using client = createClient({ pool: { connections: 2 } });
    const calls = Array.from({ length: 20 }, async () => (await client(server.origin)).text());
    expect(await Promise.all(calls)).toEqual(Array(20).fill('x'));
    expect(server.requests).toHaveLength(20);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('is a bound of its own for each of 2 origins', async () => {
    await using one = await faultServer([slow]);
    await using two = await faultServer([slow]);
    await using client = createClient({ pool: { connections: 2 } });
    const calls = [one, two, one, two, one, two].map(({ origin }) => client(origin));
    await Promise.all(calls.map(async (call) => (await call).text()));
    expect([one.connections, two.connections]).toEqual([2, 2]);
  });
});

describe('a pool', () => {
  it('sends a body of 4 bytes whose length the caller gives: 1 request, on Node 22 too', async () => {
    await using server = await faultServer([200]);
    await using client = createClient({ pool: true });
    const headers = { 'content-length': '4' };
    const response = await client(server.origin, { method: 'POST', body: 'body', headers });
    expect(response.status).toBe(200);
    expect(server.requests.map(({ headers }) => headers['content-length'])).toEqual(['4']);
  });
});

describe('connections: 1', () => {
  it('is not taken by a 503 of 100 KiB nor by an endless one: 3 requests, 200', async () => {
    const large = answer(503, Buffer.alloc(100 * 1024, 'x'));
    const endless = drip(503, Number.POSITIVE_INFINITY, 5);
    await using server = await faultServer([large, endless, 200]);
    await using client = createClient({ ...quick, pool: { connections: 1 } });
    const start = performance.now();
    const response = await client(server.origin);
    expect(await response.text()).toBe('answer 200');
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(server.requests).toHaveLength(3);
  });

  it('is not taken by a 503 that stalls within its 1,000 bytes: 2 requests, 200 in less than 4,000 ms', async () => {
    await using server = await faultServer([unfinished, 200]);
    await using client = createClient({ ...quick, pool: { connections: 1 } });
    const start = performance.now();
    const response = await client(server.origin);
    expect(await response.text()).toBe('answer 200');
    expect(performance.now() - start).toBeLessThan(4_000);
    expect(server.requests).toHaveLength(2);
  });

  it('is not taken by an attempt that timed out: 2 requests, 200', async () => {
    await using server = await faultServer([silence, 200]);
    await using client = createClient({
      ...{ ...quick, timeout: { attempt: 100 }, pool: { connections: 1 } },
    });
    const response = await client(server.origin);
    expect(await response.text()).toBe('answer 200');
    expect(server.requests).toHaveLength(2);
  });

  for (const given of ['no signal', 'a signal']) {
    it(`is not used for a POST that was given up while it waited for it: 0 of them sent, given ${given}`, async () => {
      const late: Reply = (response) => void setTimeout(() => response.end('late'), 150);
      await using server = await faultServer([late, 200]);
      await using client = createClient({ ...quick, pool: { connections: 1 } });
      const first = client(server.origin);
      await until(() => server.requests.length === 1);
      const { signal } = new AbortController();
      const error = await rejection(
        client(server.origin, {
          ...{ method: 'POST', body: 'order 1', resilience: { timeout: { attempt: 50 } } },
          ...(given === 'a signal' ? { signal } : {}),
        }),
      );
      expect(error).toBeInstanceOf(TimeoutError);
      expect(await (await first).text()).toBe('late');
      await pass(30);
      expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
    });
  }

  it('is shared with the clients that extend it: 1 socket for both', async () => {
    await using server = await faultServer([200]);
    await using client = createClient({ pool: { connections: 1 } });
    const child = client.extend({ name: 'child' });
    await Promise.all(
      [client, child, client].map(async (some) => (await some(server.origin)).text()),
    );
    expect(server.requests).toHaveLength(3);
    expect(server.connections).toBe(1);
  });
});

describe.concurrent('connections of its own', () => {
  it('carry what the process’s do: a reset, a 503 and a 200 are 3 attempts', async () => {
    await using server = await faultServer([reset, 503, 200]);
    await using client = createClient({ ...quick, pool: true });
    const response = await client(server.origin, { method: 'PUT', body: 'order 1' });
    expect(response).toBeInstanceOf(Response);
    expect(explain(response)?.attempts.map(({ outcome }) => outcome)).toEqual([
      'ECONNRESET',
      '503',
      '200',
    ]);
    expect(server.requests.map(({ body }) => String(body))).toEqual(Array(3).fill('order 1'));
  });

  it('send a stream 1 time and whole', async () => {
    await using server = await faultServer([503]);
    await using client = createClient({ ...quick, pool: true });
    const response = await client(server.origin, streamed('PUT', new Blob(['one two']).stream()));
    expect(response.status).toBe(503);
    expect(server.requests.map(({ body }) => String(body))).toEqual(['one two']);
  });

  it('follow a redirect: 2 requests', async () => {
    await using server = await faultServer([answer(302, '', { location: '/end' }), 200]);
    await using client = createClient({ ...quick, pool: true });
    const response = await client(server.origin);
    expect(response).toMatchObject({ redirected: true, url: `${server.origin}/end` });
    expect(server.requests).toHaveLength(2);
  });

  for (const given of ['no signal', 'a signal']) {
    it(`end an attempt of 150 ms in time and its socket with it, given ${given}`, async () => {
      await using server = await faultServer([silence]);
      await using client = createClient({ retry: false, timeout: { attempt: 150 }, pool: true });
      await rejection(client('http://127.0.0.1:1/'));
      const start = performance.now();
      const { signal } = new AbortController();
      const error = await rejection(client(server.origin, given === 'a signal' ? { signal } : {}));
      const elapsed = performance.now() - start;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(elapsed).toBeGreaterThanOrEqual(147);
      expect(elapsed).toBeLessThan(1_000);
      expect(await stillHeld(server)).toBe(0);
    });
  }

  for (const given of ['no signal', 'a signal']) {
    it(`send 0 requests of a POST that was given up while they were made, given ${given}`, async () => {
      await using server = await faultServer([200]);
      const lookup = (_name: string, _options: object, found: (...found: unknown[]) => void) =>
        void setTimeout(() => found(null, [{ address: '127.0.0.1', family: 4 }]), 150);
      await using client = createClient({ ...quick, pool: { agent: { connect: { lookup } } } });
      const { signal } = new AbortController();
      const error = await rejection(
        client(`http://slow-name.invalid:${server.port}/`, {
          ...{ method: 'POST', body: 'order 1', resilience: { timeout: { attempt: 50 } } },
          ...(given === 'a signal' ? { signal } : {}),
        }),
      );
      expect(error).toBeInstanceOf(TimeoutError);
      await until(() => server.connections >= 1);
      await pass(50);
      expect(server.requests).toHaveLength(0);
    });
  }

  it('are given up after connectTimeout: 200 ms and undici’s 1,000 on top, not the default 10,000', async () => {
    await using server = await muteServer();
    await using client = createClient({
      ...{ retry: false, timeout: false, pool: { connectTimeout: 200 } },
    });
    const start = performance.now();
    const error = await rejection(client(`https://127.0.0.1:${server.port}/`));
    expect(causeCode(error)).toBe('UND_ERR_CONNECT_TIMEOUT');
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it('are given up after connectTimeout also where `agent.connect` says something else: 200 ms', async () => {
    await using server = await muteServer();
    await using client = createClient({
      retry: false,
      timeout: false,
      pool: { connectTimeout: 200, agent: { connect: { rejectUnauthorized: false } } },
    });
    const start = performance.now();
    const error = await rejection(client(`https://127.0.0.1:${server.port}/`));
    expect(causeCode(error)).toBe('UND_ERR_CONNECT_TIMEOUT');
    expect(performance.now() - start).toBeLessThan(4_000);
  });
});

describe('close()', () => {
  it('closes all 3 sockets, and later calls make 0 requests', async () => {
    await using server = await faultServer([slow]);
    const client = createClient({ pool: true });
    const calls = Array.from({ length: 3 }, async () => (await client(server.origin)).text());
    await Promise.all(calls);
    expect(server.open.size).toBe(3);
    await client.close();
    await until(() => server.open.size === 0);
    const error = await rejection(client(server.origin));
    expect(error).toBeInstanceOf(ClientClosedError);
    expect(error).toMatchObject({ origin: server.origin, attempts: 0 });
    expect(server.requests).toHaveLength(3);
  });

  it('waits for 2 calls in flight, and refuses a 3rd meanwhile', async () => {
    await using server = await faultServer([slow]);
    const client = createClient({ pool: true });
    const order: string[] = [];
    const told = async (what: string, work: Promise<unknown>) => {
      await work;
      order.push(what);
    };
    const calls = [1, 2].map((number) => told(`call ${number}`, textOf(client, server.origin)));
    await until(() => server.requests.length === 2);
    const closed = told('closed', client.close());
    expect(await rejection(client(server.origin))).toBeInstanceOf(ClientClosedError);
    await Promise.all([...calls, closed]);
    expect(order.slice(0, 2).sort()).toEqual(['call 1', 'call 2']);
    expect(order[2]).toBe('closed');
    expect(server.requests).toHaveLength(2);
    await until(() => server.open.size === 0);
  });

  it('waits for the retry of a call in flight: 503 and 200 are 2 requests', async () => {
    await using server = await faultServer([503, 200]);
    const client = createClient({
      pool: true,
      retry: { backoff: { type: 'constant', base: 60, jitter: 'none' } },
    });
    const call = client(server.origin);
    await until(() => server.requests.length === 1);
    const closed = client.close();
    const response = await call;
    expect(await response.text()).toBe('answer 200');
    await closed;
    expect(server.requests).toHaveLength(2);
  });

  it('waits for a body that is still read: all 6 chunks', async () => {
    await using server = await faultServer([drip(200, 6, 30)]);
    const client = createClient({ pool: true });
    const response = await client(server.origin);
    const closed = client.close();
    expect(await response.text()).toBe('drop '.repeat(6));
    await closed;
    await until(() => server.open.size === 0);
  });

  it('can be called 3 times, and before the 1st call', async () => {
    const client = createClient({ pool: true });
    await Promise.all([client.close(), client.close()]);
    await client.close();
    expect(await rejection(client('http://127.0.0.1:1/'))).toBeInstanceOf(ClientClosedError);
  });

  it('is what `await using` calls: 0 sockets after the block', async () => {
    await using server = await faultServer([200]);
    {
      await using client = createClient({ pool: true });
      await textOf(client, server.origin);
      expect(server.open.size).toBe(1);
    }
    await until(() => server.open.size === 0);
  });

  it('leaves the connections of the process alone: the global fetch goes on with its 1 socket', async () => {
    await using server = await faultServer([200]);
    const client = createClient({ pool: true });
    await (await fetch(server.origin)).text();
    await textOf(client, server.origin);
    await client.close();
    await pass(20);
    expect(server.open.size).toBe(1);
    expect(await (await fetch(server.origin)).text()).toBe('answer 200');
    expect(server.connections).toBe(2);
  });

  async function textOf(client: Client, url: string): Promise<string> {
    return (await client(url)).text();
  }
});
