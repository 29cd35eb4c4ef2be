import { createClient, explain, resilientFetch } from 'resilient-fetch';
import { afterEach, describe, expect, it } from 'vitest';
import { faultServer, reset, silence, stillHeld } from '../support/fault-server.ts';
import { quick, rejection, until } from '../support/wire-call.ts';

describe('a Request', () => {
  it('with a body and a signal of its own arrives as it is: 1 request', async () => {
    await using server = await faultServer([200]);
    const { signal } = new AbortController();
    const headers = { 'x-a': 'b', 'content-type': 'text/x-order' };
    const request = new Request(`${server.origin}/orders?page=2`, {
      ...{ method: 'POST', body: 'order 1', headers, signal },
    });
    const response = await createClient(quick)(request);
    expect(response.status).toBe(200);
    expect(server.requests).toHaveLength(1);
    const [seen] = server.requests;
    expect(seen).toMatchObject({ method: 'POST', path: '/orders?page=2' });
    expect(seen?.headers).toMatchObject(headers);
    expect(String(seen?.body)).toBe('order 1');
    expect(request.bodyUsed).toBe(true);
  });

  it('with a body that was answered 503 is not sent again: PUT, 1 request', async () => {
    await using server = await faultServer([503, 200]);
    const request = new Request(server.origin, { method: 'PUT', body: 'order 1' });
    const response = await createClient(quick)(request);
    expect(response.status).toBe(503);
    expect(explain(response)?.stopped).toBe('body');
    expect(server.requests.map(({ body }) => String(body))).toEqual(['order 1']);
  });

  it('without a body is retried: 503, a reset and 200 are 3 requests', async () => {
    await using server = await faultServer([503, reset, 200]);
    const request = new Request(server.origin, { headers: { 'x-a': 'b' } });
    const response = await createClient(quick)(request);
    expect(response.status).toBe(200);
    expect(server.requests.map(({ headers }) => headers['x-a'])).toEqual(['b', 'b', 'b']);
  });

  it('and an init beside it: the init wins, as in fetch', async () => {
    await using server = await faultServer([200]);
    const request = new Request(server.origin, { method: 'PUT', body: 'old', headers: { a: '1' } });
    await createClient(quick)(request, { method: 'POST', body: 'new', headers: { b: '2' } });
    const [seen] = server.requests;
    expect(seen?.method).toBe('POST');
    expect(String(seen?.body)).toBe('new');
    expect(seen?.headers).toMatchObject({ b: '2' });
    expect(seen?.headers).not.toHaveProperty('a');
  });

  it('as the init of another URL gives method, headers and body: 1 request', async () => {
    await using server = await faultServer([200]);
    const init = new Request('http://elsewhere.invalid/', {
      ...{ method: 'POST', body: 'order 1', headers: { 'x-a': 'b' } },
    });
    const response = await createClient(quick)(server.origin, init);
    expect(response.status).toBe(200);
    expect(server.requests).toHaveLength(1);
    const [seen] = server.requests;
    expect(seen?.method).toBe('POST');
    expect(seen?.headers['x-a']).toBe('b');
    expect(String(seen?.body)).toBe('order 1');
  });

  it('whose body was read before is refused as fetch refuses it: 0 requests', async () => {
    await using server = await faultServer([200]);
    const make = async () => {
      const request = new Request(server.origin, { method: 'POST', body: 'order 1' });
      await request.text();
      return request;
    };
    const plain = (await rejection(fetch(await make()))) as Error;
    const error = await rejection(createClient(quick)(await make()));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', plain.message);
    expect(server.requests).toHaveLength(0);
  });

  it('made by the npm package undici is as good: POST with headers and body, 1 request', async () => {
    await using server = await faultServer([200]);
    await fetch(server.origin);
    const { Request: Foreign } = await import('undici');
    const request = new Foreign(`${server.origin}/orders`, {
      ...{ method: 'POST', body: 'order 1', headers: { 'x-a': 'b' } },
    });
    const response = await createClient(quick)(request as unknown as Request);
    expect(response.status).toBe(200);
    const [, seen, ...more] = server.requests;
    expect(more).toHaveLength(0);
    expect(seen).toMatchObject({ method: 'POST', path: '/orders' });
    expect(seen?.headers['x-a']).toBe('b');
    expect(String(seen?.body)).toBe('order 1');
  });

  it('made by the npm package undici is aborted by its own signal', async () => {
    await using server = await faultServer([silence]);
    const { Request: Foreign } = await import('undici');
    const caller = new AbortController();
    const request = new Foreign(server.origin, { signal: caller.signal });
    const call = rejection(createClient(quick)(request as unknown as Request));
    await until(() => server.requests.length === 1);
    caller.abort('stop');
    expect(await call).toBe('stop');
  });
});

describe('the fetch of the npm package undici as `fetch`', () => {
  it('is retried and given a whole form: 503 and 200 are 2 requests', async () => {
    await using server = await faultServer([503, 200]);
    const { fetch: foreign } = await import('undici');
    const client = createClient({ ...quick, fetch: foreign as unknown as typeof fetch });
    const form = new FormData();
    form.append('order', '1');
    const response = await client(server.origin, { method: 'PUT', body: form });
    expect(response.status).toBe(200);
    const [first, second] = server.requests;
    expect(server.requests).toHaveLength(2);
    expect(String(second?.body)).toContain('name="order"\r\n\r\n1\r\n');
    expect(String(second?.body)).toBe(String(first?.body));
  });

  it('is told to stop after an attempt of 100 ms: its socket closes', async () => {
    await using server = await faultServer([silence]);
    const { fetch: foreign } = await import('undici');
    const client = createClient({
      ...{ retry: false, timeout: { attempt: 100 } },
      fetch: foreign as unknown as typeof fetch,
    });
    const error = await rejection(client(server.origin));
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'attempt' });
    expect(await stillHeld(server)).toBe(0);
  });
});

describe('a client in the place of the global fetch', () => {
  const platform = globalThis.fetch;
  afterEach(() => {
    globalThis.fetch = platform;
  });

  it('does not call itself: 1 request', async () => {
    await using server = await faultServer([200]);
    globalThis.fetch = resilientFetch;
    expect((await resilientFetch(server.origin)).status).toBe(200);
    expect(server.requests).toHaveLength(1);
  });

  it('is not called by another client either, nor for data: URLs: 1 attempt', async () => {
    await using server = await faultServer([503]);
    globalThis.fetch = resilientFetch;
    const client = createClient({ retry: false });
    expect((await client(server.origin)).status).toBe(503);
    expect(server.requests).toHaveLength(1);
    expect(await (await client('data:,hello')).text()).toBe('hello');
  });
});
