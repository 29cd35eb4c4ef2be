import { getEventListeners } from 'node:events';
import { createClient, OptionsError } from 'resilient-fetch';
import { type FaultKind, type FaultOptions, withFaults } from 'resilient-fetch/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pass, settle, useFakeClock } from '../support/clock.ts';
import { hang, script } from '../support/script.ts';
import { causeCode, rejection, streamed } from '../support/wire-call.ts';

const url = 'https://shop.example/prices';

/** A fetch of which every request is hit by one kind of fault. */
function always(kind: FaultKind, options: Partial<FaultOptions> = {}, inner = script(200)) {
  return { inner, fetch: withFaults(inner, { rate: 1, kinds: { [kind]: 1 }, ...options }) };
}

/** Which of so many requests are hit, and by what. */
async function hitsOf(options: FaultOptions, requests: number, paths = ['/']): Promise<string[]> {
  const faulty = withFaults(script(200), { latency: 0, ...options });
  for (let time = 0; time < requests; time++) {
    const path = paths[time % paths.length];
    await faulty(`https://shop.example${path}`).catch(() => {});
  }
  return faulty.injected.map(({ request, path, fault }) =>
    [request, path, ...Object.values(fault)].join(' '),
  );
}

afterEach(() => vi.useRealTimers());

describe('which requests are hit', () => {
  it('is the same in 2 runs of one seed, and another with another seed', async () => {
    const first = await hitsOf({ seed: 7, rate: 0.5 }, 40);
    expect(await hitsOf({ seed: 7, rate: 0.5 }, 40)).toEqual(first);
    expect(await hitsOf({ seed: 8, rate: 0.5 }, 40)).not.toEqual(first);
  });

  it('is written down here for seed 7, so that it is the same 8 faults on every platform', async () => {
    expect(await hitsOf({ seed: 7, rate: 0.5 }, 16)).toMatchInlineSnapshot(`
      [
        "2 / latency 0",
        "3 / truncation 0.15184119646437466",
        "4 / reset",
        "5 / truncation 0.6297880879137665",
        "6 / reset",
        "7 / error ENOTFOUND",
        "9 / reset",
        "11 / status 502",
        "12 / truncation 0.844437096035108",
        "13 / reset",
        "15 / latency 0",
      ]
    `);
  });

  it.each([0, 0.05, 0.2, 0.5, 1])('is a share of %d of 1,000, within 0.04', async (rate) => {
    const hits = await hitsOf({ seed: 3, rate }, 1_000);
    expect(Math.abs(hits.length / 1_000 - rate)).toBeLessThan(0.04);
  });

  it('is a share of 0.2 of 1,000 that are asked for once each, within 0.04', async () => {
    const paths = Array.from({ length: 1_000 }, (_, item) => `/items/${item}`);
    const hits = await hitsOf({ seed: 3, rate: 0.2 }, 1_000, paths);
    expect(Math.abs(hits.length / 1_000 - 0.2)).toBeLessThan(0.04);
  });

  it('has each of 5 kinds in a fifth of the hits, and 3 to 1 where the weights say so', async () => {
    const kindsOf = async (options: FaultOptions) => {
      const faulty = withFaults(script(200), { latency: 0, ...options });
      for (let time = 0; time < 1_000; time++) await faulty(url).catch(() => {});
      return Object.groupBy(faulty.injected, ({ fault }) => fault.kind);
    };
    const alike = await kindsOf({ rate: 1 });
    expect(Object.keys(alike)).toHaveLength(5);
    for (const hits of Object.values(alike)) {
      expect(hits.length).toBeGreaterThan(150);
      expect(hits.length).toBeLessThan(250);
    }
    const {
      reset = [],
      status = [],
      ...others
    } = await kindsOf({ rate: 1, kinds: { reset: 3, status: 1 } });
    expect(reset.length / status.length).toBeGreaterThan(2.4);
    expect(reset.length / status.length).toBeLessThan(3.6);
    expect(others).toEqual({});
  });

  it('does not depend on the order in which 2 places are asked', async () => {
    const one = await hitsOf({ seed: 5, rate: 0.5 }, 40, ['/a', '/b']);
    const other = await hitsOf({ seed: 5, rate: 0.5 }, 40, ['/b', '/a']);
    const at = (hits: string[], path: string) =>
      hits.filter((hit) => hit.includes(` ${path} `)).map((hit) => hit.replace(/^\d+/, ''));
    expect(at(one, '/a')).toEqual(at(other, '/a'));
    expect(at(one, '/b')).toEqual(at(other, '/b'));
    expect(at(one, '/a').length).toBeGreaterThan(3);
  });

  it('does not depend on a port, which is another one at each of 2 runs', async () => {
    const hits = async (port: number) => {
      const faulty = withFaults(script(200), { seed: 2, rate: 0.5, latency: 0 });
      for (let time = 0; time < 20; time++) {
        await faulty(`http://127.0.0.1:${port}/`).catch(() => {});
      }
      return faulty.injected;
    };
    expect(await hits(40_001)).toEqual(await hits(40_002));
  });

  it('is 0 of those that `only` leaves out, and of those that go to no server', async () => {
    const inner = script(200);
    const faulty = withFaults(inner, { rate: 1, only: ({ method }) => method !== 'GET' });
    await faulty(url);
    await faulty(new Request(url, { method: 'get' }));
    await faulty('data:,hello');
    expect([inner.requests.length, faulty.requests, faulty.injected.length]).toEqual([3, 2, 0]);
    await faulty(url, { method: 'POST' }).catch(() => {});
    expect(faulty.injected).toHaveLength(1);
  });
});

