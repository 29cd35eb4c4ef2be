import { CircuitOpenError, createClient } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { answer, faultServer, type Line, silence } from '../support/fault-server.ts';
import { rejection } from '../support/wire-call.ts';

const to = (location: string): Line => answer(302, 'elsewhere', { location });

describe('a redirect to another origin', () => {
  it('opens the circuit of that after 3 failures, and leaves the one that was asked closed', async () => {
    await using other = await faultServer([503]);
    await using asked = await faultServer([to(`${other.origin}/there`)]);
    const circuitBreaker = { consecutiveFailures: 3 };
    await using client = createClient({ pool: true, retry: false, circuitBreaker });
    for (let count = 0; count < 3; count++) expect((await client(asked.origin)).status).toBe(503);
    expect(client.circuit(other.origin).state).toBe('open');
    expect(client.circuit(asked.origin).state).toBe('closed');

    const error = await rejection(client(asked.origin));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ origin: other.origin });
    expect([asked.requests.length, other.requests.length]).toEqual([4, 3]);
    expect(client.circuit(asked.origin).state).toBe('closed');
  });

  it('counts a connection that is refused 2 times against that alone', async () => {
    const gone = await faultServer([200]);
    const { origin } = gone;
    await gone[Symbol.asyncDispose]();
    await using asked = await faultServer([to(`${origin}/there`)]);
    const circuitBreaker = { consecutiveFailures: 2 };
    await using client = createClient({ pool: true, retry: false, circuitBreaker });
    for (let count = 0; count < 2; count++) {
      expect(await rejection(client(asked.origin))).toMatchObject({ message: 'fetch failed' });
    }
    expect(client.circuit(origin).state).toBe('open');
    expect(client.circuit(asked.origin).state).toBe('closed');
  });

  it('whose time ends there 2 times opens the circuit of that, in whichever attempt, and not of the one asked', async () => {
    await using other = await faultServer([silence]);
    await using asked = await faultServer([to(`${other.origin}/there`)]);
    await using client = createClient({
      pool: true,
      timeout: { attempt: 300 },
      retry: { maxRetries: 1, backoff: { base: 1 } },
      circuitBreaker: { consecutiveFailures: 2 },
    });
    expect(await rejection(client(asked.origin))).toMatchObject({ timeout: 'attempt' });
    expect([asked.requests.length, other.requests.length]).toEqual([2, 2]);
    expect(client.circuit(other.origin).state).toBe('open');
    expect(client.circuit(asked.origin).state).toBe('closed');
  });

  it('that is rejected there 30 times has 0 requests refused to the one that was asked', async () => {
    await using other = await faultServer([503]);
    await using asked = await faultServer([to(`${other.origin}/there`)]);
    const off = { retry: false, circuitBreaker: false } as const;
    await using client = createClient({ pool: true, ...off, throttle: true, random: () => 0.999 });
    for (let count = 0; count < 30; count++) await (await client(asked.origin)).text();
    const { [asked.origin]: near, [other.origin]: far } = client.health().origins;
    expect([near?.throttle, far?.throttle]).toEqual([0, 0.9]);
  });

  it('that takes 60 ms there is slow there, and 0 times slow where it was asked', async () => {
    await using other = await faultServer([
      (response) => void setTimeout(() => response.end(), 60),
    ]);
    await using asked = await faultServer([to(`${other.origin}/there`)]);
    const circuitBreaker = { slowCallDuration: 50 };
    await using client = createClient({ pool: true, retry: false, circuitBreaker });
    await (await client(asked.origin)).text();
    const { [asked.origin]: near, [other.origin]: far } = client.health().origins;
    expect([near?.slow, far?.slow]).toEqual([0, 1]);
  });

  it('is held to what its call has said of itself: 1 request past an open circuit', async () => {
    await using other = await faultServer([200]);
    await using asked = await faultServer([to(`${other.origin}/there`)]);
    await using client = createClient({ pool: true, retry: false });
    client.circuit(other.origin).open();
    expect(await rejection(client(asked.origin))).toBeInstanceOf(CircuitOpenError);
    const resilience = { circuitBreaker: false } as const;
    expect((await client(asked.origin, { resilience })).status).toBe(200);
    expect(other.requests).toHaveLength(1);
  });

  it('waits for what that has asked for: 0 requests to it within its Retry-After', async () => {
    await using other = await faultServer([answer(503, '', { 'retry-after': '60' })]);
    await using asked = await faultServer([to(`${other.origin}/there`)]);
    const retryAfter = { scope: 'origin', max: 1_000 } as const;
    await using client = createClient({ pool: true, retry: { maxRetries: 0, retryAfter } });
    expect((await client(asked.origin)).status).toBe(503);
    const error = await rejection(client(asked.origin));
    expect(error).toMatchObject({ code: 'ERR_RESILIENCE_COOLDOWN', origin: other.origin });
    expect([asked.requests.length, other.requests.length]).toEqual([2, 1]);
  });
});

describe('a redirect', () => {
  it('keeps its connection: 21 requests on 1 socket', async () => {
    await using server = await faultServer([...Array(20).fill(to('/on')), answer(200, 'x')]);
    await using client = createClient({ pool: { connections: 1 } });
    const response = await client(server.origin);
    expect([await response.text(), response.redirected]).toEqual(['x', true]);
    expect([server.requests.length, server.connections]).toEqual([21, 1]);
  });

  it('is followed 20 times and not 21', async () => {
    await using server = await faultServer([to('/on')]);
    await using client = createClient({ pool: true });
    const error = await rejection(client(server.origin));
    expect(error).toMatchObject({ cause: { message: 'redirect count exceeded' } });
    expect(server.requests).toHaveLength(21);
  });

  it('whose body stands still gives its connection up after 1 s: 2 requests on 2 sockets', async () => {
    const still: Line = (response) => {
      response.writeHead(302, { location: '/on', 'content-length': 100 });
      response.write('moved');
    };
    await using server = await faultServer([still, answer(200, 'x')]);
    await using client = createClient({ pool: { connections: 1 }, timeout: { attempt: 9_000 } });
    const start = performance.now();
    expect(await (await client(server.origin)).text()).toBe('x');
    expect([server.requests.length, server.connections]).toEqual([2, 2]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(990);
  });

  it('whose body is endless gives its connection up: 2 requests', async () => {
    const endless: Line = (response) => {
      response.writeHead(302, { location: '/on' });
      const drip = setInterval(() => response.write('x'.repeat(50_000)), 5);
      response.on('close', () => clearInterval(drip));
    };
    await using server = await faultServer([endless, answer(200, 'x')]);
    await using client = createClient({ pool: { connections: 1 } });
    expect(await (await client(server.origin)).text()).toBe('x');
    expect(server.requests).toHaveLength(2);
  });
});
