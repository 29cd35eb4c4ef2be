import { createClient, type EventName, type Events, explain } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { networkError, script } from '../support/script.ts';

const url = 'https://user-data.example.com/things?key=secret';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const at = ({ requests }: ReturnType<typeof script>) => {
  const start = requests[0]?.at ?? Number.NaN;
  return requests.map((request) => Math.round(request.at - start));
};

describe('how often', () => {
  it('gives up after 3 retries, and after 5 where 5 are asked for', async () => {
    for (const [retry, requests] of [
      [undefined, 4],
      [5, 6],
      [0, 1],
      [{ maxRetries: 1 }, 2],
      [false, 1],
    ] as const) {
      const fetch = script(503);
      const response = await settle(createClient({ fetch, retry, timeout: 600_000 })(url));
      expect(response.status).toBe(503);
      expect(fetch.requests).toHaveLength(requests);
    }
  });

  it('reads the call’s options over the client’s: 2 requests and not 6', async () => {
    const fetch = script(503);
    const client = createClient({ fetch, retry: 5 });
    await settle(client(url, { resilience: { retry: 1 } }));
    expect(fetch.requests).toHaveLength(2);
  });

  it('is deaf to `retry` and `timeout` that stand in the init itself: 4 requests', async () => {
    const fetch = script(503);
    const init = { retry: 0, timeout: 1 } as RequestInit;
    await settle(createClient({ fetch })(url, init));
    expect(fetch.requests).toHaveLength(4);
    expect(fetch.requests[0]?.init).toMatchObject({ retry: 0, timeout: 1 });
    expect(fetch.requests[0]?.init).not.toHaveProperty('resilience');
  });
});

describe('how long', () => {
  it('waits up to 200, 400 and 800 ms: full jitter at its ceiling', async () => {
    const fetch = script(503);
    await settle(createClient({ fetch, random: () => 1 - 2 ** -53 })(url));
    expect(at(fetch)).toEqual([0, 200, 600, 1_400]);
  });

  it('waits for nothing where random is 0', async () => {
    const fetch = script(503);
    await settle(createClient({ fetch, random: () => 0 })(url));
    expect(at(fetch).at(-1)).toBeLessThanOrEqual(3);
  });

  it('never waits longer than the cap of 10 s', async () => {
    const fetch = script(503);
    const options = { fetch, timeout: false, circuitBreaker: false, retry: 9 } as const;
    await settle(createClient({ ...options, random: () => 1 - 2 ** -53 })(url));
    const times = at(fetch);
    expect(times.slice(1).map((time, index) => time - (times[index] ?? 0))).toEqual([
      200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000,
    ]);
  });

  it('takes 7 ms from a function, and the default schedule where it throws or gives NaN', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const [backoff, wait] of [
      [() => 7, 7],
      [() => Number.NaN, 100],
      [
        () => {
          throw new Error('a bug');
        },
        100,
      ],
    ] as const) {
      const fetch = script(503, 200);
      await settle(createClient({ fetch, random: () => 0.5, retry: { backoff } })(url));
      expect(at(fetch)).toEqual([0, wait]);
    }
    expect(warnings).toHaveBeenCalledTimes(1);
  });
});

describe('what of the network', () => {
  for (const [failure, get, post] of [
    [networkError('ECONNREFUSED'), 4, 4],
    [networkError('ENOTFOUND'), 4, 4],
    [networkError('EAI_AGAIN'), 4, 4],
    [networkError('ENETUNREACH'), 4, 4],
    [networkError('EHOSTUNREACH'), 4, 4],
    [networkError('UND_ERR_CONNECT_TIMEOUT'), 4, 4],
    [networkError('ETIMEDOUT', { syscall: 'connect' }), 4, 4],
    [networkError('ECONNRESET'), 4, 1],
    [networkError('EPIPE'), 4, 1],
    [networkError('UND_ERR_SOCKET'), 4, 1],
    [networkError('ETIMEDOUT'), 4, 1],
    [networkError('HPE_INVALID_CONSTANT'), 4, 1],
    [networkError('DEPTH_ZERO_SELF_SIGNED_CERT'), 1, 1],
    [networkError('ERR_TLS_CERT_ALTNAME_INVALID'), 1, 1],
    [networkError('UND_ERR_INVALID_ARG'), 1, 1],
    [new TypeError('fetch failed', { cause: new Error('redirect count exceeded') }), 1, 1],
    [new TypeError('x is not a function'), 1, 1],
  ] as const) {
    const { cause } = failure as { cause?: { code?: string; message?: string; syscall?: string } };
    const name = [cause?.code ?? cause?.message ?? failure.message, cause?.syscall].join(' ');
    it(`${name.trim()}: a GET leaves ${get}, a POST ${post}, and the error is the network’s own`, async () => {
      for (const [method, requests] of [
        ['GET', get],
        ['POST', post],
      ] as const) {
        const fetch = script(failure);
        const body = method === 'POST' ? 'order' : null;
        const error = await rejection(createClient({ fetch })(url, { method, body }));
        expect(fetch.requests).toHaveLength(requests);
        expect(error).toBe(failure);
      }
    });
  }
});

