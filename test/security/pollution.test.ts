import { type ClientOptions, createClient, retry } from 'resilient-fetch';
import { afterEach, describe, expect, it } from 'vitest';
import { script } from '../support/script.ts';

const polluted = Object.prototype as unknown as Record<string, unknown>;
const url = 'https://api.example.com/things';

/**
 * Whatever somebody could want to say to every client of the process; but for what fetch itself reads from an init, which it
 * reads from there too.
 */
const words: Record<string, unknown> = {
  retry: 7,
  maxRetries: 7,
  timeout: 1,
  total: 1,
  attempt: 1,
  baseUrl: 'https://evil.test/',
  url: 'https://evil.test/',
  headers: { 'x-evil': 'yes' },
  hosts: { 'api.example.com': { retry: 7 } },
  fetch: () => Response.json('evil'),
  fallback: 'evil',
  default: 'evil',
  idempotencyKey: 'evil',
  circuitBreaker: false,
  consecutiveFailures: 1,
  concurrency: 1,
  hedge: 1,
  throttle: true,
  propagation: true,
  preset: 'critical',
  pool: { proxy: 'http://evil.test/' },
  resilience: { retry: 7 },
  when: () => true,
  methods: ['POST'],
  random: () => 7,
  name: 'evil',
  telemetry: false,
  deadline: 1,
};

afterEach(() => {
  for (const name of Object.keys(words)) delete polluted[name];
});

/** What a call comes to: what was sent, how often, and what came of it. */
async function outcomeOf(options: ClientOptions, init?: RequestInit): Promise<unknown> {
  const fetch = script(503, 200);
  const client = createClient({ fetch, ...options });
  const response = await client(url, init);
  const sent = fetch.requests.map(({ input, init }) => [
    String(input),
    Object.hasOwn(init, 'method') ? init.method : 'GET',
    Object.hasOwn(init, 'headers') ? [...new Headers(init.headers)] : [],
    Object.hasOwn(init, 'body') ? init.body : null,
  ]);
  const description = client.describe(url).replace(/\d+(\.\d+)? (of \d+ )?tokens/, 'tokens');
  return { status: response.status, text: await response.text(), sent, description };
}

const quick = { retry: { backoff: { base: 1 } } };

describe('Object.prototype with a word of somebody else’s', () => {
  it.each(Object.keys(words))('%s changes 0 calls', async (word) => {
    const plain = [await outcomeOf(quick), await outcomeOf(quick, { headers: { a: '1' } })];
    polluted[word] = words[word];
    const spoilt = [await outcomeOf(quick), await outcomeOf(quick, { headers: { a: '1' } })];
    delete polluted[word];
    expect(spoilt).toEqual(plain);
  });

  it('changes 0 retries of a function', async () => {
    polluted.retry = 0;
    polluted.maxRetries = 0;
    polluted.permanent = [Error];
    let calls = 0;
    const work = retry(
      () => {
        if (++calls < 3) throw new Error('busy');
        return calls;
      },
      { retry: { backoff: { base: 1 } } },
    );
    await expect(work)
      .resolves.toBe(3)
      .finally(() => delete polluted.permanent);
  });
});

describe('a JSON file', () => {
  it.each([
    ['{"__proto__": {"retry": 7}}'],
    ['{"constructor": {"prototype": {"retry": 7}}}'],
    ['{"retry": {"__proto__": {"maxRetries": 7}}}'],
    ['{"hosts": {"api.example.com": {"__proto__": {"retry": 7}}}}'],
    ['{"resilience": {"retry": 7}}'],
  ])('that says %s is refused as a whole, and 0 objects are changed', (text) => {
    expect(() => createClient(JSON.parse(text))).toThrow(/unknown option/);
    expect({}).not.toHaveProperty('retry');
  });

  it('may name hosts and headers by names that objects have: 2 of them, and they mean nothing else', async () => {
    const fetch = script(200);
    const text = '{"headers": {"constructor": "1", "tostring": "2"}}';
    await createClient({ ...JSON.parse(text), fetch })(url);
    const sent = new Headers(fetch.requests[0]?.init.headers);
    expect([...sent]).toEqual([
      ['constructor', '1'],
      ['tostring', '2'],
    ]);
  });
});
