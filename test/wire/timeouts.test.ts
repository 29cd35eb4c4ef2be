import { setTimeout as pass } from 'node:timers/promises';
import { createClient, explain, TimeoutError } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import {
  answer,
  drip,
  faultServer,
  type Reply,
  silence,
  stillHeld,
} from '../support/fault-server.ts';
import { quick, rejection } from '../support/wire-call.ts';

/** The ways in which an attempt is told to stop: by its dispatcher, or by a signal. */
const calls: Record<string, (url: string) => [string | Request, RequestInit?]> = {
  'a URL': (url) => [url],
  'a URL and a signal': (url) => [url, { signal: new AbortController().signal }],
  'a Request': (url) => [new Request(url)],
};

describe.concurrent('headers that never come', () => {
  for (const [name, argumentsFor] of Object.entries(calls)) {
    it(`end an attempt of 200 ms after 195 to 1,000 ms, and its socket with it: ${name}`, async () => {
      await using server = await faultServer([silence]);
      const client = createClient({ retry: false, timeout: { attempt: 200 } });
      const start = performance.now();
      const error = await rejection(client(...argumentsFor(server.origin)));
      const elapsed = performance.now() - start;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ timeout: 'attempt', milliseconds: 200, attempts: 1 });
      expect(elapsed).toBeGreaterThanOrEqual(195);
      expect(elapsed).toBeLessThan(1_000);
      expect(server.requests).toHaveLength(1);
      expect(await stillHeld(server)).toBe(0);
    });

    it(`end the call after a total of 200 ms in the middle of an attempt: ${name}`, async () => {
      await using server = await faultServer([silence]);
      const client = createClient({ ...quick, timeout: { total: 200, attempt: false } });
      const start = performance.now();
      const error = await rejection(client(...argumentsFor(server.origin)));
      const elapsed = performance.now() - start;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'total', attempts: 1 });
      expect(elapsed).toBeGreaterThanOrEqual(195);
      expect(elapsed).toBeLessThan(1_000);
      expect(explain(error)?.stopped).toBe('timeout');
      expect(server.requests).toHaveLength(1);
      expect(await stillHeld(server)).toBe(0);
    });
  }

  it('end each of 3 attempts of a GET, and no socket stays open', async () => {
    await using server = await faultServer([silence]);
    const client = createClient({ retry: { ...quick.retry, maxRetries: 2 } });
    const error = await rejection(
      client(server.origin, { resilience: { timeout: { attempt: 80 } } }),
    );
    expect(error).toMatchObject({ timeout: 'attempt', attempts: 3 });
    const durations = explain(error)?.attempts.map(({ duration }) => duration) ?? [];
    expect(durations).toHaveLength(3);
    for (const duration of durations) expect(duration).toBeGreaterThanOrEqual(78);
    expect(server.requests).toHaveLength(3);
    expect(await stillHeld(server)).toBe(0);
  });

  it('are survived by a GET whose 2nd attempt is answered', async () => {
    await using server = await faultServer([silence, 200]);
    const response = await createClient({ ...quick, timeout: { attempt: 100 } })(server.origin);
    expect(response.status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  it('end a POST after 1 request, which may have been acted on', async () => {
    await using server = await faultServer([silence, 200]);
    const client = createClient({ ...quick, timeout: { attempt: 100 } });
    const error = await rejection(client(server.origin, { method: 'POST', body: 'order 1' }));
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'attempt', attempts: 1 });
    expect(explain(error)?.stopped).toBe('method');
    await pass(50);
    expect(server.requests.map(({ body }) => String(body))).toEqual(['order 1']);
    expect(await stillHeld(server)).toBe(0);
  });

  it('end all attempts together at the total of 900 ms, the 3rd in its middle', async () => {
    await using server = await faultServer([silence]);
    const client = createClient({ ...quick, timeout: { total: 900, attempt: 350 } });
    const start = performance.now();
    const error = await rejection(client(server.origin));
    const elapsed = performance.now() - start;
    expect(error).toMatchObject({ timeout: 'total' });
    expect(error).toHaveProperty('cause.timeout', 'attempt');
    expect(elapsed).toBeGreaterThanOrEqual(895);
    expect(elapsed).toBeLessThan(2_500);
    expect(server.requests.length).toBeLessThanOrEqual(3);
    expect(await stillHeld(server)).toBe(0);
  });

  it('end the attempt also behind a redirect: of its 2 sockets the silent one is closed', async () => {
    const redirect: Reply = answer(302, '', { location: '/elsewhere' });
    const closed = Promise.withResolvers<string>();
    const silent: Reply = (_, socket, { path }) => socket.on('close', () => closed.resolve(path));
    await using server = await faultServer([redirect, silent]);
    const client = createClient({ retry: false, timeout: { attempt: 150 } });
    const error = await rejection(client(server.origin));
    expect(error).toMatchObject({ timeout: 'attempt', milliseconds: 150 });
    expect(await closed.promise).toBe('/elsewhere');
    expect(server.requests).toHaveLength(2);
  });
});

describe.concurrent('headers that come in time', () => {
  it('are waited for: 120 ms of an attempt of 1,000', async () => {
    const slow: Reply = (response) => void setTimeout(() => response.end('late'), 120);
    await using server = await faultServer([slow]);
    const client = createClient({ timeout: { attempt: 1_000 } });
    expect(await (await client(server.origin)).text()).toBe('late');
    expect(server.requests).toHaveLength(1);
  });

  it('end both timeouts: a body of 400 ms outlives an attempt and a total of 200', async () => {
    await using server = await faultServer([drip(200, 8, 50)]);
    const client = createClient({ timeout: { total: 200, attempt: 200 } });
    const start = performance.now();
    const text = await (await client(server.origin)).text();
    expect(text).toBe('drop '.repeat(8));
    expect(performance.now() - start).toBeGreaterThan(200);
    expect(server.requests).toHaveLength(1);
  });
});
