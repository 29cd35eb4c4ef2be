import { getEventListeners } from 'node:events';
import { setTimeout as pass } from 'node:timers/promises';
import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import {
  answer,
  deadPort,
  faultServer,
  type Reply,
  silence,
  stall,
  stillHeld,
  unfinished,
} from '../support/fault-server.ts';
import { collect } from '../support/heap.ts';
import { quick, rejection } from '../support/wire-call.ts';

const reasons: Record<string, unknown> = {
  'an Error': new Error('the page was left'),
  'a string': 'stop',
  'a number': 7,
  'an object': { code: 'LEFT' },
  null: null,
  'an error that looks like one of the network': Object.assign(new Error('left'), {
    code: 'ECONNRESET',
  }),
};

/** A reply that tells when a request is there, and says nothing. */
function silentDoor() {
  const { promise: knocked, resolve } = Promise.withResolvers<void>();
  const line: Reply = () => resolve();
  return { knocked, line };
}

describe('a call that its caller aborts', () => {
  for (const [name, reason] of Object.entries(reasons)) {
    it(`during an attempt rejects with the identical reason after 1 request: ${name}`, async () => {
      const { knocked, line } = silentDoor();
      await using server = await faultServer([line, 200]);
      const caller = new AbortController();
      const call = rejection(createClient(quick)(server.origin, { signal: caller.signal }));
      await knocked;
      caller.abort(reason);
      expect(await call).toBe(reason);
      expect(await stillHeld(server)).toBe(0);
      expect(server.requests).toHaveLength(1);
      expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
    });

    it(`during a backoff of 60 s rejects at once with the identical reason: ${name}`, async () => {
      await using server = await faultServer([503, 200]);
      const caller = new AbortController();
      const client = createClient({
        timeout: { total: 120_000 },
        retry: { backoff: { base: 60_000, cap: 60_000, jitter: 'none' } },
      });
      client.on('retry.scheduled', () => void setTimeout(() => caller.abort(reason), 5));
      const start = performance.now();
      const call = client(server.origin, { signal: caller.signal });
      expect(await rejection(call)).toBe(reason);
      expect(performance.now() - start).toBeLessThan(1_000);
      expect(server.requests).toHaveLength(1);
      expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
    });
  }

  it('during a backoff leaves no socket behind, though the 503 it waits after stalls: 1 request', async () => {
    await using server = await faultServer([unfinished]);
    const caller = new AbortController();
    const client = createClient({
      timeout: { total: 120_000 },
      retry: { backoff: { base: 60_000, cap: 60_000, jitter: 'none' } },
    });
    client.on('retry.scheduled', () => void setTimeout(() => caller.abort('stop'), 5));
    const call = client(server.origin, { signal: caller.signal });
    expect(await rejection(call)).toBe('stop');
    expect(await stillHeld(server)).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it('without a reason rejects with the AbortError that is its signal’s: 1 request', async () => {
    const { knocked, line } = silentDoor();
    await using server = await faultServer([line]);
    const caller = new AbortController();
    const call = rejection(createClient(quick)(server.origin, { signal: caller.signal }));
    await knocked;
    caller.abort();
    const error = await call;
    expect(error).toBe(caller.signal.reason);
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(explain(error)).toMatchObject({ stopped: 'aborted', attempts: [{ attempt: 1 }] });
    expect(server.requests).toHaveLength(1);
  });

  it('before it began makes 0 connections', async () => {
    await using server = await faultServer([200]);
    const reason = new Error('too late');
    const error = await rejection(
      createClient(quick)(server.origin, { signal: AbortSignal.abort(reason) }),
    );
    expect(error).toBe(reason);
    expect(server.connections).toBe(0);
  });

  it('by the signal of its Request rejects with the identical reason, and the socket closes', async () => {
    const { knocked, line } = silentDoor();
    await using server = await faultServer([line]);
    const caller = new AbortController();
    const request = new Request(server.origin, { signal: caller.signal });
    const call = rejection(createClient(quick)(request));
    await knocked;
    const reason = new Error('the page was left');
    caller.abort(reason);
    expect(await call).toBe(reason);
    expect(await stillHeld(server)).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it('while its body is read rejects the read with the identical reason, and the socket closes', async () => {
    await using server = await faultServer([stall()]);
    const caller = new AbortController();
    const response = await createClient(quick)(server.origin, { signal: caller.signal });
    const read = rejection(response.text());
    const reason = new Error('the page was left');
    caller.abort(reason);
    expect(await read).toBe(reason);
    expect(await stillHeld(server)).toBe(0);
  });

  for (const read of ['text', 'json', 'bytes', 'arrayBuffer', 'blob'] as const) {
    it(`while a ${read}() is under way whose Response was dropped is heard after 5 collections`, async () => {
      await using server = await faultServer([stall()]);
      await using client = createClient({ pool: true, retry: false });
      const caller = new AbortController();
      const { signal } = caller;
      const reading = rejection(client(server.origin, { signal }).then((answer) => answer[read]()));
      for (let round = 0; round < 5; round++) {
        await pass(10);
        collect();
      }
      const reason = new Error('the page was left');
      caller.abort(reason);
      expect(await reading).toBe(reason);
      expect(await stillHeld(server)).toBe(0);
    });
  }

  it('leaves the 9 others of its client alone', async () => {
    const { knocked, line } = silentDoor();
    const slow: Reply = (response) => void setTimeout(() => response.end('late'), 60);
    await using server = await faultServer([line, slow]);
    const client = createClient(quick);
    const caller = new AbortController();
    const aborted = rejection(client(server.origin, { signal: caller.signal }));
    await knocked;
    const others = Array.from({ length: 9 }, () => client(server.origin));
    caller.abort('stop');
    expect(await aborted).toBe('stop');
    const statuses = (await Promise.all(others)).map(({ status }) => status);
    expect(statuses).toEqual(Array(9).fill(200));
    expect(client.health().inFlight).toBe(0);
  });
});

describe('the signal of a caller', () => {
  const failing: Record<string, () => Promise<{ url: string; done: () => PromiseLike<void> }>> = {
    'refused connections': async () => ({
      url: `http://127.0.0.1:${await deadPort()}`,
      done: async () => {},
    }),
    'attempts that time out': async () => {
      const server = await faultServer([silence]);
      return { url: server.origin, done: () => server[Symbol.asyncDispose]() };
    },
  };

  for (const [name, open] of Object.entries(failing)) {
    it(`has 0 listeners after 100 calls that failed: ${name}`, async () => {
      const { url, done } = await open();
      const caller = new AbortController();
      const client = createClient({ ...quick, timeout: { attempt: 50 } });
      const calls = Array.from({ length: 100 }, () => client(url, { signal: caller.signal }));
      expect(getEventListeners(caller.signal, 'abort').length).toBeLessThanOrEqual(1);
      const settled = await Promise.allSettled(calls);
      expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(100);
      expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
      await done();
    });
  }

  it('has 0 listeners after an answer without a body', async () => {
    await using server = await faultServer([(response) => response.writeHead(204).end()]);
    const caller = new AbortController();
    await createClient(quick)(server.origin, { signal: caller.signal });
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  it('has 1 listener of ours, and no more, for 20 calls under way', async () => {
    await using server = await faultServer([answer(200)]);
    const caller = new AbortController();
    const client = createClient(quick);
    const calls = Array.from({ length: 20 }, () =>
      client(server.origin, { signal: caller.signal }),
    );
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
    await Promise.all(calls.map(async (call) => (await call).text()));
  });
});
