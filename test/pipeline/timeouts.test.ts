import { getEventListeners } from 'node:events';
import { CircuitOpenError, createClient, explain, TimeoutError } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, networkError, script } from '../support/script.ts';

const url = 'https://api.example.com/things?token=secret';
const steady = { type: 'constant', base: 1_000, jitter: 'none' } as const;

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** When a call settles, in milliseconds from now, and what with: a value or a reason. */
async function timed<T>(call: Promise<T>) {
  const start = performance.now();
  let after = Number.NaN;
  const value = await settle(
    call
      .finally(() => {
        after = Math.round(performance.now() - start);
      })
      .catch((reason: unknown) => reason),
  );
  return { after, value: value as T };
}

describe('timeouts', () => {
  it('gives an attempt 10 s by default and the call 30 s: a hung GET is tried 3 times', async () => {
    const fetch = script(hang);
    const { after, value } = await timed<unknown>(createClient({ fetch, random: () => 0 })(url));
    expect(after).toBe(30_000);
    expect(fetch.requests).toHaveLength(3);
    expect(value).toBeInstanceOf(TimeoutError);
    expect(explain(value)?.attempts).toHaveLength(3);
  });

  it('retries an attempt that hung for 500 ms, and succeeds', async () => {
    const fetch = script(hang, 200);
    const client = createClient({ fetch, timeout: { attempt: 500 }, random: () => 0 });
    const { after, value } = await timed(client(url));
    expect(value.status).toBe(200);
    expect(after).toBe(501);
    expect(explain(value)?.attempts[0]?.outcome).toBe('ERR_RESILIENCE_TIMEOUT');
  });

  it('does not retry a POST that hung: 1 request and a TimeoutError of the attempt', async () => {
    const fetch = script(hang);
    const client = createClient({ fetch, timeout: { attempt: 500 } });
    const error = await rejection(client(url, { method: 'POST', body: 'order' }));
    expect(fetch.requests).toHaveLength(1);
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_RESILIENCE_TIMEOUT',
      timeout: 'attempt',
      milliseconds: 500,
      attempts: 1,
      origin: 'https://api.example.com',
    });
  });

  it('says which timeout ran out and after how many attempts, and nothing of the query', async () => {
    const client = createClient({ fetch: script(hang), timeout: { attempt: 500 }, retry: 1 });
    const error = (await rejection(client(url))) as TimeoutError;
    expect(error.message).toBe(
      'timeout.attempt: the attempt was not answered for 500 ms (https://api.example.com, 2 attempts)',
    );
    expect(error.message).not.toContain('secret');
  });

  it('ends the call at its total of 2,500 ms in the middle of an attempt, with the last failure as cause', async () => {
    const fetch = script(503, hang);
    const client = createClient({
      fetch,
      timeout: { total: 2_500, attempt: false },
      retry: { backoff: steady },
    });
    const { after, value } = await timed<unknown>(client(url));
    expect(after).toBe(2_500);
    expect(value).toMatchObject({
      timeout: 'total',
      attempts: 2,
      cause: { message: 'Attempt 1 was answered 503' },
    });
    expect(explain(value)?.stopped).toBe('timeout');
  });

  it('makes no attempt that the deadline would cut off before it began: 503 is returned after 2 of 4', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, timeout: 1_500, retry: { backoff: steady } });
    const { after, value } = await timed(client(url));
    expect(value.status).toBe(503);
    expect(after).toBe(1_000);
    expect(fetch.requests).toHaveLength(2);
    expect(explain(value)?.stopped).toBe('deadline');
  });

  it('throws the last failure of the network itself where the deadline forbids another attempt', async () => {
    const reset = networkError('ECONNRESET');
    const client = createClient({ fetch: script(reset), timeout: 500, retry: { backoff: steady } });
    expect(await rejection(client(url))).toBe(reset);
  });

  it('switches off: with `timeout: false` a hung call is still pending after 10 minutes', async () => {
    const client = createClient({ fetch: script(hang), timeout: false });
    let settled = false;
    client(url).finally(() => {
      settled = true;
    });
    await pass(600_000);
    expect(settled).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds a fetch that is deaf to its signal to the total of 1 s all the same', async () => {
    const cancelled = vi.fn();
    const late = new Response(new ReadableStream({ cancel: cancelled }));
    const deaf = script(() => new Promise<Response>((resolve) => setTimeout(resolve, 5_000, late)));
    const client = createClient({ fetch: deaf, timeout: 1_000 });
    const { after, value } = await timed<unknown>(client(url));
    expect(after).toBe(1_000);
    expect(value).toBeInstanceOf(TimeoutError);
    await pass(5_000);
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  it('leaves 0 timers behind, whatever the end of the call', async () => {
    const client = createClient({ fetch: script(200, 404, new TypeError('mine'), 503, 503, 200) });
    for (let call = 0; call < 4; call++) await settle(client(url)).catch(() => {});
    expect(vi.getTimerCount()).toBe(0);
  });

  it('bounds the silence of a body at 1 s, and leaves the Response what it was', async () => {
    let enqueue: ((chunk: string) => void) | undefined;
    const body = new ReadableStream({
      start(controller) {
        enqueue = (chunk) => controller.enqueue(new TextEncoder().encode(chunk));
      },
    });
    const answer = new Response(body);
    const client = createClient({ fetch: script(() => answer), timeout: { body: 1_000 } });
    const response = await settle(client(url));
    expect(response).toBe(answer);
    enqueue?.('begun');
    const { after, value } = await timed<unknown>(response.text());
    expect(after).toBe(1_000);
    expect(value).toMatchObject({ name: 'TimeoutError', timeout: 'body', milliseconds: 1_000 });
    expect(explain(value)).toBe(explain(response));
  });
});

