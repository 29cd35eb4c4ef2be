import { HttpResponse, http } from 'msw';
import { type Client, createClient, explain } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, settle, useFakeClock } from '../support/clock.ts';
import { mockedNetwork } from '../support/network.ts';

const url = 'https://api.example.com/things';
const network = mockedNetwork();
let fetching: Client;
beforeEach(() => {
  useFakeClock();
  fetching = createClient();
});
afterEach(() => vi.useRealTimers());

/** Answers status by status, the last for ever, and counts what it saw. */
function upstream(...statuses: number[]) {
  const seen: { method: string; headers: Headers; body: string }[] = [];
  network.use(
    http.all(url, async ({ request }) => {
      const status = statuses[Math.min(seen.length, statuses.length - 1)] ?? 200;
      seen.push({ method: request.method, headers: request.headers, body: await request.text() });
      return new HttpResponse(status === 204 ? null : `answer ${seen.length}`, { status });
    }),
  );
  return seen;
}

describe('which statuses are retried', () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 507, 511, 521, 599]) {
    it(`retries ${status}: 4 requests for a GET, and the Response itself in the end`, async () => {
      const seen = upstream(status);
      const response = await settle(fetching(url));
      expect(seen).toHaveLength(4);
      expect(response.status).toBe(status);
      expect(response.bodyUsed).toBe(false);
      expect(await response.text()).toBe('answer 4');
      expect(explain(response)?.stopped).toBe('retries-exhausted');
    });
  }

  for (const status of [400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 423, 451, 501, 505]) {
    it(`leaves ${status} alone: exactly 1 request`, async () => {
      const seen = upstream(status);
      const response = await settle(fetching(url));
      expect(seen).toHaveLength(1);
      expect(response.status).toBe(status);
      expect(explain(response)?.stopped).toBe('final');
    });
  }

  it('stops at the first success: 503, 503, 200 are 3 requests', async () => {
    const seen = upstream(503, 503, 200);
    const response = await settle(fetching(url));
    expect(seen).toHaveLength(3);
    expect(await response.text()).toBe('answer 3');
  });

  it('retries the statuses of `retry.statuses` in place of the default ones', async () => {
    const seen = upstream(409, 503);
    const client = createClient({ retry: { statuses: [409] } });
    expect((await settle(client(url))).status).toBe(503);
    expect(seen).toHaveLength(2);
  });
});

describe('which methods are retried', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'QUERY']) {
    it(`retries ${method} after a 503: 4 requests`, async () => {
      const seen = upstream(503);
      await settle(fetching(url, { method }));
      expect(seen).toHaveLength(4);
    });
  }

  for (const method of ['POST', 'PATCH']) {
    it(`does not repeat a ${method} that was answered 503: exactly 1 request`, async () => {
      const seen = upstream(503);
      const response = await settle(fetching(url, { method, body: 'order' }));
      expect(seen).toHaveLength(1);
      expect(explain(response)?.stopped).toBe('method');
    });

    it(`repeats a ${method} that was answered 429: 4 requests with the same body`, async () => {
      const seen = upstream(429);
      await settle(fetching(url, { method, body: 'order' }));
      expect(seen.map(({ body }) => body)).toEqual(['order', 'order', 'order', 'order']);
    });

    it(`repeats a ${method} with an Idempotency-Key: 4 requests with the one key`, async () => {
      const seen = upstream(503);
      const headers = { 'Idempotency-Key': 'mine' };
      await settle(fetching(url, { method, body: 'order', headers }));
      expect(seen.map(({ headers }) => headers.get('idempotency-key'))).toEqual(
        Array(4).fill('mine'),
      );
    });

    it(`adds a key where idempotencyKey is true: 4 requests with 1 UUID for ${method}`, async () => {
      const seen = upstream(503);
      const resilience = { idempotencyKey: true };
      await settle(fetching(url, { method, body: 'order', resilience }));
      const keys = new Set(seen.map(({ headers }) => headers.get('idempotency-key')));
      expect(seen).toHaveLength(4);
      expect(keys.size).toBe(1);
      expect([...keys][0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/);
    });
  }

  it('repeats a POST where `retry.methods` names it, in lower case too: 4 requests', async () => {
    const seen = upstream(503);
    const client = createClient({ retry: { methods: ['get', 'post'] } });
    await settle(client(url, { method: 'POST', body: 'order' }));
    expect(seen).toHaveLength(4);
  });

  it('does not repeat a PUT where `retry.methods` leaves it out: exactly 1 request', async () => {
    const seen = upstream(503);
    const client = createClient({ retry: { methods: ['GET'] } });
    await settle(client(url, { method: 'PUT', body: 'thing' }));
    expect(seen).toHaveLength(1);
  });

  it('draws a new key for each call and leaves the caller’s own, and a GET, alone', async () => {
    const seen = upstream(200);
    const client = createClient({ idempotencyKey: true });
    await settle(client(url, { method: 'POST' }));
    await settle(client(url, { method: 'POST' }));
    await settle(client(url, { method: 'POST', headers: { 'idempotency-key': 'mine' } }));
    await settle(client(url));
    const [first, second, third, fourth] = seen.map(({ headers }) =>
      headers.get('idempotency-key'),
    );
    expect(first).not.toBe(second);
    expect([third, fourth]).toEqual(['mine', null]);
  });

  it('takes the key itself, or a function, for one call', async () => {
    const seen = upstream(200);
    const post = (idempotencyKey: string | (() => string)) =>
      settle(fetching(url, { method: 'POST', resilience: { idempotencyKey } }));
    await post('order-17');
    await post(() => '"order-18"');
    expect(seen.map(({ headers }) => headers.get('idempotency-key'))).toEqual([
      'order-17',
      '"order-18"',
    ]);
  });
});

