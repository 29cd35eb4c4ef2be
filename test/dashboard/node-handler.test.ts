import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createClient } from 'resilient-fetch';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDashboard } from '../../src/dashboard/open-dashboard.ts';
import type { DashboardOptions } from '../../src/dashboard/options.ts';
import { script } from '../support/script.ts';
import { placeholderPage } from './placeholder-page.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const origin = 'https://api.example.com';

/** A real server; what a router would do to a request, `wrap` does. */
async function served(options: DashboardOptions = {}, wrap = (node: RequestListener) => node) {
  const dashboard = openDashboard(options, placeholderPage);
  const server = createServer(wrap(dashboard.node)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  endings.push(() => {
    dashboard.close();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { dashboard, server, port, url: `http://127.0.0.1:${port}` };
}

/** As Express does it below `app.use('/ops', …)`. */
const stripped = (node: RequestListener): RequestListener => {
  return (request, response) => {
    const originalUrl = request.url ?? '/';
    const url = originalUrl.replace(/^\/ops/, '').replace(/^(?!\/)/, '/');
    node(Object.assign(request, { originalUrl, url }), response);
  };
};

const isolate = (body: object = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ client: 'api', origin, action: 'isolate', ...body }),
});

describe('in the style of Node', () => {
  it('serves the page with its policy, and its head with 0 bytes', async () => {
    const { url } = await served();
    const page = await fetch(url);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src/);
    expect(await page.text()).toContain('start()');
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-security-policy')).toBe(
      page.headers.get('content-security-policy'),
    );
    expect(await head.text()).toBe('');
  });

  it.each([
    ['/ops', 307, './ops/'],
    ['/ops?a=1', 307, './ops/'],
    ['/ops/', 200, null],
    ['/ops/picture?a=1', 200, null],
    ['/ops/nothing', 404, null],
  ])(
    'lives below a router that strips its path, and by its own option: %s is %i, 1 of 5',
    async (path, status, to) => {
      const { url: below } = await served({}, stripped);
      const { url: alone } = await served({ path: '/ops' });
      const { url: both } = await served({ path: '/ops' }, stripped);
      for (const url of [below, alone, both]) {
        const response = await fetch(url + path, { redirect: 'manual' });
        expect([response.status, response.headers.get('location')]).toEqual([status, to]);
      }
    },
  );

  it.each([
    ['TRACE', '/', 405],
    ['OPTIONS', '*', 404],
    ['GET', '//evil.example.com/', 404],
    ['GET', 'http://evil.example.com/picture', 200],
  ])('answers what no Request can be, 1 of 4: %s %s with %i', async (method, path, status) => {
    const { port } = await served();
    const request = httpRequest({ port, host: '127.0.0.1', method, path }).end();
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(status);
  });

  it('answers a request with a Host header that is none: 200', async () => {
    const { port } = await served();
    const request = httpRequest({ port, host: '127.0.0.1', path: '/', headers: { host: 'a b' } });
    const [response] = await once(request.end(), 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it('streams pictures to 2 viewers, and ends both at once when it is closed', async () => {
    const { url, dashboard } = await served();
    const viewers = await Promise.all([fetch(`${url}/events`), fetch(`${url}/events`)]);
    const texts = viewers.map((viewer) => viewer.text());
    dashboard.close();
    for (const text of await Promise.all(texts)) {
      expect(text).toMatch(/^retry: 1000\nevent: picture\ndata: \{.*\}\n\n$/);
    }
  });

  it('lets a viewer that goes leave nothing behind: 0 of 50 places taken after 60', async () => {
    const { url } = await served();
    for (let viewer = 0; viewer < 60; viewer++) {
      await vi.waitFor(
        async () => {
          const leaving = new AbortController();
          const response = await fetch(`${url}/events`, { signal: leaving.signal });
          leaving.abort();
          expect(response.status).toBe(200);
        },
        { timeout: 5_000, interval: 10 },
      );
    }
  });

  it('isolates a circuit, and tells who says no the rest: 204, 413, 400', async () => {
    const client = createClient({ name: 'api', fetch: script(200) });
    await client(origin);
    const { url } = await served({ clients: [client], controls: { authorise: () => true } });
    const statuses: number[] = [];
    for (const init of [
      isolate(),
      isolate({ more: 'x'.repeat(1_000_000) }),
      isolate({ client: 1 }),
    ]) {
      statuses.push((await fetch(`${url}/circuit`, init)).status);
    }
    expect(statuses).toEqual([204, 413, 400]);
    expect(client.circuit(origin).state).toBe('isolated');
  });

  it('takes an order from 1 body that a parser has read before it', async () => {
    const client = createClient({ name: 'api', fetch: script(200) });
    await client(origin);
    const parsed = (node: RequestListener): RequestListener => {
      return async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        node(Object.assign(request, { body }), response);
      };
    };
    const { url } = await served(
      { clients: [client], controls: { authorise: () => true } },
      parsed,
    );
    expect((await fetch(`${url}/circuit`, isolate())).status).toBe(204);
    expect(client.circuit(origin).state).toBe('isolated');
  });

  it('bears a viewer that is cut off in the middle of an order: the next one gets its 204', async () => {
    const client = createClient({ name: 'api', fetch: script(200) });
    await client(origin);
    const { url, port } = await served({ clients: [client], controls: { authorise: () => true } });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /circuit HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{');
    await new Promise((resolve) => socket.write('"', resolve));
    socket.destroy();
    expect((await fetch(`${url}/circuit`, isolate())).status).toBe(204);
  });
});
