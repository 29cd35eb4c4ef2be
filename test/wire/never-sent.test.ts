import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { deadPort, type FaultServer, faultServer } from '../support/fault-server.ts';
import { causeCode, quick, rejection, streamed } from '../support/wire-call.ts';

describe('a port where nobody listens', () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH']) {
    it(`is tried 4 times with ${method}, for nothing was sent`, async () => {
      const url = `http://127.0.0.1:${await deadPort()}/`;
      const body = method === 'GET' ? null : 'order 1';
      const error = await rejection(createClient(quick)(url, { method, body }));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', 'fetch failed');
      expect(causeCode(error)).toBe('ECONNREFUSED');
      const log = explain(error);
      expect(log?.stopped).toBe('retries-exhausted');
      expect(log?.attempts.map(({ outcome }) => outcome)).toEqual(Array(4).fill('ECONNREFUSED'));
    });
  }

  it('is tried 4 times with POST also by a name, which may have 2 addresses', async () => {
    const url = `http://localhost:${await deadPort()}/`;
    const error = await rejection(createClient(quick)(url, { method: 'POST', body: 'order 1' }));
    expect(causeCode(error)).toBe('ECONNREFUSED');
    expect(explain(error)?.attempts).toHaveLength(4);
  });

  it('is tried 4 times with a body that can be sent only once, which stays untouched: 0 chunks', async () => {
    let asked = 0;
    async function* body() {
      asked++;
      yield 'order 1';
    }
    const url = `http://127.0.0.1:${await deadPort()}/`;
    const error = await rejection(createClient(quick)(url, streamed('POST', body())));
    expect(causeCode(error)).toBe('ECONNREFUSED');
    expect(explain(error)?.attempts).toHaveLength(4);
    expect(asked).toBe(0);
  });
});

describe('a server that comes up during the backoff', () => {
  const text = 'one two three';
  const form = new FormData();
  form.append('order', text);

  const bodies: Record<string, () => RequestInit> = {
    'a string': () => ({ method: 'POST', body: text }),
    'a Blob': () => ({ method: 'POST', body: new Blob([text]) }),
    'a ReadableStream': () => streamed('POST', new Blob([text]).stream()),
    'an async generator': () => streamed('POST', threeChunks()),
  };

  for (const [name, init] of Object.entries(bodies)) {
    it(`gets ${name} by POST whole and exactly 1 time`, async () => {
      const late = await lateServer();
      const response = await late.client(late.url, init());
      await using server = await late.server();
      expect(response.status).toBe(200);
      expect(explain(response)?.attempts.map(({ outcome }) => outcome)).toEqual([
        'ECONNREFUSED',
        '200',
      ]);
      expect(server.requests.map(({ body }) => String(body))).toEqual([text]);
    });
  }

  it('gets a FormData by POST whole and exactly 1 time', async () => {
    const late = await lateServer();
    await late.client(late.url, { method: 'POST', body: form });
    await using server = await late.server();
    expect(server.requests).toHaveLength(1);
    expect(String(server.requests[0]?.body)).toContain(`name="order"\r\n\r\n${text}\r\n`);
  });

  it('gets a GET made of a Request exactly 1 time, at the 2nd attempt', async () => {
    const late = await lateServer();
    const response = await late.client(new Request(late.url));
    await using server = await late.server();
    expect(explain(response)?.attempts).toHaveLength(2);
    expect(server.requests).toHaveLength(1);
  });

  async function* threeChunks() {
    yield 'one ';
    yield new TextEncoder().encode('two ');
    yield Buffer.from('three');
  }

  /** A client, and the server that it will find at its second attempt. */
  async function lateServer() {
    const port = await deadPort();
    const client = createClient({
      retry: { backoff: { type: 'constant', base: 60, jitter: 'none' } },
    });
    let server: Promise<FaultServer> | undefined;
    client.on('retry.scheduled', () => {
      server ??= faultServer([200], { port });
    });
    return {
      client,
      url: `http://127.0.0.1:${port}/orders`,
      server: () => server ?? Promise.reject(new Error('no retry was scheduled')),
    };
  }
});