describe('the caller’s abort', () => {
  for (const reason of [new Error('enough'), 'enough', 17, { enough: true }, undefined]) {
    it(`rejects at once with ${JSON.stringify(reason) ?? 'the platform’s reason'}, in an attempt and in a backoff`, async () => {
      for (const line of [hang, 503]) {
        const fetch = script(line);
        const client = createClient({ fetch, retry: { backoff: { ...steady, base: 5_000 } } });
        const controller = new AbortController();
        const call: Promise<unknown> = client(url, { signal: controller.signal });
        call.catch(() => {});
        await pass(1_000);
        controller.abort(reason);
        const { after, value } = await timed(call);
        expect(after).toBe(0);
        expect(value).toBe(controller.signal.reason);
        expect(fetch.requests).toHaveLength(1);
        expect(vi.getTimerCount()).toBe(0);
        expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      }
    });
  }

  it('sends 0 requests where the signal was aborted before', async () => {
    const fetch = script(200);
    const reason = new Error('too late');
    const error = await rejection(
      createClient({ fetch })(url, { signal: AbortSignal.abort(reason) }),
    );
    expect(error).toBe(reason);
    expect(fetch.requests).toHaveLength(0);
    expect(explain(error)?.stopped).toBe('aborted');
  });

  it('hears the signal of a Request', async () => {
    const controller = new AbortController();
    const request = new Request(url, { signal: controller.signal });
    const call = rejection(createClient({ fetch: script(hang) })(request));
    await pass(10);
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ message: 'enough' });
  });

  it('shares 1 listener on a signal among 1,000 calls, and takes it off', async () => {
    const { signal } = new AbortController();
    const client = createClient({
      fetch: script(404, hang),
      timeout: 1_000,
      circuitBreaker: false,
    });
    const calls = Array.from({ length: 1_000 }, () =>
      rejection(client(url, { signal })).catch(() => {}),
    );
    await pass(0);
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    await settle(Promise.all(calls));
  });

  it('is not taken for a failure of the network, and beats an open circuit', async () => {
    const client = createClient({ fetch: script(500), retry: false });
    for (let call = 0; call < 10; call++) await settle(client(url));
    expect(await rejection(client(url))).toBeInstanceOf(CircuitOpenError);
    const reason = new Error('mine');
    expect(await rejection(client(url, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});
