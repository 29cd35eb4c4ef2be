import { createClient } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadPort, faultServer } from '../support/fault-server.ts';
import { causeCode, quick, rejection } from '../support/wire-call.ts';
import { selfSigned } from '../support/wire-certificate.ts';
import { muteServer, openProxy } from '../support/wire-proxy.ts';

describe.concurrent('proxy: a URL', () => {
  it('takes a request to the proxy, and its answer back: 503 and 200 are 2 requests through it', async () => {
    await using server = await faultServer([503, 200]);
    await using proxy = await openProxy();
    await using client = createClient({ ...quick, pool: { proxy: proxy.url } });
    const init = { method: 'PUT', body: 'order 1' };
    const response = await client(`${server.origin}/orders`, init);
    expect(await response.text()).toBe('answer 200');
    expect(proxy.asked).toEqual(Array(2).fill(`PUT ${server.origin}/orders`));
    expect(server.requests.map(({ body }) => String(body))).toEqual(['order 1', 'order 1']);
  });

  it('opens a tunnel for https: 1 CONNECT', async () => {
    await using server = await faultServer([200], { secure: selfSigned });
    await using proxy = await openProxy();
    const requestTls = { ca: selfSigned.cert };
    await using client = createClient({
      ...quick,
      pool: { proxy: proxy.url, agent: { requestTls } },
    });
    expect(await (await client(server.origin)).text()).toBe('answer 200');
    expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${server.port}`]);
  });

  it('that nobody listens at is tried 4 times by a POST, for nothing was sent', async () => {
    await using server = await faultServer([200]);
    const proxy = `http://127.0.0.1:${await deadPort()}`;
    await using client = createClient({ ...quick, pool: { proxy } });
    let attempts = 0;
    client.on('attempt.started', () => attempts++);
    const error = await rejection(client(server.origin, { method: 'POST', body: 'order 1' }));
    expect(causeCode(error)).toBe('ECONNREFUSED');
    expect(attempts).toBe(4);
    expect(server.requests).toHaveLength(0);
  });

  it('that does not answer TLS is given up after connectTimeout: 200 ms and undici’s 1,000 on top', async () => {
    await using mute = await muteServer();
    const proxy = `https://localhost:${mute.port}`;
    await using client = createClient({
      ...{ retry: false, timeout: { total: 5_000, attempt: false } },
      pool: { proxy, connectTimeout: 200 },
    });
    const error = await rejection(client('http://upstream.invalid/'));
    expect(causeCode(error)).toBe('UND_ERR_CONNECT_TIMEOUT');
  });
});

describe('proxy: true', () => {
  beforeEach(() => {
    for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY']) {
      vi.stubEnv(name, undefined);
    }
  });
  afterEach(() => vi.unstubAllEnvs());

  it('takes the proxy of HTTP_PROXY: 1 request through it', async () => {
    await using server = await faultServer([200]);
    await using proxy = await openProxy();
    vi.stubEnv('HTTP_PROXY', proxy.url);
    await using client = createClient({ ...quick, pool: { proxy: true } });
    expect(await (await client(`${server.origin}/a`)).text()).toBe('answer 200');
    expect(proxy.asked).toEqual([`GET ${server.origin}/a`]);
  });

  it('spares the hosts of NO_PROXY: 0 requests through it', async () => {
    await using server = await faultServer([200]);
    await using proxy = await openProxy();
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    await using client = createClient({ ...quick, pool: { proxy: true } });
    expect(await (await client(server.origin)).text()).toBe('answer 200');
    expect(proxy.asked).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('goes by itself where HTTP_PROXY is not set: 1 request', async () => {
    vi.stubEnv('HTTP_PROXY', undefined);
    await using server = await faultServer([200]);
    await using client = createClient({ ...quick, pool: { proxy: true } });
    expect(await (await client(server.origin)).text()).toBe('answer 200');
    expect(server.requests).toHaveLength(1);
  });
});
