import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, createClient } from '../src/index.ts';
import { optionNames } from '../src/options.ts';
import { settle, useFakeClock } from './support/clock.ts';
import { script } from './support/script.ts';

const src = join(import.meta.dirname, '..', 'src');
const url = 'https://api.test/';

/** An object with one value, at a path. */
function at(path: string, value: unknown): ClientOptions {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
}

const names = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/)[0]);
const line = (text: string, name: string) =>
  text
    .split('\n')
    .find((row) => row.startsWith(`  ${name}  `))
    ?.replace(`  ${name}`, '')
    .trim();

/** Without who has said it: the words alone are to tell an option from its default. */
const words = (text: string) => text.replace(/ \[.*?\]/g, '');

/** A value for each option, that differs from what it is without. */
const changed: Record<string, unknown> = {
  ...{ timeout: 1, 'timeout.total': 1, 'timeout.attempt': 1, 'timeout.body': 1 },
  ...{ retry: 7, 'retry.maxRetries': 7, 'retry.methods': ['GET'], 'retry.statuses': [503] },
  ...{ 'retry.backoff': () => 1, 'retry.backoff.type': 'linear', 'retry.backoff.base': 7 },
  ...{ 'retry.backoff.factor': 3, 'retry.backoff.cap': 777, 'retry.backoff.jitter': 'none' },
  ...{ 'retry.retryAfter': false, 'retry.retryAfter.max': 7, 'retry.retryAfter.parse': () => 1 },
  ...{ 'retry.retryAfter.scope': 'origin', 'retry.when': () => true, 'retry.resume': true },
  ...{ circuitBreaker: false, 'circuitBreaker.failureRatio': 0.7 },
  ...{ 'circuitBreaker.minimumThroughput': 7, 'circuitBreaker.window': 77_777 },
  ...{ 'circuitBreaker.consecutiveFailures': 7, 'circuitBreaker.slowCallDuration': 777 },
  ...{ 'circuitBreaker.slowCallRatio': 0.7, 'circuitBreaker.openFor': 777 },
  ...{ 'circuitBreaker.maxOpenFor': 77_777, 'circuitBreaker.probes': 7 },
  ...{ 'circuitBreaker.successThreshold': 7, 'circuitBreaker.enforce': false },
  ...{ retryBudget: false, 'retryBudget.capacity': 7, 'retryBudget.deposit': 0.7 },
  ...{ 'retryBudget.trickle': 0.7, hedge: true, 'hedge.delay': 77, 'hedge.percentile': 0.77 },
  ...{ 'hedge.maxExtraLoad': 0.7, concurrency: 7, 'concurrency.max': 7, 'concurrency.queue': 7 },
  ...{ 'concurrency.hold': 'body', 'concurrency.adaptive': true, 'concurrency.min': 2 },
  ...{ 'concurrency.initial': 7, throttle: true, 'throttle.k': 7, 'throttle.window': 7 },
  ...{ 'throttle.maxRejection': 0.7, fallback: () => undefined, idempotencyKey: true },
  ...{ preset: 'streaming', name: 'other', baseUrl: 'https://b.test/v1', endpoints: 'weighted' },
  ...{ 'baseUrl.url': [url, 'https://c.test'], 'baseUrl.weight': [{ url, weight: 7 }, url] },
  ...{ headers: { accept: '*/*' }, hosts: { 'a.test': { retry: false } }, fetch: script(200) },
  ...{ pool: true, 'pool.connections': 7, 'pool.connectTimeout': 7, 'pool.keepAliveTimeout': 7 },
  ...{
    'pool.pipelining': 7,
    'pool.proxy': 'http://proxy.test',
    'pool.dns': true,
  },
  ...{ 'pool.cache': true, 'pool.deduplicate': true, 'pool.agent': { maxHeaderSize: 7 } },
  ...{ propagation: true, 'propagation.deadline': 'grpc', 'propagation.attempt': 'x-try' },
  ...{ 'propagation.doNotRetry': 'x-stop', 'propagation.margin': 7 },
  ...{ maxOrigins: 7, telemetry: false, random: () => 0.5 },
};