describe('a fault', () => {
  it('of 250 ms of latency holds the request back for as long, and lets it go then', async () => {
    useFakeClock();
    const { fetch, inner } = always('latency', { latency: 250 });
    const call = fetch(url, { method: 'POST', body: 'order' });
    await pass(249);
    expect(inner.requests).toHaveLength(0);
    await pass(1);
    expect(inner.requests[0]?.init).toEqual({ method: 'POST', body: 'order' });
    expect(await (await call).text()).toBe('answer 1');
  });

  it('of 1 minute of latency ends with the caller, with 0 timers and 0 listeners left', async () => {
    useFakeClock();
    const { fetch, inner } = always('latency', { latency: 60_000 });
    const caller = new AbortController();
    const call = rejection(fetch(url, { signal: caller.signal }));
    await pass(10);
    const reason = new Error('the page was left');
    caller.abort(reason);
    expect(await call).toBe(reason);
    expect(inner.requests).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  it('of status 503 is a Response as fetched, with its Retry-After of 2 s, and sends 0 requests', async () => {
    const { fetch, inner } = always('status', { statuses: [503], retryAfter: 2 });
    const response = await fetch(new URL(url));
    const { status, statusText, url: from, type, redirected, headers } = response;
    expect({ status, statusText, from, type, redirected }).toEqual({
      ...{ status: 503, statusText: 'Service Unavailable', from: url },
      ...{ type: 'basic', redirected: false },
    });
    expect(headers.get('retry-after')).toBe('2');
    expect(response).toBeInstanceOf(Response);
    expect(inner.requests).toHaveLength(0);
  });

  it('of status 503 has read a body that can be sent only once, so 0 retries send it', async () => {
    const { fetch } = always('status', { statuses: [503] });
    const client = createClient({ fetch, retry: { backoff: { base: 1 } } });
    const body = new Blob(['once']).stream();
    const { status } = await client(url, streamed('PUT', body));
    expect([status, fetch.requests]).toEqual([503, 1]);
  });

  it('of code ECONNREFUSED rejects as fetch does, with 0 requests sent', async () => {
    const { fetch, inner } = always('error', { codes: ['ECONNREFUSED'] });
    const error = await rejection(fetch(url));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      message: 'fetch failed',
      cause: { syscall: 'connect', port: 443 },
    });
    expect(causeCode(error)).toBe('ECONNREFUSED');
    expect(inner.requests).toHaveLength(0);
  });

  it('of a reset rejects as fetch does after the request was sent, 1 time', async () => {
    const { fetch, inner } = always('reset');
    expect(causeCode(await rejection(fetch(url)))).toBe('ECONNRESET');
    expect(inner.requests).toHaveLength(1);
  });

  it('of a reset ends with the caller who aborts, as the fetch does that it stands for', async () => {
    const { fetch } = always('reset', {}, script(hang));
    const caller = new AbortController();
    const call = rejection(fetch(url, { signal: caller.signal }));
    caller.abort('enough');
    expect(await call).toBe('enough');
  });

  it('of truncation gives the first part of 1,000 bytes, and then fails as fetch does', async () => {
    const whole = new Response('x'.repeat(1_000), { headers: { 'content-length': '1000' } });
    const { fetch } = always('truncation', { seed: 4 }, script(whole));
    const { body } = await fetch(url);
    const fault = fetch.injected[0]?.fault;
    let got = 0;
    const read = async () => {
      for await (const chunk of body ?? []) got += chunk.length;
    };
    const error = await rejection(read());
    expect(error).toMatchObject({ message: 'terminated', cause: { code: 'UND_ERR_SOCKET' } });
    expect(got).toBe(fault?.kind === 'truncation' && Math.floor(fault.share * 1_000));
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThan(1_000);
  });

  it('of truncation fails in the first of 2 chunks where no length is told, and cancels the rest', async () => {
    let cancelled = 0;
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(100)),
      cancel: () => void cancelled++,
    });
    const { fetch } = always(
      'truncation',
      {},
      script(() => new Response(source)),
    );
    await expect((await fetch(url)).arrayBuffer()).rejects.toThrow('terminated');
    expect(cancelled).toBe(1);
  });

  it('of truncation leaves an answer alone that has 0 bytes', async () => {
    const { fetch } = always('truncation', {}, script(204));
    expect((await fetch(url)).status).toBe(204);
  });
});

