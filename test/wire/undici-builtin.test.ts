import { createClient } from 'resilient-fetch';
import { resilience } from 'resilient-fetch/undici';
import { describe, expect, it } from 'vitest';
import {
  answer,
  deadPort,
  faultServer,
  reset,
  silence,
  stillHeld,
} from '../support/fault-server.ts';
import { causeCode, quick, rejection } from '../support/wire-call.ts';

/** The dispatcher that this Node has within: of undici 6, 7 or 8, which no package was loaded over here. */
function builtIn() {
  void new Headers();
  const slot = Symbol.for('undici.globalDispatcher.1');
  const dispatcher = (globalThis as unknown as Record<symbol, unknown>)[slot];
  return dispatcher as { compose(interceptor: unknown): RequestInit['dispatcher'] };
}

const resilient = (given: Parameters<typeof resilience>[0] = quick) => {
  return { dispatcher: builtIn().compose(resilience(given)) } as RequestInit;
};

describe('the fetch and the dispatcher within Node, with the interceptor', () => {
  it('get a 200 after 3 requests past a 503 and a reset', async () => {
    await using server = await faultServer([503, reset, answer(200, 'x'.repeat(300_000))]);
    const response = await fetch(server.origin, resilient());
    expect([response.status, (await response.text()).length]).toEqual([200, 300_000]);
    expect(server.requests).toHaveLength(3);
    expect(await stillHeld(server)).toBe(0);
  });

  it('send a POST once, and its headers and body as given', async () => {
    await using server = await faultServer([503]);
    const init = { method: 'POST', body: 'order 1', headers: { 'x-name': 'a' } };
    const response = await fetch(server.origin, { ...init, ...resilient() });
    expect([response.status, await response.text()]).toEqual([503, 'answer 503']);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ headers: { 'x-name': 'a', 'content-length': '7' } });
    expect(String(server.requests[0]?.body)).toBe('order 1');
  });

  it('give up an attempt after 100 ms and answer by the 2nd', async () => {
    await using server = await faultServer([silence, 200]);
    const start = performance.now();
    const given = { ...quick, timeout: { attempt: 100 } };
    const response = await fetch(server.origin, resilient(given));
    expect(await response.text()).toBe('answer 200');
    expect(performance.now() - start).toBeGreaterThanOrEqual(99);
    expect(performance.now() - start).toBeLessThan(250);
    expect(await stillHeld(server)).toBe(0);
  });

  it('reject with the caller’s own reason, in an attempt and in a body', async () => {
    await using server = await faultServer([silence, answer(200, Buffer.alloc(5_000_000))]);
    const first = new AbortController();
    const call = rejection(fetch(server.origin, { signal: first.signal, ...resilient() }));
    setTimeout(() => first.abort(new Error('left')), 30);
    expect(await call).toBe(first.signal.reason);
    const second = new AbortController();
    const { body } = await fetch(server.origin, { signal: second.signal, ...resilient() });
    second.abort(new Error('left'));
    expect(await rejection(new Response(body).arrayBuffer())).toBe(second.signal.reason);
    expect(await stillHeld(server)).toBe(0);
  });

  it('fail with the network’s own error after 4 attempts, and with 0 from an open circuit', async () => {
    const dead = `http://127.0.0.1:${await deadPort()}`;
    await using client = createClient({ ...quick, circuitBreaker: { consecutiveFailures: 4 } });
    let attempts = 0;
    client.on('attempt.started', () => attempts++);
    expect(causeCode(await rejection(fetch(dead, resilient(client))))).toBe('ECONNREFUSED');
    expect(attempts).toBe(4);
    const refused = (await rejection(fetch(dead, resilient(client)))) as Error;
    expect(refused.cause).toMatchObject({ name: 'CircuitOpenError', origin: dead });
    expect(attempts).toBe(4);
    expect(client.circuit(dead).state).toBe('open');
  });

  it('follow a redirect to an origin that is down: 1 circuit opens, and 1 stays closed', async () => {
    const dead = `http://127.0.0.1:${await deadPort()}`;
    await using server = await faultServer([answer(302, '', { location: `${dead}/there` })]);
    await using client = createClient({ ...quick, circuitBreaker: { consecutiveFailures: 4 } });
    await rejection(fetch(server.origin, resilient(client)));
    expect(client.circuit(dead).state).toBe('open');
    expect(client.circuit(server.origin).state).toBe('closed');
    expect(server.requests).toHaveLength(1);
  });

  it('stream a body of 20,000,000 bytes to a slow reader', async () => {
    await using server = await faultServer([503, answer(200, Buffer.alloc(20_000_000, 'abc'))]);
    const { body } = await fetch(server.origin, resilient());
    let length = 0;
    for await (const chunk of body ?? []) {
      if (length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      length += chunk.byteLength;
    }
    expect(length).toBe(20_000_000);
  });
});