describe('`when`', () => {
  it('asks for another attempt after a 200 that is none: 3 requests', async () => {
    const fetch = script(200, 200, 200);
    const when = async ({ response }: { response?: Response }) =>
      (await response?.clone().text()) !== 'answer 3';
    const response = await settle(createClient({ fetch, retry: { when } })(url));
    expect(await response.text()).toBe('answer 3');
    expect(fetch.requests).toHaveLength(3);
  });

  it('asks for another attempt of a POST that was answered 503: 4 requests', async () => {
    const fetch = script(503);
    await settle(createClient({ fetch, retry: { when: () => true } })(url, { method: 'POST' }));
    expect(fetch.requests).toHaveLength(4);
  });

  it('forbids another attempt: 1 request, stopped by `when`', async () => {
    const fetch = script(503);
    const response = await settle(createClient({ fetch, retry: { when: () => false } })(url));
    expect(fetch.requests).toHaveLength(1);
    expect(explain(response)?.stopped).toBe('when');
  });

  it('is told of the outcome and of attempts 1 to 4, and leaves the rest to the table', async () => {
    const when = vi.fn(() => undefined);
    await settle(createClient({ fetch: script(503), retry: { when } })(url));
    expect(when.mock.calls.map(([, info]: unknown[]) => info)).toEqual(
      [1, 2, 3, 4].map((attempt) => ({
        origin: 'https://user-data.example.com',
        method: 'GET',
        attempt,
      })),
    );
  });

  it('counts as silent where it throws or rejects: 4 requests and a warning each time', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const when of [
      () => {
        throw new Error('a bug');
      },
      () => Promise.reject(new Error('a bug')),
    ]) {
      const fetch = script(503);
      await settle(createClient({ fetch, retry: { when } })(url));
      expect(fetch.requests).toHaveLength(4);
    }
    expect(warnings).toHaveBeenCalledTimes(8);
  });

  it('can’t hold the call beyond its deadline of 1 s', async () => {
    const when = () => new Promise<boolean>(() => {});
    const client = createClient({ fetch: script(503), timeout: 1_000, retry: { when } });
    expect(await rejection(client(url))).toMatchObject({ name: 'TimeoutError', timeout: 'total' });
  });

  it('leaves 0 responses behind where the deadline of 1 s overtakes it, small ones included', async () => {
    const answer = new Response('0123456789', { status: 503, headers: { 'content-length': '10' } });
    const when = () => new Promise<boolean>(() => {});
    const client = createClient({ fetch: script(() => answer), timeout: 1_000, retry: { when } });
    expect(await rejection(client(url))).toMatchObject({ name: 'TimeoutError', timeout: 'total' });
    expect(answer.bodyUsed).toBe(true);
  });

  it('can’t bring back a body that was sent: 1 request', async () => {
    async function* chunks() {
      yield new TextEncoder().encode('once');
    }
    const fetch = script(async (_, init) => {
      const body = init?.body as unknown as AsyncIterable<Uint8Array>;
      for await (const _chunk of body);
      return new Response(null, { status: 503 });
    });
    const init = { method: 'PUT', body: chunks(), duplex: 'half' } as unknown as RequestInit;
    const response = await settle(createClient({ fetch, retry: { when: () => true } })(url, init));
    expect(fetch.requests).toHaveLength(1);
    expect(explain(response)?.stopped).toBe('body');
  });
});