describe('a network that fails', () => {
  it('retries msw’s mocked error, which has no code, as ambiguous: a GET 4 times, a POST once', async () => {
    let requests = 0;
    network.use(
      http.all(url, () => {
        requests++;
        return HttpResponse.error();
      }),
    );
    const error = await settle(fetching(url)).catch((reason) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(requests).toBe(4);
    await settle(fetching(url, { method: 'POST' })).catch(() => {});
    expect(requests).toBe(5);
  });
});

describe('Retry-After', () => {
  function limited(headers: Record<string, string>) {
    const at: number[] = [];
    network.use(
      http.get(url, () => {
        at.push(Date.now());
        return at.length === 1
          ? new HttpResponse(null, { status: 429, headers })
          : HttpResponse.text('ok');
      }),
    );
    return { at, waited: () => (at[1] ?? Number.NaN) - (at[0] ?? Number.NaN) };
  }

  it('waits for the 25 seconds asked, and at most a tenth more', async () => {
    const server = limited({ 'retry-after': '25' });
    const response = await settle(fetching(url));
    expect(response.status).toBe(200);
    expect(server.waited()).toBeGreaterThanOrEqual(25_000);
    expect(server.waited()).toBeLessThanOrEqual(27_600);
    expect(explain(response)?.attempts[0]?.source).toBe('retry-after');
  });

  it('waits until the date given in each of the 3 HTTP forms', async () => {
    vi.setSystemTime(new Date('2026-11-23T10:00:00Z'));
    for (const date of [
      'Mon, 23 Nov 2026 10:00:05 GMT',
      'Monday, 23-Nov-26 10:00:05 GMT',
      'Mon Nov 23 10:00:05 2026',
    ]) {
      vi.setSystemTime(new Date('2026-11-23T10:00:00Z'));
      const server = limited({ 'retry-after': date });
      await settle(fetching(url));
      expect(server.waited()).toBeGreaterThanOrEqual(5_000);
      expect(server.waited()).toBeLessThanOrEqual(5_700);
    }
  });

  it('prefers retry-after-ms, which is finer: 1,500 ms and not 20 s', async () => {
    const server = limited({ 'retry-after': '20', 'retry-after-ms': '1500' });
    await settle(fetching(url));
    expect(server.waited()).toBeGreaterThanOrEqual(1_500);
    expect(server.waited()).toBeLessThanOrEqual(1_750);
  });

  it('returns the response at once where 31 s are asked and 30 s are the most', async () => {
    const server = limited({ 'retry-after': '31' });
    const start = Date.now();
    const response = await settle(createClient({ timeout: { total: 60_000 } })(url));
    expect(response.status).toBe(429);
    expect(server.at).toHaveLength(1);
    expect(Date.now() - start).toBeLessThan(500);
    expect(explain(response)?.stopped).toBe('retry-after');
  });

  it('returns the response at once where 3 s are asked and 2 s are left', async () => {
    const server = limited({ 'retry-after': '3' });
    const response = await settle(fetching(url, { resilience: { timeout: 2_000 } }));
    expect(response.status).toBe(429);
    expect(server.at).toHaveLength(1);
    expect(explain(response)?.stopped).toBe('deadline');
  });

  for (const garbage of ['soon', '-5', '1.5', '0', 'Mon, 23 Nov 2020 10:00:00 GMT']) {
    it(`takes "${garbage}" for nothing: 200 ms of backoff at the most`, async () => {
      const server = limited({ 'retry-after': garbage });
      await settle(fetching(url));
      expect(server.waited()).toBeLessThanOrEqual(300);
    });
  }

  it('hears `retryAfter: false`, and `parse` for a server with words of its own', async () => {
    const ignored = limited({ 'retry-after': '25' });
    await settle(createClient({ retry: { retryAfter: false } })(url));
    expect(ignored.waited()).toBeLessThanOrEqual(300);

    const own = limited({ 'x-wait': '4' });
    const parse = ({ headers }: Response) => Number(headers.get('x-wait')) * 1000;
    await settle(createClient({ retry: { retryAfter: { parse } } })(url));
    expect(own.waited()).toBeGreaterThanOrEqual(4_000);
    expect(own.waited()).toBeLessThanOrEqual(4_600);
  });
});

describe('a 60 s backoff', () => {
  it('passes in milliseconds of a test: 3 requests at 0, 60 and 120 s', async () => {
    const at: number[] = [];
    network.use(
      http.get(url, () => {
        at.push(Math.round(performance.now() / 1000));
        return new HttpResponse(null, { status: at.length < 3 ? 503 : 200 });
      }),
    );
    const client = createClient({
      timeout: { total: 600_000 },
      retry: { backoff: { type: 'constant', base: 60_000, cap: 60_000, jitter: 'none' } },
    });
    const start = Math.round(performance.now() / 1000);
    const call = client(url);
    await pass(130_000);
    expect((await call).status).toBe(200);
    expect(at.map((second) => second - start)).toEqual([0, 60, 120]);
  });
});
