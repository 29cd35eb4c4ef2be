import {
  CircuitOpenError,
  CooldownError,
  createClient,
  explain,
  OptionsError,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, script } from '../support/script.ts';

const url = 'https://api.example.com/things';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Counts the rejections that nobody handles while the work is done. */
async function unhandledDuring(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const hear = () => {
    count++;
  };
  process.on('unhandledRejection', hear);
  await work();
  await pass(1);
  process.off('unhandledRejection', hear);
  return count;
}

describe('a circuit that is taken away', () => {
  it('by the eviction of its origin while a call waits leaves 0 unhandled rejections', async () => {
    const fetch = script((input) => {
      const status = String(input).includes('down') ? 503 : 200;
      return new Response(null, { status });
    });
    const client = createClient({
      fetch,
      maxOrigins: 1,
      retry: { backoff: () => 60 },
      circuitBreaker: { consecutiveFailures: 1, openFor: 50 },
    });
    const unhandled = await unhandledDuring(async () => {
      const call = client('https://down.example.com/');
      await pass(55);
      await client('https://up.example.com/');
      await settle(call);
    });
    expect(unhandled).toBe(0);
  });

  for (const end of ['abort', 200, 500] as const) {
    it(`by an operator during a probe hears nothing of the probe’s end (${end}): it stays open for 60 s`, async () => {
      const answers = [500, () => probe.promise] as Line[];
      const probe = Promise.withResolvers<Response>();
      const client = createClient({
        fetch: script(...answers),
        retry: false,
        circuitBreaker: { consecutiveFailures: 1, openFor: 30 },
      });
      await client(url);
      await pass(30);
      const controller = new AbortController();
      const call = client(url, { signal: controller.signal }).catch(() => {});
      await pass(0);
      client
        .extend({ circuitBreaker: { openFor: 60_000 } })
        .circuit(url)
        .open();
      if (end === 'abort') controller.abort();
      else probe.resolve(new Response(null, { status: end }));
      await call;
      expect(client.circuit(url).state).toBe('open');
      expect(await rejection(client(url))).toBeInstanceOf(CircuitOpenError);
      expect(client.health().origins['https://api.example.com']?.retryAfter).toBeGreaterThan(
        50_000,
      );
    });
  }
});

describe('a pause that a timer would end at the very deadline', () => {
  it('of 1,049.9 ms, where 1,050 are left, refuses at once: 0 ms and 0 requests more', async () => {
    const busy = new Response(null, { status: 429, headers: { 'retry-after': '1' } });
    const fetch = script(busy, 200);
    const client = createClient({
      fetch,
      random: () => 0.499,
      timeout: 1_050,
      retry: { retryAfter: { scope: 'origin' } },
    });
    await client(url, { resilience: { retry: 0 } });
    const start = performance.now();
    expect(await client(url).catch((error: unknown) => error)).toBeInstanceOf(CooldownError);
    expect(performance.now() - start).toBe(0);
    expect(fetch.requests).toHaveLength(1);
  });
});

describe('a window of its own for 1 call', () => {
  it('takes nothing from the window of the others: 5 failures in 10 s open', async () => {
    const rule = { minimumThroughput: 5, window: 10_000 };
    const client = createClient({ fetch: script(500), retry: false, circuitBreaker: rule });
    const short = { circuitBreaker: { window: 10, minimumThroughput: 100 } };
    for (let call = 0; call < 3; call++) {
      await client(url);
      await pass(500);
      await client(url, { resilience: short }).catch(() => {});
    }
    expect(client.circuit(url).state).toBe('open');
  });
});

describe('a global fetch that leads back to the client', () => {
  it('by a wrapper of somebody else’s ends at the platform’s after 1 round', async () => {
    const client = createClient({ retry: false });
    let rounds = 0;
    vi.stubGlobal('fetch', async (...sent: Parameters<typeof fetch>) => {
      rounds++;
      return client(...sent);
    });
    vi.useRealTimers();
    const error = await client('http://127.0.0.1:1/').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(rounds).toBe(1);
  });
});

describe('a function of the user’s', () => {
  for (const key of [() => undefined, () => '', async () => 'later'] as never[]) {
    it('that makes no idempotency key sends 0 requests', async () => {
      const fetch = script(200);
      const client = createClient({ fetch, idempotencyKey: key });
      expect(await rejection(client(url, { method: 'POST' }))).toBeInstanceOf(OptionsError);
      expect(fetch.requests).toHaveLength(0);
    });
  }

  for (const said of [null, 0, '', 'yes', 1] as never[]) {
    it(`that says ${JSON.stringify(said)} for \`when\` has said nothing: 1 POST`, async () => {
      const fetch = script(200);
      await settle(createClient({ fetch, retry: { when: () => said } })(url, { method: 'POST' }));
      expect(fetch.requests).toHaveLength(1);
    });
  }

  for (const random of [
    () => {
      throw new Error('a bug');
    },
    () => Number.NaN,
    () => -1,
    () => 7,
  ]) {
    it('that gives no number from 0 to 1 for `random` spoils no wait: 1 s asked is waited for', async () => {
      vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const asking = new Response(null, { status: 503, headers: { 'retry-after': '1' } });
      const fetch = script(asking, 200);
      expect((await settle(createClient({ fetch, random })(url))).status).toBe(200);
      const [first, second] = fetch.requests.map(({ at }) => at);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
      expect((second ?? 0) - (first ?? 0)).toBeLessThanOrEqual(1_100);
    });
  }
});