describe('what is told of it', () => {
  it('tells every decision of a call, in order, under 1 id, and nothing of the query', async () => {
    const client = createClient({
      name: 'users',
      fetch: script(503, 429, 200),
      random: () => 0.5,
    });
    const told: { name: string; event: Events[EventName] }[] = [];
    for (const name of [
      'call.started',
      'attempt.started',
      'attempt.ended',
      'retry.scheduled',
      'retry.refused',
      'call.ended',
    ] as EventName[]) {
      client.on(name, (event) => told.push({ name, event }));
    }
    await settle(client(url));
    expect(told.map(({ name }) => name)).toEqual([
      'call.started',
      ...['attempt.started', 'attempt.ended', 'retry.scheduled'],
      ...['attempt.started', 'attempt.ended', 'retry.scheduled'],
      ...['attempt.started', 'attempt.ended'],
      'call.ended',
    ]);
    expect(new Set(told.map(({ event }) => (event as { id: string }).id)).size).toBe(1);
    expect(told[3]?.event).toMatchObject({
      client: 'users',
      origin: 'https://user-data.example.com',
      path: '/things',
      method: 'GET',
      attempt: 1,
      outcome: '503',
      delay: 100,
      source: 'backoff',
    });
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('tells why a retry was refused: retries-exhausted after 4, method after 1', async () => {
    const refused: string[] = [];
    const client = createClient({ fetch: script(503) });
    client.on('retry.refused', ({ attempt, reason }) => refused.push(`${reason} after ${attempt}`));
    await settle(client(url));
    await settle(client(url, { method: 'POST' }));
    expect(refused).toEqual(['retries-exhausted after 4', 'method after 1']);
  });

  it('changes nothing where every listener throws: 3 requests and status 200', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const fetch = script(503, 503, 200);
    const client = createClient({ fetch });
    for (const name of [
      'call.started',
      'attempt.ended',
      'retry.scheduled',
      'call.ended',
    ] as const) {
      client.on(name, () => {
        throw new Error('a bug');
      });
      client.on(name, async () => {
        throw new Error('a bug');
      });
    }
    expect((await settle(client(url))).status).toBe(200);
    expect(fetch.requests).toHaveLength(3);
  });

  it('explains a call: 3 attempts with outcome, delay and source, and why it stopped', async () => {
    const asking = new Response(null, { status: 429, headers: { 'retry-after': '2' } });
    const fetch = script(networkError('ECONNRESET'), asking, 200);
    const response = await settle(createClient({ fetch, random: () => 0.5 })(url));
    expect(explain(response)).toMatchObject({
      method: 'GET',
      origin: 'https://user-data.example.com',
      path: '/things',
      attempts: [
        { attempt: 1, outcome: 'ECONNRESET', delay: 100, source: 'backoff' },
        { attempt: 2, outcome: '429', delay: 2_100, source: 'retry-after' },
        { attempt: 3, outcome: '200' },
      ],
      stopped: 'final',
    });
    expect(explain({})).toBeUndefined();
  });

  it('says why a call with `retry: false` stopped', async () => {
    const response = await settle(createClient({ fetch: script(503), retry: false })(url));
    expect(explain(response)?.stopped).toBe('retries-off');
  });
});

describe('a discarded response', () => {
  it('is drained up to 64 KiB and cancelled beyond, and never holds the retry up', async () => {
    const ends: string[] = [];
    const endless = (length: string | undefined) =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
          cancel: () => {
            ends.push(`cancelled ${length}`);
          },
        }),
        { status: 503, headers: length ? { 'content-length': length } : {} },
      );
    const small = new Response('x'.repeat(100), {
      status: 503,
      headers: { 'content-length': '100' },
    });
    const drained = vi.spyOn(small.body as ReadableStream, 'getReader');
    const lines = [endless('65537'), endless(undefined), small, new Response('ok')];
    let line = 0;
    const fetch = script(() => lines[line++] as Response);
    const response = await settle(createClient({ fetch, random: () => 0 })(url));
    expect(response.status).toBe(200);
    await pass(0);
    expect(ends).toEqual(['cancelled 65537', 'cancelled undefined']);
    expect(drained).toHaveBeenCalledTimes(1);
  });
});