describe('a client over faults', () => {
  it('answers 200 of 200 calls although half of the requests fail', async () => {
    useFakeClock();
    const kinds = { status: 1, error: 1, reset: 1 };
    const fetch = withFaults(script(200), { seed: 11, rate: 0.5, kinds });
    const client = createClient({
      ...{ fetch, circuitBreaker: false, retryBudget: false },
      retry: { maxRetries: 20, backoff: { base: 1, cap: 10 } },
    });
    for (let item = 0; item < 200; item++) {
      expect((await settle(client(`https://shop.example/items/${item}`))).status).toBe(200);
    }
    expect(fetch.requests - fetch.injected.length).toBe(200);
    expect(fetch.injected.length).toBeGreaterThan(120);
  });

  it('sends a POST that was reset 1 time, as it would over a real connection', async () => {
    const { fetch, inner } = always('reset');
    const error = await rejection(createClient({ fetch })(url, { method: 'POST', body: 'order' }));
    expect(causeCode(error)).toBe('ECONNRESET');
    expect(inner.requests).toHaveLength(1);
  });
});

describe('the options', () => {
  const wrong = (options: unknown) => {
    try {
      withFaults(fetch, options as FaultOptions);
    } catch (error) {
      expect(error).toBeInstanceOf(OptionsError);
      return (error as Error).message.split('\n');
    }
    return [];
  };

  it.each<[unknown, string]>([
    [{}, 'rate: expected a number from 0 to 1, got undefined'],
    [{ rate: 2 }, 'rate: expected a number from 0 to 1, got 2'],
    [{ rate: 1, seed: 0.5 }, 'seed: expected an integer from 0 to 4294967295, got 0.5'],
    [
      { rate: 1, latency: [5, 1] },
      'latency: expected milliseconds from 0 to 2147483647, or a range [from, to], got an array',
    ],
    [
      { rate: 1, statuses: [] },
      'statuses: expected an array with at least one status, got an array',
    ],
    [{ rate: 1, statuses: [200] }, 'statuses.0: expected a status from 400 to 599, got 200'],
    [
      { rate: 1, codes: ['reset'] },
      'codes.0: expected a code such as \'ECONNREFUSED\', got "reset"',
    ],
    [{ rate: 1, kinds: {} }, 'kinds: expected a weight above 0, got an object'],
    [{ rate: 1, kinds: { resets: 1 } }, 'kinds.resets: unknown option; did you mean reset?'],
    [{ rate: 1, sead: 1 }, 'sead: unknown option; did you mean seed?'],
    [{ rate: 1, only: 'GET' }, 'only: expected a function (request) => boolean, got "GET"'],
    [7, 'options: expected an object, got 7'],
  ])('say what is wrong, 1 of 12: %j', (options, said) => {
    expect(wrong(options)).toContain(said);
  });
});