/** What a change is seen beside, where the option means nothing by itself. */
const beside: Record<string, ClientOptions> = {
  'circuitBreaker.slowCallRatio': { circuitBreaker: { slowCallDuration: 777 } },
  'hedge.percentile': { hedge: true },
  'hedge.maxExtraLoad': { hedge: true },
  'concurrency.queue': { concurrency: {} },
  'concurrency.hold': { concurrency: {} },
  'concurrency.adaptive': { concurrency: {} },
  'concurrency.min': { concurrency: 'adaptive' },
  'concurrency.initial': { concurrency: 'adaptive' },
  'throttle.window': { throttle: true },
  'throttle.maxRejection': { throttle: true },
  endpoints: { baseUrl: [url, 'https://b.test'] },
  'baseUrl.url': { baseUrl: [url, 'https://b.test'] },
  'baseUrl.weight': { baseUrl: [url, url] },
};

describe('a description tells of every option', () => {
  test('of each that there is: this test knows all of them, more than 60', () => {
    expect(Object.keys(changed).toSorted()).toEqual([...new Set(optionNames)].toSorted());
    expect(optionNames.length).toBeGreaterThan(60);
  });

  test.each(Object.keys(changed))('%s, 1 of them: to change it changes the words', (path) => {
    const before = createClient(beside[path] ?? {});
    const change = at(path.startsWith('baseUrl.') ? 'baseUrl' : path, changed[path]);
    const after = path === 'maxOrigins' ? createClient(change) : before.extend(change);
    expect(words(after.describe())).not.toBe(words(before.describe()));
  });
});

const everything: ClientOptions = {
  name: 'all',
  baseUrl: ['https://a.test', 'https://b.test'],
  timeout: { body: 1_000 },
  retry: { resume: true, retryAfter: { scope: 'origin' } },
  hedge: true,
  concurrency: 'adaptive',
  throttle: true,
  fallback: () => undefined,
  propagation: true,
};

