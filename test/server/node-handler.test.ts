import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createClient, currentContext } from '../../src/index.ts';
import {
  CallerGoneError,
  type HandlerFailure,
  nodeHandler,
  type ServerOptions,
} from '../../src/server.ts';
import { hang, script } from '../support/script.ts';

const upstream = 'https://api.test/';
const noJitter = { backoff: { base: 1, jitter: 'none' } } as const;
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  options: ServerOptions = {},
) {
  const failures: HandlerFailure[] = [];
  const onFailure = (failure: HandlerFailure) => failures.push(failure);
  const server = createServer(nodeHandler(handler, { onFailure, ...options }));
  server.listen(0, '127.0.0.1');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?token=secret`;
  return { url, failures };
}

describe('a wrapped handler of node:http', () => {
  test('answers 200 as it did, and has the 2nd try and less than 250 ms of its caller', async () => {
    const { url } = await serve((_, response) => {
      const { timeLeft = 0, attempt } = currentContext() ?? {};
      response.end(JSON.stringify([timeLeft > 0 && timeLeft <= 250, attempt]));
    });
    const headers = { 'x-request-timeout-ms': '250', 'x-request-attempt': '2' };
    expect(await (await fetch(url, { headers })).json()).toEqual([true, 2]);
  });

  test('goes on after it has returned, as long as it has not answered: the context holds for 2 turns', async () => {
    const { url } = await serve((_, response) => {
      setTimeout(() => response.end(String(currentContext()?.attempt)), 5);
    });
    expect(await (await fetch(url, { headers: { 'x-request-attempt': '7' } })).text()).toBe('7');
  });

  test('answers 200 as it did where a bug comes after that, and 1 failure tells of the bug', async () => {
    const bug = new TypeError('x is not a function');
    const { url, failures } = await serve(async (_, response) => {
      response.end('whole');
      throw bug;
    });
    expect(await (await fetch(url)).text()).toBe('whole');
    expect(failures).toEqual([
      { kind: 'bug', error: bug, status: 200, method: 'GET', path: '/path' },
    ]);
  });

  test('answers 504 in the place of one that never does, without 1 of its headers about a body', async () => {
    const { url, failures } = await serve(
      (_, response) => {
        response.setHeader('content-type', 'text/html');
        response.setHeader('access-control-allow-origin', '*');
      },
      { deadline: 30 },
    );
    const response = await fetch(url);
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ status: 504, title: 'Gateway Timeout' });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(failures).toMatchObject([{ kind: 'timeout', method: 'GET', path: '/path' }]);
  });

  test('may go on as if it had not been answered for: its process lives, 1 failure', async () => {
    let wrote = () => {};
    const written = new Promise<void>((resolve) => {
      wrote = resolve;
    });
    const { url, failures } = await serve(
      async (_, response) => {
        response.once('prefinish', () => response.write('in the same moment'));
        await new Promise((resolve) => setTimeout(resolve, 80));
        response.write('too late');
        response.end('much too late');
        wrote();
        response.setHeader('x-late', '1');
      },
      { deadline: 20 },
    );
    expect((await fetch(url)).status).toBe(504);
    await written;
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toHaveLength(1);
  });

  test('answers a bug with a 500 that says nothing of it', async () => {
    const { url, failures } = await serve(() => {
      throw new TypeError('secret');
    });
    const response = await fetch(url);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(failures).toMatchObject([{ kind: 'bug', status: 500 }]);
  });

  test('breaks off what is half sent, so that 0 readers take it for the whole', async () => {
    const { url } = await serve(async (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('the first half');
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('bug');
    });
    const response = await fetch(url);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test('ends what it does for a caller who hangs up, with 1 CallerGoneError', async () => {
    const client = createClient({ fetch: script(hang) });
    const reasons: unknown[] = [];
    const { url, failures } = await serve(() =>
      client(upstream).catch((error) => {
        reasons.push(error);
        throw error;
      }),
    );
    const request = get(url).on('error', () => {});
    await vi.waitFor(() => expect(client.health().origins['https://api.test']?.inFlight).toBe(1));
    request.destroy();
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect(reasons).toEqual([expect.any(CallerGoneError)]);
    expect(failures).toMatchObject([{ kind: 'gone', status: 499 }]);
  });

  test.each([
    ['with writeHead', (response: ServerResponse) => response.writeHead(503).end()],
    [
      'with statusCode',
      (response: ServerResponse) => {
        response.statusCode = 503;
        response.end();
      },
    ],
  ])('marks a 503 that 3 retries did not cure and that it sends itself %s', async (_, send) => {
    const client = createClient({ fetch: script(503), retry: noJitter });
    const { url } = await serve(async (_, response) => {
      await client(upstream);
      send(response);
    });
    const { status, headers } = await fetch(url);
    expect([status, headers.get('x-do-not-retry')]).toEqual([503, 'true']);
  });
});
