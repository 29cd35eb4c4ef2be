import { CooldownError, createClient, explain, TimeoutError } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { answer, bytes, faultServer, type Reply, stillHeld } from '../support/fault-server.ts';
import { causeCode, quick, rejection, until } from '../support/wire-call.ts';

/** Writes so much every so often, until the other side has gone. */
function trickle(chunk: string, interval: number, beginning = ''): Reply {
  return (_, socket) => {
    socket.write(beginning);
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      else socket.write(chunk);
    }, interval);
  };
}

const ending = 'content-length: 2\r\n\r\nok';

describe.concurrent('a Retry-After', () => {
  it.each([
    ['of 10⁹ seconds', '1000000000'],
    ['of 10³⁰⁰ seconds', `1${'0'.repeat(300)}`],
    ['of more seconds than a number holds', '9'.repeat(10_000)],
    ['of the year 9999', 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ])('%s has the answer returned at once, after 1 request', async (_, value) => {
    await using server = await faultServer([answer(503, 'no', { 'retry-after': value })]);
    const client = createClient({ ...quick, circuitBreaker: { consecutiveFailures: 1 } });
    const start = performance.now();
    const response = await client(server.origin);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(response.status).toBe(503);
    expect(server.requests).toHaveLength(1);
    expect(explain(response)?.stopped).toBe('retry-after');
    // not for thirty years either
    const [health] = Object.values(client.health().origins);
    expect(health?.circuit).toBe('open');
    expect(health?.retryAfter).toBeLessThanOrEqual(60_000);
  });

  it('of 10⁹ seconds, for the origin, is no longer than an hour, and holds no call: 1 refusal at once', async () => {
    await using server = await faultServer([answer(429, 'no', { 'retry-after': '1000000000' })]);
    const client = createClient({ retry: { retryAfter: { scope: 'origin' } } });
    await (await client(server.origin)).text();
    const start = performance.now();
    const error = await rejection(client(server.origin));
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(error).toBeInstanceOf(CooldownError);
    expect((error as CooldownError).retryAfter).toBeLessThanOrEqual(3_600_000);
    expect(server.requests).toHaveLength(1);
  });

  it('of a megabyte is more than fetch takes: its own error, after 1 request', async () => {
    const head = `HTTP/1.1 503 No\r\nretry-after: ${'1'.repeat(2 ** 20)}\r\n${ending}`;
    await using server = await faultServer([bytes(head)]);
    const error = await rejection(createClient(quick)(server.origin));
    expect(error).toBeInstanceOf(TypeError);
    expect(causeCode(error)).toBe('UND_ERR_HEADERS_OVERFLOW');
    expect(server.requests).toHaveLength(1);
    expect(await stillHeld(server)).toBe(0);
  });
});

describe.concurrent('headers', () => {
  it('in their 10,000s are more than fetch takes as well, and leave no socket', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `x-${index}: ${index}\r\n`).join('');
    await using server = await faultServer([bytes(`HTTP/1.1 200 OK\r\n${many}${ending}`)]);
    const client = createClient(quick);
    const error = await rejection(client(server.origin));
    expect(causeCode(error)).toBe('UND_ERR_HEADERS_OVERFLOW');
    expect(await stillHeld(server)).toBe(0);
    await until(() => server.open.size === 0);
  });

  it('that come one by one for ever are bounded by timeout.attempt: 2 attempts of 200 ms', async () => {
    const slow = trickle('x-a: b\r\n', 20, 'HTTP/1.1 200 OK\r\n');
    await using server = await faultServer([slow]);
    const client = createClient({
      timeout: { attempt: 200 },
      retry: { ...quick.retry, maxRetries: 1 },
    });
    const start = performance.now();
    const error = await rejection(client(server.origin));
    const took = performance.now() - start;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 'attempt', attempts: 2 });
    expect(took).toBeGreaterThanOrEqual(400);
    expect(took).toBeLessThan(2_000);
    expect(await stillHeld(server)).toBe(0);
  });

  it('that never begin, after interim answers for ever, are bounded by it too: 200 ms', async () => {
    const flood = trickle('HTTP/1.1 102 Processing\r\n\r\n'.repeat(100), 5);
    await using server = await faultServer([flood]);
    const client = createClient({ timeout: { attempt: 200 }, retry: false });
    const error = await rejection(client(server.origin));
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'attempt', attempts: 1 });
    expect(await stillHeld(server)).toBe(0);
  });
});

describe.concurrent('a body', () => {
  const chunk = 'x'.repeat(64 * 1024);
  /** As fast as the other side takes it. */
  const flood =
    (status: number): Reply =>
    (response) => {
      response.writeHead(status);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };

  it('of a 503 that never ends is let go of: 4 requests, 0 held, and less than 32 MiB were written', async () => {
    let written = 0;
    const counted: Reply = (response, socket, request) => {
      socket.once('close', () => {
        written += socket.bytesWritten;
      });
      flood(503)(response, socket, request);
    };
    await using server = await faultServer([counted]);
    const response = await createClient(quick)(server.origin);
    expect(server.requests).toHaveLength(4);
    await response.body?.cancel();
    expect(await stillHeld(server)).toBe(0);
    expect(written).toBeLessThan(32 * 2 ** 20);
  });

  it('that says nothing more is given up after timeout.body: 100 ms', async () => {
    await using server = await faultServer([
      bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
    ]);
    const response = await createClient({ timeout: { body: 100 } })(server.origin);
    const error = await rejection(response.text());
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'body' });
    expect(await stillHeld(server)).toBe(0);
  });
});

describe.concurrent('a redirect', () => {
  it('to itself is followed as often as by fetch, once, and not retried: 21 requests', async () => {
    await using server = await faultServer([answer(302, '', { location: '/again' })]);
    const error = await rejection(createClient(quick)(server.origin));
    expect((error as Error).cause).toMatchObject({ message: 'redirect count exceeded' });
    expect(server.requests).toHaveLength(21);
  });
});