describe('a description tells of every strategy', () => {
  const strategies = readdirSync(join(src, 'strategies'))
    .map((name) => name.replace('.ts', '').replace('-', ' '))
    .filter((name) => !['break', 'circuit', 'retry judge'].includes(name));

  test('by a line of its own, 13 of 13, outermost first as in the plan', () => {
    const plan = readFileSync(join(src, 'plan.ts'), 'utf8');
    const planned = [...plan.matchAll(/&& (\w+)\(/g)].map(([, name = '']) =>
      name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    );
    expect(planned.toSorted()).toEqual(strategies.toSorted());
    const lines = names(createClient(everything).describe());
    expect(lines.filter((name) => name && strategies.includes(name))).toEqual(planned);
    expect(planned).toHaveLength(13);
  });

  test('or among those that are off, 1 last line', () => {
    const off = createClient({ timeout: false, retry: false, circuitBreaker: false }).describe();
    for (const name of strategies) expect(line(off, 'off')).toContain(name);
    expect(line(createClient(everything).describe(), 'off')).toBe('idempotency key');
  });
});

describe('a description', () => {
  test('reads as a person would say it, 12 lines for the defaults', () => {
    expect(createClient().describe()).toBe(
      [
        'default → any host',
        '  deadline         30 s for the whole call',
        '  retry            3 more attempts of GET, HEAD, OPTIONS, TRACE, PUT, DELETE and QUERY, after 408, 425, 429 and 5xx (not 501, 505) or no answer',
        '  backoff          200 ms · 2ⁿ up to 10 s, with full jitter (from 0 to that)',
        '  Retry-After      waits as long as the server asks, up to 30 s',
        '  retry budget     10 tokens, one for each retry or second copy; 0.2 back for a good answer, 0.05 each second',
        '  circuit breaker  opens after 50 % failures in 10 s of at least 20 attempts, or 10 failures in a row',
        '  open circuit     for 5 s, twice as long after each failed probe, up to 60 s; 1 probe at a time, closed by 1 success',
        '  attempt timeout  10 s for one attempt',
        "  fetch            the process's own",
        '  telemetry        to OpenTelemetry, if there is an SDK',
        '  memory           of 1,000 origins at the most',
        '  off              fallback, concurrency, resume, idempotency key, hedge, endpoints, cooldown, throttle, body timeout, propagation',
      ].join('\n'),
    );
  });

  test('is of the base URL’s origin without an argument, of any other with 1', () => {
    const client = createClient({
      baseUrl: 'https://api.test/v1',
      hosts: { 'api.test': { retry: 1 }, 'other.test': { timeout: 2_000 } },
    });
    expect(client.describe()).toMatch(/^default → https:\/\/api\.test\/v1\n/);
    expect(line(client.describe(), 'retry')).toMatch(/^1 more attempt of/);
    expect(client.describe('https://other.test/x')).toMatch(/^default → https:\/\/other\.test\n/);
    expect(line(client.describe(new URL('https://other.test')), 'deadline')).toMatch(/^2 s/);
    expect(() => client.describe('other.test')).toThrow(TypeError);
  });

  test('lists the rules for 2 hosts where no origin was asked for', () => {
    const hosts = {
      'a.test': { retry: { methods: ['GET', 'POST'] }, timeout: { attempt: 30_000 } },
      '*.b.test': { circuitBreaker: false, retry: { when: () => true } },
    };
    const client = createClient({ hosts: hosts });
    expect(client.describe().match(/^ {2}host .*/gm)).toEqual([
      '  host             a.test: timeout.attempt 30,000, retry.methods GET and POST',
      '  host             *.b.test: retry.when (a function), circuitBreaker off',
    ]);
    expect(client.describe('https://a.test')).not.toContain('  host ');
  });

  test('says of 5 sources which one a value comes from, if not the default', () => {
    const parent = createClient({ preset: 'interactive', retry: { backoff: { cap: 2_000 } } });
    const client = parent.extend({
      timeout: { attempt: 1_000 },
      hosts: { '*.test': { circuitBreaker: false, preset: 'critical', retry: 4 } },
    });
    const text = client.describe(url);
    const source = (name: string) => /\[(.*)\]$/.exec(line(text, name) ?? '')?.[1];
    expect(source('deadline')).toBe('preset critical: timeout.total');
    expect(source('attempt timeout')).toBe('client: timeout.attempt');
    expect(source('retry')).toBe('hosts *.test: retry.maxRetries');
    expect(source('backoff')).toBe(
      'preset interactive: retry.backoff.base; inherited: retry.backoff.cap',
    );
    expect(line(text, 'off')).toContain('circuit breaker [hosts *.test: circuitBreaker]');
    expect(createClient().describe()).not.toContain('[');
  });

  test('follows what is reconfigured, 1 time', () => {
    const client = createClient({ retry: 1 });
    client.reconfigure({ retry: 2 });
    expect(line(client.describe(), 'retry')).toMatch(/^2 more attempts/);
  });

  test('tells 0 secrets: no header, no password, no query, no key', () => {
    const secret = 'hidden';
    const client = createClient({
      baseUrl: `https://user:${secret}@api.test/v1?key=${secret}#${secret}`,
      headers: { authorization: secret },
      idempotencyKey: () => secret,
      pool: {
        proxy: `http://user:${secret}@proxy.test:8080/`,
        agent: { connect: { key: secret } },
        cache: { store: secret },
      },
    });
    const text = client.describe();
    expect(text).not.toContain(secret);
    expect(text).toContain('authorization');
    expect(text).toContain('proxy.test:8080');
  });
});

describe('how it stands with an origin', () => {
  beforeEach(useFakeClock);
  afterEach(() => void vi.useRealTimers());
  const now = (text: string) => line(text, 'now');

  test('is told in 1 last line: that it was not called, and asking changes nothing', () => {
    const client = createClient();
    expect(now(client.describe(url))).toBe('not called yet');
    expect(client.health().origins).toEqual({});
    expect(createClient().describe()).not.toContain('  now ');
  });

  test('is told by 4 numbers after a call whose 2 attempts failed', async () => {
    const client = createClient({ fetch: script(503), retry: 1, random: () => 0, concurrency: 7 });
    await settle(client(url));
    expect(now(client.describe(url))).toBe(
      'circuit closed, 2 of 2 attempts failed · 0 calls under way · 9 of 10 retry tokens · 0 of 7 slots taken, 0 calls waiting',
    );
    client.circuit(url).open();
    expect(now(client.describe(url))).toMatch(/^circuit open, a probe in 5 s, 2 of 2 attempts/);
    client.circuit(url).isolate();
    expect(now(client.describe(url))).toMatch(/^circuit isolated, 2 of 2 attempts/);
  });
});
