import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFor, type Example, Gateway, soon, startUpstreams } from '../support/gateway.ts';

let upstreams: Example;
let ports: Record<string, number>;
let gateway: Gateway;

const secret = 'Bearer of-the-catalogue';

beforeAll(async () => {
  const started = await startUpstreams('catalogue:0', 'pricing:0', 'recommendations:0');
  if (!started) throw new Error('the upstreams did not start');
  ({ example: upstreams, ports } = started);
  const catalogue = { headers: { authorization: secret } };
  gateway = await new Gateway(configFor(ports, { catalogue })).listening();
}, 20_000);
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstreams[Symbol.asyncDispose]();
});

const lineOf = (path: string) =>
  soon(`the log has ${path}`, () => gateway.lines('request').find((line) => line.path === path));

describe('a request of the gateway', () => {
  it('makes 1 page of 3 upstreams, and 1 line in the log that has no query', async () => {
    const answer = await gateway.page('11?token=hush');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      ...{ id: '11', name: 'Product 11', cents: 102 },
      recommended: ['110', '111'],
    });
    const line = await lineOf('/products/11');
    expect(line).toMatchObject({ route: '/products/:id', status: 200, attempts: 3, degraded: [] });
    expect(line.traceId).toMatch(/^[\da-f]{32}$/);
    expect(gateway.said.join('\n')).not.toContain('hush');
  });

  it('gives a 500 and a line with its trace id where a bug is thrown, and the process lives: 10 times', async () => {
    const traceId = randomUUID().replaceAll('-', '');
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    for (let time = 0; time < 10; time++) {
      const answer = await gateway.page('nameless', { headers });
      expect(answer.status).toBe(500);
      expect(await answer.json()).toEqual({ error: 'a bug of ours' });
    }
    const line = await lineOf('/products/nameless');
    expect(line).toMatchObject({ level: 'error', traceId, err: { type: 'TypeError' } });
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);
    expect((await gateway.page('12')).status).toBe(200);
  });

  it('does without 1 part that breaks off in its body, and says so', async () => {
    const answer = await gateway.page('torn');
    expect([answer.status, answer.headers.get('x-degraded')]).toEqual([200, 'recommendations']);
    expect(await answer.json()).toMatchObject({
      name: 'Product torn',
      recommended: ['1', '2', '3'],
    });
  });

  it('of the caller’s key makes 1 quote, however often it is asked for', async () => {
    const quote = async (key: string) => {
      const headers = { 'idempotency-key': key };
      const body = JSON.stringify({ product: '7', quantity: 2 });
      return fetch(`${gateway.url}/quotes`, { method: 'POST', headers, body });
    };
    const [first, again, other] = await Promise.all(['a', 'a', 'b'].map(quote));
    expect([first?.status, again?.status, other?.status]).toEqual([201, 201, 201]);
    const quotes = await Promise.all([first, again, other].map((answer) => answer?.json()));
    expect(quotes[0]).toEqual(quotes[1]);
    expect(quotes[2]).not.toEqual(quotes[1]);
  });

  it.each([
    ['GET', '/nowhere', undefined, 404],
    ['GET', '/products/none', undefined, 404],
    ['GET', '/products/a%20b', undefined, 404],
    ['POST', '/quotes', '{', 400],
    ['POST', '/quotes', '{"product":"7","quantity":0}', 400],
    ['POST', '/quotes', ' '.repeat(70_000), 400],
  ])('%s %s is refused with its reason, in 1 of 6 ways', async (method, path, body, status) => {
    const answer = await fetch(`${gateway.url}${path}`, { method, ...(body && { body }) });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/\w/) });
  });

  it('that its caller gives up ends the work upstream within 1,500 ms of 5,000', async () => {
    const caller = new AbortController();
    const began = performance.now();
    const asked = gateway.page('slow', { signal: caller.signal }).catch((error) => error.name);
    setTimeout(() => caller.abort(), 200);
    expect(await asked).toBe('AbortError');
    await soon('the upstream sees it', () =>
      upstreams.said.find((line) => line === 'catalogue: the caller gave up /products/slow'),
    );
    expect(performance.now() - began).toBeLessThan(1_500);
    const line = await lineOf('/products/slow');
    expect(line).toMatchObject({
      status: 499,
      error: 'CallerGoneError: The caller hung up before he was answered',
    });
    expect(Number(line.duration)).toBeLessThan(1_500);
  });

  it('is measured in seconds, by 1 route and not by its path', async () => {
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    const count = /^http_server_request_duration\w*_count\{([^}]*)\} \d+$/gm;
    const series = [...metrics.matchAll(count)].map(([, labels = '']) => labels);
    const pages = series.filter((labels) => labels.includes('http_route="/products/:id"'));
    expect(pages.some((labels) => labels.includes('http_response_status_code="200"'))).toBe(true);
    expect(metrics).not.toContain('/products/1');
    expect(metrics).toMatch(/http_server_request_duration\w*_bucket\{[^}]*le="0.075"/);
  });

  it('is seen on the dashboard, with the 3 clients that were asked', async () => {
    const page = await fetch(`${gateway.adminUrl}/dashboard`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const feed = await fetch(`${gateway.adminUrl}/dashboard/events`);
    expect(feed.status).toBe(200);
    const first = await feed.body?.getReader().read();
    const text = new TextDecoder().decode(first?.value);
    for (const name of ['catalogue', 'pricing', 'recommendations']) expect(text).toContain(name);
    expect(text).not.toContain('of-the-catalogue');
  });

  it('leaves no secret of the configuration in any of 10 lines or more', () => {
    expect(gateway.said.length).toBeGreaterThanOrEqual(10);
    expect(gateway.said.join('\n')).not.toContain('of-the-catalogue');
    expect(gateway.lines('configuration')[0]).toMatchObject({
      upstreams: { catalogue: { client: { headers: '[Redacted]' } } },
    });
  });
});
