import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClient, explain, withContext, withDeadline } from '../../src/index.ts';
import { settle, useFakeClock } from '../support/clock.ts';
import { type Script, script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://api.test/';
const sent = ({ requests }: Script, name: string) =>
  requests.map(({ init }) => new Headers(init.headers).get(name));
const retry = { backoff: { base: 100, jitter: 'none' } } as const;

describe('propagation', () => {
  test('sends 0 headers unless it is asked to', async () => {
    const fetch = script(200);
    await withDeadline(500, () => createClient({ fetch })(url));
    expect([...new Headers(fetch.requests[0]?.init.headers)]).toEqual([]);
  });

  test('tells each of 3 attempts what is left when it leaves, and which it is', async () => {
    const fetch = script(503, 503, 200);
    const client = createClient({ fetch, propagation: true, retry });
    await settle(withDeadline(1_000, () => client(url)));
    expect(sent(fetch, 'x-request-timeout-ms')).toEqual(['990', '890', '690']);
    expect(sent(fetch, 'x-request-attempt')).toEqual(['1', '2', '3']);
  });

  test("tells the attempt's own time where that is shorter: 240 of 30,000", async () => {
    const fetch = script(200);
    await createClient({ fetch, propagation: true, timeout: { attempt: 250 } })(url);
    expect(sent(fetch, 'x-request-timeout-ms')).toEqual(['240']);
  });

  test('goes on counting where the caller is at his 3rd try', async () => {
    const fetch = script(200);
    const client = createClient({ fetch, propagation: true });
    await withContext({ attempt: 3, doNotRetry: true }, () => client(url));
    expect(sent(fetch, 'x-request-attempt')).toEqual(['3']);
    expect(sent(fetch, 'x-do-not-retry')).toEqual(['true']);
  });

  test('stands over headers that were merely passed on, and leaves 1 other as it is', async () => {
    const fetch = script(200);
    const client = createClient({ fetch, propagation: { deadline: 'grpc' }, timeout: 500 });
    await client(url, { headers: { 'grpc-timeout': '9S', accept: 'text/plain' } });
    expect(sent(fetch, 'grpc-timeout')).toEqual(['490m']);
    expect(sent(fetch, 'accept')).toEqual(['text/plain']);
  });

  test('is for the hosts that it is set for: 1 of 2', async () => {
    const fetch = script(200);
    const hosts = { '*.internal': { propagation: true } };
    const client = createClient({ fetch, hosts });
    await client('https://stranger.test/');
    await client('https://users.internal/');
    expect(sent(fetch, 'x-request-attempt')).toEqual([null, '1']);
  });
});

describe('an answer with the mark', () => {
  const marked = (headers: Record<string, string>) => () =>
    new Response(null, { status: 503, headers });

  test('is not retried: 1 request, and the call says why', async () => {
    const fetch = script(marked({ 'x-do-not-retry': 'true' }));
    const reasons: string[] = [];
    const client = createClient({ fetch });
    client.on('retry.refused', ({ reason }) => reasons.push(reason));
    const response = await settle(client(url));
    expect([response.status, fetch.requests.length]).toEqual([503, 1]);
    expect(explain(response)?.stopped).toBe('do-not-retry');
    expect(reasons).toEqual(['do-not-retry']);
  });

  test('of another name is retried 3 times, unless that is the name that was set', async () => {
    const fetch = script(marked({ 'x-stop': 'true' }));
    await settle(createClient({ fetch, retry })(url));
    expect(fetch.requests).toHaveLength(4);
    await settle(createClient({ fetch, retry, propagation: { doNotRetry: 'x-stop' } })(url));
    expect(fetch.requests).toHaveLength(5);
  });

  test('is retried where nobody asks for it, and where retry.when says so: 4 requests each', async () => {
    const fetch = script(marked({ 'x-do-not-retry': 'true' }));
    await settle(createClient({ fetch, retry, propagation: { doNotRetry: false } })(url));
    expect(fetch.requests).toHaveLength(4);
    await settle(createClient({ fetch, retry: { ...retry, when: () => true } })(url));
    expect(fetch.requests).toHaveLength(8);
  });

  test('but a good status is what it is: 200', async () => {
    const fetch = script(() => new Response(null, { headers: { 'x-do-not-retry': 'true' } }));
    const response = await createClient({ fetch })(url);
    expect(explain(response)?.stopped).toBe('final');
  });
});
