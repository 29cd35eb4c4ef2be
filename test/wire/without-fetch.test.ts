import { type Client, createClient } from 'resilient-fetch';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answer, type FaultServer, faultServer } from '../support/fault-server.ts';
import { rejection, streamed } from '../support/wire-call.ts';

async function* chunks() {
  yield 'chunk';
}

/** Whether fetch had no part in an answer. */
const isWired = (response: Response) => Object.getPrototypeOf(response) !== Response.prototype;

let server: FaultServer;
let client: Client;

beforeAll(async () => {
  server = await faultServer([answer(200, 'x')]);
  client = createClient({ pool: true });
});

afterAll(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

afterEach(() => void vi.restoreAllMocks());

describe('a call of a client with connections of its own goes past fetch, in 1 request', () => {
  const form = new FormData();
  form.set('a', 'b');
  const calls: Record<string, RequestInit> = {
    'with nothing said': {},
    'with an empty init': {},
    'with headers': { headers: { 'x-a': '1' } },
    'with headers in pairs': { headers: [['x-a', '1']] },
    'with Headers': { headers: new Headers({ 'x-a': '1' }) },
    'with a signal': { signal: new AbortController().signal },
    'by a method in small letters': { method: 'delete' },
    'by HEAD': { method: 'HEAD' },
    'with a text': { method: 'POST', body: 'text' },
    'with bytes': { method: 'POST', body: new Uint8Array([1]) },
    'with a buffer': { method: 'PUT', body: new ArrayBuffer(1) },
    'with parameters': { method: 'POST', body: new URLSearchParams('a=b') },
    'with a form': { method: 'POST', body: form },
    'with a blob': { method: 'PATCH', body: new Blob(['b']) },
    'with a stream': streamed('POST', new Blob(['b']).stream()),
    'with what fetch takes for granted': {
      ...{ mode: 'cors', cache: 'default', credentials: 'include', keepalive: false },
      ...{ integrity: '', referrer: 'about:client', referrerPolicy: '', redirect: 'manual' },
    },
  };

  for (const [name, init] of Object.entries(calls)) {
    it(name, async () => {
      const before = server.requests.length;
      const response = await client(server.origin, init);
      expect(isWired(response)).toBe(true);
      expect(response).toBeInstanceOf(Response);
      expect(await response.text()).toBe(init.method === 'HEAD' ? '' : 'x');
      expect(server.requests.length - before).toBe(1);
    });
  }
});

describe('a Request without a body goes past fetch as well, in 1 request', () => {
  it('with its method and headers, and those of an init over them', async () => {
    const before = server.requests.length;
    const request = new Request(server.origin, { method: 'DELETE', headers: { 'x-a': '1' } });
    expect(isWired(await client(request))).toBe(true);
    expect(isWired(await client(request, { headers: { 'x-b': '2' } }))).toBe(true);
    const [own, over] = server.requests.slice(before);
    expect(own).toMatchObject({ method: 'DELETE', headers: { 'x-a': '1' } });
    expect(over).toMatchObject({ method: 'DELETE', headers: { 'x-b': '2' } });
    expect(over?.headers).not.toHaveProperty('x-a');
  });

  it('and is ended by its signal, with its reason', async () => {
    const reason = new Error('enough');
    const request = new Request(server.origin, { signal: AbortSignal.abort(reason) });
    expect(await rejection(client(request))).toBe(reason);
  });

  it('with an init that has an odd key, which says nothing', async () => {
    const init = { constructor: 'odd' } as object;
    expect(isWired(await client(server.origin, init))).toBe(true);
  });
});

it('a query of 0 characters leaves as it is said, and a fragment does not', async () => {
  for (const query of ['?', '?#a', '?#b?', '#a?']) await client(`${server.origin}/${query}`);
  expect(server.requests.slice(-4).map(({ path }) => path)).toEqual(['/?', '/?', '/?', '/']);
});

describe('a call that wants what only fetch does goes by fetch, in 1 request', () => {
  const calls: Record<string, RequestInit> = {
    'a checksum': { integrity: 'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=' },
    keepalive: { keepalive: true },
    'another mode': { mode: 'no-cors' },
    'another cache': { cache: 'no-store' },
    'a referrer': { referrer: 'about:client', referrerPolicy: 'no-referrer' },
    'a method of its own': { method: 'REPORT' },
    'a header that is to be trimmed': { headers: { 'x-a': ' 1 ' } },
  };

  for (const [name, init] of Object.entries(calls)) {
    it(name, async () => {
      const before = server.requests.length;
      const response = await client(server.origin, init);
      expect(isWired(response)).toBe(false);
      expect(await response.text()).toBe('x');
      expect(server.requests.length - before).toBe(1);
    });
  }

  const order = { method: 'POST', body: 'order' };
  const requests: Record<string, () => Request> = {
    'a Request with a body': () => new Request(server.origin, order),
    'a Request that wants what only fetch does': () =>
      new Request(server.origin, { keepalive: true }),
    'a Request of another class': () => new (class extends Request {})(server.origin),
  };

  for (const [name, make] of Object.entries(requests)) {
    it(name, async () => {
      const before = server.requests.length;
      const response = await client(make());
      expect(isWired(response)).toBe(false);
      expect(await response.text()).toBe('x');
      expect(server.requests.length - before).toBe(1);
    });
  }

  it('connections of the caller’s', async () => {
    const global = Symbol.for('undici.globalDispatcher.1');
    const dispatcher = (globalThis as unknown as Record<symbol, unknown>)[global];
    expect(isWired(await client(server.origin, { dispatcher } as object))).toBe(false);
  });

  it('data: and blob:, of which 0 requests leave', async () => {
    const before = server.requests.length;
    expect(await (await client('data:,d')).text()).toBe('d');
    const url = URL.createObjectURL(new Blob(['b']));
    expect(await (await client(url)).text()).toBe('b');
    expect(server.requests.length - before).toBe(0);
  });

  it('a fetch in the place of the global one, which gets the 1 request', async () => {
    const replaced = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => new Response('mine'));
    expect(await (await client(server.origin)).text()).toBe('mine');
    expect(replaced).toHaveBeenCalledTimes(1);
  });

  it('a fetch of the client’s own, which gets the 1 request', async () => {
    const fetch = vi.fn(async () => new Response('mine'));
    await using own = createClient({ pool: true, fetch });
    expect(await (await own(server.origin)).text()).toBe('mine');
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});

describe('what fetch refuses is refused in its words, and 0 requests leave', () => {
  const refused: Record<string, readonly [string, RequestInit]> = {
    'a port of another protocol': ['http://127.0.0.1:25/', {}],
    'credentials in the URL': ['http://user:pass@127.0.0.1/', {}],
    'a generator without duplex': ['', { method: 'POST', body: chunks() as never }],
    'a GET with a body': ['', { body: 'text' }],
    'a method that is none': ['', { method: 'a b' }],
    'a method that is forbidden': ['', { method: 'TRACE' }],
    'a header that is none': ['', { headers: { 'x y': '1' } }],
    'a value that is none': ['', { headers: { 'x-y': 'a\nb' } }],
    'a way with redirects that is none': ['', { redirect: 'maybe' as 'error' }],
  };

  for (const [name, [url, init]] of Object.entries(refused)) {
    it(name, async () => {
      const before = server.requests.length;
      const error = await rejection(
        client(url || server.origin, { ...init, resilience: { retry: 0 } }),
      );
      const expected = (await rejection(fetch(url || server.origin, init))) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toBe(expected.message);
      expect(server.requests.length - before).toBe(0);
    });
  }
});

it.each([
  ['/a/b?c=d&e', '/a/b?c=d&e'],
  ['/a?b#c', '/a?b'],
  ['/a#b?', '/a'],
  ['#?', '/'],
  ['?', '/?'],
])('%s asks for %s, in 1 request', async (given, path) => {
  const before = server.requests.length;
  await (await client(`${server.origin}${given}`)).text();
  expect(server.requests.slice(before).map((request) => request.path)).toEqual([path]);
});