describe('a listener', () => {
  it('is told no error’s message, which may hold a password: 0 secrets in 2 events', async () => {
    const client = createClient({ retry: false });
    const heard: unknown[] = [];
    client.on('attempt.ended', (event) => heard.push(event));
    client.on('call.ended', (event) => heard.push(event, event.log.attempts[0]));
    vi.useRealTimers();
    const error = await client('http://bob:hunter2@127.0.0.1/?q=hunter2').catch((reason) => reason);
    expect(heard).toHaveLength(3);
    expect(JSON.stringify(heard)).not.toContain('hunter2');
    expect(heard[2]).not.toHaveProperty('error');
    expect(explain(error)?.attempts[0]?.error).toBe(error);
  });

  it('of call.started that closes the client is waited with for the 1 call under way', async () => {
    const client = createClient({ fetch: script(hang), timeout: 100, retry: false });
    let closed = false;
    client.on('call.started', () => {
      client.close().then(() => {
        closed = true;
      });
    });
    const call = rejection(client(url));
    await Promise.resolve();
    expect(closed).toBe(false);
    expect(await call).toMatchObject({ name: 'TimeoutError' });
    expect(closed).toBe(true);
  });

  it('of attempt.started that aborts lets 0 requests leave', async () => {
    const fetch = script(200);
    const client = createClient({ fetch });
    const controller = new AbortController();
    client.on('attempt.started', () => controller.abort(new Error('enough')));
    const error = await rejection(client(url, { signal: controller.signal }));
    expect(error).toMatchObject({ message: 'enough' });
    expect(fetch.requests).toHaveLength(0);
  });
});

describe('a family of clients', () => {
  it('is closed by closing the parent: it waits for 1 call of the child, and refuses the next', async () => {
    const parent = createClient({ fetch: script(hang), timeout: 1_000, retry: false });
    const child = parent.extend({ name: 'child' });
    const call = rejection(child(url));
    let closed = false;
    const closing = parent.close().then(() => {
      closed = true;
    });
    await pass(500);
    expect(closed).toBe(false);
    expect(await rejection(child(url))).toMatchObject({ name: 'ClientClosedError' });
    await call;
    await closing;
  });

  it('goes on when the child is closed: 1 answer for the parent', async () => {
    const parent = createClient({ fetch: script(200) });
    await parent.extend({}).close();
    expect((await settle(parent(url))).status).toBe(200);
  });
});

describe('a test double for fetch', () => {
  it('may answer with a plain object, or without a promise', async () => {
    const plain = { ok: false, status: 500, json: async () => ({}) } as unknown as Response;
    const doubles = [async () => plain, () => new Response('ok')] as unknown as (typeof fetch)[];
    const [first, second] = doubles.map((fetch) => createClient({ fetch, retry: 1 }));
    expect(await settle(first?.(url) as Promise<Response>)).toBe(plain);
    expect((await settle(second?.(url) as Promise<Response>)).status).toBe(200);
  });
});

describe('what is read from an init', () => {
  it('is its own: an `Object.prototype` that was written to changes 0 options', async () => {
    const prototype = Object.prototype as { resilience?: unknown; baseUrl?: unknown };
    const fetch = script(503);
    try {
      prototype.resilience = { retry: 9 };
      prototype.baseUrl = 'https://evil.example.com/';
      const client = createClient({ fetch, retry: 1 });
      await settle(client(url, {}));
      expect(fetch.requests).toHaveLength(2);
      await settle(client('relative'));
      expect(fetch.requests.at(-1)?.input).toBe('relative');
    } finally {
      delete prototype.resilience;
      delete prototype.baseUrl;
    }
  });

  it('drops the signal of a Request where it says null: the call of 1 s is not aborted', async () => {
    const controller = new AbortController();
    const request = new Request(url, { signal: controller.signal });
    const slow = script(
      (_, init) =>
        new Promise<Response>((resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
          setTimeout(() => resolve(new Response('ok')), 1_000);
        }),
    );
    const call = createClient({ fetch: slow, timeout: false })(request, { signal: null });
    await pass(500);
    controller.abort();
    expect((await settle(call)).status).toBe(200);
    expect(slow.requests[0]?.init.signal).toBeNull();
  });
});

it('says that a call without retries stopped for that after an attempt timeout, and was not refused', async () => {
  const client = createClient({ fetch: script(hang), timeout: { attempt: 100 }, retry: false });
  expect(explain(await rejection(client(url)))?.stopped).toBe('retries-off');
});
