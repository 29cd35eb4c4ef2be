import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { assert, asyncProperty, constantFrom, record, stringMatching } from 'fast-check';
import { type ClientOptions, createClient } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script, scriptByHost } from '../support/script.ts';
import { idOf, registerSdk, spansOf, unregisterSdk } from '../support/telemetry.ts';

beforeEach(async () => {
  // what is loaded at the first call is loaded by the real clock
  await import('../../src/adapters/observed-client.ts');
  useFakeClock();
});
afterEach(() => {
  vi.useRealTimers();
  unregisterSdk();
});

const url = 'https://api.test/users/1';
const { INTERNAL, CLIENT } = SpanKind;
const { ERROR, UNSET } = SpanStatusCode;

let clients = 0;

/** A client whose name nobody has had, so that its metrics are its own. */
function named(options: ClientOptions) {
  const name = `client ${++clients}`;
  const backoff = { type: 'constant', base: 100, jitter: 'none' } as const;
  return { name, client: createClient({ name, retry: { backoff }, ...options }) };
}

const headersOf = ({ init }: { init: RequestInit }) => new Headers(init.headers);
const resetBy = networkError('ECONNRESET', { message: 's3cr3t', url: 's3cr3t' });
const partsOf = (header: string | null) => header?.split('-') ?? [];

describe('a call that is answered', () => {
  test('is 1 INTERNAL span with 1 CLIENT span in it, which the server is told of', async () => {
    const sdk = registerSdk();
    const fetch = script(200);
    const { client, name } = named({ fetch });
    await settle(client(url));
    const [attempt, call, ...others] = sdk.spans;
    expect(others).toEqual([]);
    expect(call).toMatchObject({ name: 'resilient_fetch GET', kind: INTERNAL });
    expect(call?.attributes).toEqual({
      'resilient_fetch.client': name,
      'resilient_fetch.attempts': 1,
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': 'api.test',
      'server.port': 443,
    });
    expect(attempt).toMatchObject({ name: 'GET', kind: CLIENT, status: { code: UNSET } });
    expect(attempt?.parentSpanContext?.spanId).toBe(idOf(call));
    expect(attempt?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': 'api.test',
      'server.port': 443,
      'url.full': url,
    });
    const [, traceId, spanId, flags] = partsOf(
      fetch.requests.map(headersOf)[0]?.get('traceparent') ?? null,
    );
    expect([traceId, spanId, flags]).toEqual([call?.spanContext().traceId, idOf(attempt), '01']);
  });

  test('is part of what the caller is doing: 1 trace', async () => {
    const sdk = registerSdk();
    const { client } = named({ fetch: script(200) });
    await trace.getTracer('app').startActiveSpan('handler', async (span) => {
      await settle(client(url));
      span.end();
    });
    const [handler] = spansOf(sdk, 'handler');
    const [call] = spansOf(sdk, INTERNAL);
    expect(call?.parentSpanContext?.spanId).toBe(idOf(handler));
    expect(new Set(sdk.spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  test('counts 1 in each of 2 histograms, in seconds', async () => {
    const sdk = registerSdk();
    const { client, name } = named({
      fetch: script(async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return new Response();
      }),
    });
    await settle(client(url));
    const { scopeMetrics } = await sdk.collect();
    const sums = scopeMetrics
      .flatMap((scope) => scope.metrics)
      .filter(({ dataPoints }) => dataPoints.length > 0 && !('value' in {}))
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ value, attributes }) => [descriptor.name, value, attributes] as const),
      )
      .filter(([name]) => name.endsWith('.duration'))
      .map(([name, value, attributes]) => [name, (value as { sum: number }).sum, attributes]);
    const server = { 'server.address': 'api.test', 'server.port': 443 };
    const method = { 'http.request.method': 'GET' };
    expect(sums).toEqual([
      [
        'http.client.request.duration',
        expect.closeTo(0.2, 2),
        { ...server, ...method, 'http.response.status_code': 200 },
      ],
      [
        'resilient_fetch.call.duration',
        expect.closeTo(0.2, 2),
        { ...server, ...method, 'resilient_fetch.client': name },
      ],
    ]);
  });
});

describe('a call with 2 retries', () => {
  test('has 3 CLIENT spans, numbered from the second on, each with a header of its own', async () => {
    const sdk = registerSdk();
    const fetch = script(503, networkError('ECONNRESET'), 200);
    const { client, name } = named({ fetch });
    await settle(client(url));
    const attempts = spansOf(sdk, CLIENT);
    const [call] = spansOf(sdk, INTERNAL);
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([
      undefined,
      1,
      2,
    ]);
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual([
      '503',
      'ECONNRESET',
      undefined,
    ]);
    expect(attempts.map(({ status }) => status.code)).toEqual([ERROR, ERROR, UNSET]);
    expect(attempts.map((span) => span.parentSpanContext?.spanId)).toEqual(
      Array(3).fill(idOf(call)),
    );
    const told = fetch.requests.map((request) => partsOf(headersOf(request).get('traceparent'))[2]);
    expect(told).toEqual(attempts.map(idOf));
    expect(call?.status.code).toBe(UNSET);
    expect(call?.attributes).toMatchObject({ 'resilient_fetch.attempts': 3 });
    expect(call?.events.map((event) => [event.name, event.attributes])).toEqual(
      ['503', 'ECONNRESET'].map((outcome, index) => [
        'resilient_fetch.retry.scheduled',
        {
          'resilient_fetch.origin': 'https://api.test',
          'resilient_fetch.attempt': index + 1,
          'resilient_fetch.hedge': false,
          'resilient_fetch.outcome': outcome,
          'resilient_fetch.delay': 0.1,
          'resilient_fetch.source': 'backoff',
        },
      ]),
    );
    const retries = await sdk.points('resilient_fetch.retries', name);
    expect(retries.map(({ value, attributes }) => [value, attributes])).toEqual(
      ['503', 'ECONNRESET'].map((reason) => [
        1,
        {
          'resilient_fetch.client': name,
          'resilient_fetch.reason': reason,
          'resilient_fetch.delay.source': 'backoff',
          'server.address': 'api.test',
          'server.port': 443,
        },
      ]),
    );
    expect(await sdk.points('resilient_fetch.retry.delay', name)).toMatchObject([{ value: 2 }]);
  });

  test('that fails in the end says with what, and why there were only 3', async () => {
    const sdk = registerSdk();
    const { client, name } = named({ fetch: script(503), retry: { maxRetries: 2 } });
    await settle(client(url));
    const [call] = spansOf(sdk, INTERNAL);
    expect(call?.status.code).toBe(ERROR);
    expect(call?.attributes).toMatchObject({
      'error.type': '503',
      'resilient_fetch.stopped': 'retries-exhausted',
    });
    const [duration] = await sdk.points('resilient_fetch.call.duration', name);
    expect(duration?.attributes).toMatchObject({ 'error.type': '503' });
    const refused = await sdk.points('resilient_fetch.retries.refused', name);
    expect(refused.map(({ attributes }) => attributes['resilient_fetch.reason'])).toEqual([
      'retries-exhausted',
    ]);
  });
});

describe('the end of an attempt is told', () => {
  const ways = {
    'a 404 is an error': { line: 404, type: '404' },
    'a 302 is none': { line: 302, type: undefined },
    'an error of the network has its code': { line: networkError('ENOTFOUND'), type: 'ENOTFOUND' },
    'an error without a code has its name': { line: new TypeError('x'), type: 'TypeError' },
    'a private word is nobody’s business': {
      line: Object.assign(new Error('x'), { code: 'user bob@example.com' }),
      type: '_OTHER',
    },
    'an attempt that timed out': { line: hang, type: 'timeout' },
  };
  for (const [title, { line, type }] of Object.entries(ways)) {
    test(`${title}: 1 error.type of ${type}`, async () => {
      const sdk = registerSdk();
      const { client } = named({ fetch: script(line), retry: false });
      await settle(client(url).catch(() => {}));
      const spans = sdk.spans.map(({ attributes, status }) => [
        attributes['error.type'],
        status.code,
      ]);
      expect(spans).toEqual(Array(2).fill([type, type === undefined ? UNSET : ERROR]));
      const points = await sdk.points('http.client.request.duration');
      expect(points.map(({ attributes }) => attributes['error.type'])).toEqual([type]);
    });
  }

  test('an abort by the caller is no error of 2 spans, whatever its reason', async () => {
    for (const reason of [undefined, new Error('gone'), 'a word']) {
      const sdk = registerSdk();
      const { client } = named({ fetch: script(hang) });
      const caller = new AbortController();
      const call = rejection(client(url, { signal: caller.signal }));
      await pass(10);
      caller.abort(reason);
      await call;
      expect(sdk.spans.map(({ status }) => status.code)).toEqual([UNSET, UNSET]);
      for (const { attributes } of sdk.spans) expect(attributes).not.toHaveProperty('error.type');
      expect(spansOf(sdk, INTERNAL)[0]?.attributes).toMatchObject({
        'resilient_fetch.stopped': 'aborted',
      });
      unregisterSdk();
    }
  });

  test('the deadline of the call ends 2 spans, and is 1 timeout of its kind', async () => {
    const sdk = registerSdk();
    const { client, name } = named({ fetch: script(hang), timeout: { total: 50 } });
    await rejection(client(url));
    expect(sdk.spans.map(({ attributes }) => attributes['error.type'])).toEqual([
      'timeout',
      'timeout',
    ]);
    const [call] = spansOf(sdk, INTERNAL);
    expect(call?.events.map((event) => [event.name, event.attributes])).toEqual([
      [
        'resilient_fetch.timeout.expired',
        {
          'resilient_fetch.origin': 'https://api.test',
          'resilient_fetch.timeout': 'total',
          'resilient_fetch.after': 0.05,
        },
      ],
    ]);
    const timeouts = await sdk.points('resilient_fetch.timeouts', name);
    expect(timeouts).toMatchObject([
      { value: 1, attributes: { 'resilient_fetch.timeout': 'total' } },
    ]);
  });

  test('3 attempts that ran out of time are 3 timeouts of their kind, and 2 retries for it', async () => {
    const sdk = registerSdk();
    const { client, name } = named({
      fetch: script(hang),
      timeout: { attempt: 50 },
      retry: { maxRetries: 2 },
    });
    await rejection(client(url));
    expect(await sdk.points('resilient_fetch.timeouts', name)).toMatchObject([
      { value: 3, attributes: { 'resilient_fetch.timeout': 'attempt' } },
    ]);
    expect(await sdk.points('resilient_fetch.retries', name)).toMatchObject([
      { value: 2, attributes: { 'resilient_fetch.reason': 'timeout' } },
    ]);
  });

  test('a body that falls silent is 1 timeout, when both spans have ended', async () => {
    const sdk = registerSdk();
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    const { client, name } = named({
      fetch: script(() => new Response(body)),
      timeout: { body: 50 },
    });
    await trace.getTracer('app').startActiveSpan('handler', async (span) => {
      const response = await settle(client(url));
      await rejection(response.text());
      span.end();
    });
    expect(sdk.spans.map(({ status }) => status.code)).toEqual(Array(3).fill(UNSET));
    expect(spansOf(sdk, 'handler')[0]?.events).toEqual([]);
    expect(await sdk.points('resilient_fetch.timeouts', name)).toMatchObject([
      { value: 1, attributes: { 'resilient_fetch.timeout': 'body' } },
    ]);
  });

  test('an open circuit refuses without a CLIENT span: 1 refusal', async () => {
    const sdk = registerSdk();
    const { client, name } = named({ fetch: script(200) });
    client.circuit(url).open();
    await rejection(client(url));
    const [call, ...others] = sdk.spans;
    expect(others).toEqual([]);
    expect(call?.attributes).toMatchObject({
      'error.type': 'ERR_RESILIENCE_CIRCUIT_OPEN',
      'resilient_fetch.attempts': 0,
    });
    expect(call?.status.code).toBe(ERROR);
    expect(await sdk.points('resilient_fetch.calls.refused', name)).toMatchObject([
      { value: 1, attributes: { 'error.type': 'ERR_RESILIENCE_CIRCUIT_OPEN' } },
    ]);
    expect(await sdk.points('http.client.request.duration')).toEqual([]);
  });

  test('a fallback makes the call a good one, and is counted by what it replaced: 1', async () => {
    const sdk = registerSdk();
    const { client, name } = named({
      fetch: script(hang),
      retry: false,
      timeout: { attempt: 20 },
      fallback: () => new Response('spare'),
    });
    await settle(client(url));
    const [call] = spansOf(sdk, INTERNAL);
    expect(call?.status.code).toBe(UNSET);
    expect(call?.attributes).toMatchObject({
      'resilient_fetch.fallback': true,
      'http.response.status_code': 200,
    });
    expect(await sdk.points('resilient_fetch.fallbacks', name)).toMatchObject([
      { value: 1, attributes: { 'error.type': 'timeout' } },
    ]);
  });
});

describe('a decision', () => {
  test('of an operator is no event of his own span: 0 there, 1 counted', async () => {
    const sdk = registerSdk();
    const { client, name } = named({ fetch: script(200) });
    await settle(client(url));
    trace.getTracer('app').startActiveSpan('operator', (span) => {
      client.circuit(url).open();
      span.end();
    });
    expect(spansOf(sdk, 'operator')[0]?.events).toEqual([]);
    expect(await sdk.points('resilient_fetch.circuit.transitions', name)).toMatchObject([
      { value: 1, attributes: { 'resilient_fetch.reason': 'manual' } },
    ]);
  });

  test('is an event of the call’s span, 1 time, whatever span the user’s fetch has begun', async () => {
    const sdk = registerSdk();
    const fetch = script(() =>
      trace.getTracer('app').startActiveSpan('layer', async (span) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        span.end();
        return new Response();
      }),
    );
    const { client } = named({ fetch, hedge: 20 });
    await settle(client(url));
    await pass(100);
    const [call] = spansOf(sdk, INTERNAL).filter(({ name }) => name !== 'layer');
    expect(call?.events.map((event) => event.name)).toEqual(['resilient_fetch.hedge.sent']);
    const layers = spansOf(sdk, 'layer');
    expect(layers.map((span) => span.events)).toEqual([[], []]);
    const attempts = spansOf(sdk, CLIENT);
    const parents = layers.map((span) => span.parentSpanContext?.spanId);
    expect(parents.toSorted()).toEqual(attempts.map(idOf).toSorted());
  });
});

describe('2 copies side by side', () => {
  test('are siblings, 1 of them a resend, and the loser’s status is unset', async () => {
    const sdk = registerSdk();
    const fetch = script(hang, 200);
    const { client, name } = named({ fetch, hedge: 50 });
    await settle(client(url));
    const [winner, loser] = spansOf(sdk, CLIENT);
    const [call] = spansOf(sdk, INTERNAL);
    expect(loser?.status.code).toBe(UNSET);
    expect(loser?.attributes).not.toHaveProperty('error.type');
    expect(loser?.attributes).not.toHaveProperty('http.request.resend_count');
    expect(winner?.attributes).toMatchObject({
      'http.request.resend_count': 1,
      'http.response.status_code': 200,
    });
    for (const span of [loser, winner]) {
      expect(span?.parentSpanContext?.spanId).toBe(idOf(call));
    }
    expect(call?.events.map((event) => event.name)).toEqual([
      'resilient_fetch.hedge.sent',
      'resilient_fetch.hedge.won',
    ]);
    expect(await sdk.points('resilient_fetch.hedges', name)).toMatchObject([{ value: 1 }]);
    expect(await sdk.points('resilient_fetch.hedges.won', name)).toMatchObject([{ value: 1 }]);
  });
});

describe('a call that goes to 2 places', () => {
  test('tells of each attempt where it went, and of itself where it was bound for', async () => {
    const sdk = registerSdk();
    const fetch = scriptByHost({ 'one.test': 503, 'two.test:81': 200 });
    const { client } = named({ fetch, baseUrl: ['https://one.test/a/', 'http://two.test:81/b/'] });
    await settle(client('users?q=1'));
    const attempts = spansOf(sdk, CLIENT).map(({ attributes }) => attributes);
    expect(attempts).toMatchObject([
      {
        'server.address': 'one.test',
        'server.port': 443,
        'url.full': 'https://one.test/a/users?q=REDACTED',
      },
      {
        'server.address': 'two.test',
        'server.port': 81,
        'url.full': 'http://two.test:81/b/users?q=REDACTED',
        'http.request.resend_count': 1,
      },
    ]);
    expect(spansOf(sdk, INTERNAL)[0]?.attributes['server.address']).toBe('one.test');
  });
});

describe('a wait', () => {
  test('for a slot, and 1 in a pause, are events of the call, and are counted', async () => {
    const sdk = registerSdk();
    const fetch = script(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return new Response();
    });
    const { client, name } = named({ fetch, concurrency: 1 });
    await settle(Promise.all([client(url), client(url)]));
    const events = spansOf(sdk, INTERNAL).map((span) => span.events.map((event) => event.name));
    expect(events).toEqual([[], ['resilient_fetch.slot.taken']]);
    expect(await sdk.points('resilient_fetch.queue.duration', name)).toMatchObject([{ value: 1 }]);
  });
});

describe('the caller’s own headers', () => {
  const inits: Record<string, () => RequestInit> = {
    'a plain object': () => ({ headers: { Traceparent: 'mine', 'X-Id': '1' } }),
    'a list': () => ({
      headers: [
        ['TRACEPARENT', 'mine'],
        ['X-Id', '1'],
      ],
    }),
    Headers: () => ({ headers: new Headers({ traceparent: 'mine', 'X-Id': '1' }) }),
  };
  for (const [name, make] of Object.entries(inits)) {
    test(`are left as they are in ${name}, and sent with 1 traceparent, new at each of 2 attempts`, async () => {
      registerSdk();
      const fetch = script(503, 200);
      const { client } = named({ fetch });
      const init = make();
      const before = JSON.stringify([...new Headers(init.headers)]);
      await settle(client(url, init));
      expect(JSON.stringify([...new Headers(init.headers)])).toBe(before);
      const sent = fetch.requests.map(headersOf);
      expect(sent.map((headers) => headers.get('x-id'))).toEqual(['1', '1']);
      const traces = sent.map((headers) => headers.get('traceparent'));
      expect(traces).toEqual(Array(2).fill(expect.stringMatching(/^00-\w{32}-\w{16}-01$/)));
      expect(new Set(traces).size).toBe(2);
      const form = fetch.requests[0]?.init.headers?.constructor;
      expect(form).toBe(init.headers?.constructor);
    });
  }

  test('of a Request are all there, and its 1 own is unchanged', async () => {
    registerSdk();
    const fetch = script(200);
    const { client } = named({ fetch });
    const request = new Request(url, { headers: { 'x-id': '1', traceparent: 'mine' } });
    await settle(client(request));
    expect(request.headers.get('traceparent')).toBe('mine');
    const [sent] = fetch.requests.map(headersOf);
    expect(sent?.get('x-id')).toBe('1');
    expect(sent?.get('traceparent')).toMatch(/^00-/);
  });

  test('stay alone where nobody traces: 1 own traceparent', async () => {
    registerSdk({ traces: false });
    const fetch = script(200);
    const { client } = named({ fetch });
    await settle(client(url, { headers: { traceparent: 'mine' } }));
    expect(fetch.requests[0]?.init.headers).toEqual({ traceparent: 'mine' });
  });
});

describe('what is not sampled', () => {
  test('is told to the server all the same, and leaves 0 spans', async () => {
    const sdk = registerSdk({ sampler: new AlwaysOffSampler() });
    const fetch = script(503, 200);
    const { client, name } = named({ fetch });
    await settle(client(url));
    expect(sdk.spans).toEqual([]);
    const flags = fetch.requests.map(
      (request) => partsOf(headersOf(request).get('traceparent'))[3],
    );
    expect(flags).toEqual(['00', '00']);
    expect(await sdk.points('resilient_fetch.call.duration', name)).toHaveLength(1);
  });

  test('is told to nobody where tracing is suppressed: 0 headers', async () => {
    const sdk = registerSdk();
    const fetch = script(200);
    const { client } = named({ fetch });
    await context.with(suppressTracing(context.active()), () => settle(client(url)));
    expect(sdk.spans).toEqual([]);
    expect(fetch.requests[0]?.init.headers).toEqual(undefined);
  });
});

describe('an SDK', () => {
  test('for metrics alone gets 1 sample of each duration, and nothing is sent along', async () => {
    const sdk = registerSdk({ traces: false, scopes: false });
    const fetch = script(200);
    const { client, name } = named({ fetch });
    await settle(client(url));
    expect(await sdk.points('resilient_fetch.call.duration', name)).toMatchObject([{ value: 1 }]);
    expect(await sdk.points('http.client.request.duration')).toMatchObject([{ value: 1 }]);
    expect(fetch.requests[0]?.init.headers).toBeUndefined();
  });

  test('for traces alone, without scopes, gets 1 span under another', async () => {
    const sdk = registerSdk({ metrics: false, scopes: false });
    const { client } = named({ fetch: script(200) });
    await settle(client(url));
    const [attempt, call] = sdk.spans;
    expect(sdk.spans).toHaveLength(2);
    expect(attempt?.parentSpanContext?.spanId).toBe(idOf(call));
  });

  test('for traces that comes after the one for metrics has been told of 1 call is told of the next', async () => {
    registerSdk({ traces: false });
    const { client } = named({ fetch: script(200) });
    await settle(client(url));
    const sdk = registerSdk({ metrics: false, scopes: false });
    await settle(client(url));
    expect(sdk.spans).toHaveLength(2);
  });

  test('that takes the place of 1 before it is told of all that comes after, and the old one is not', async () => {
    const first = registerSdk();
    const { client, name } = named({ fetch: script(200) });
    await settle(client(url));
    unregisterSdk();
    await settle(client(url));
    const second = registerSdk();
    await settle(client(url));
    expect([first.spans.length, second.spans.length]).toEqual([2, 2]);
    for (const sdk of [first, second]) {
      expect(await sdk.points('resilient_fetch.call.duration', name)).toMatchObject([{ value: 1 }]);
    }
  });

  test('that comes or goes during a call changes nothing of it: 2 calls', async () => {
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return new Response();
    };
    const { client } = named({ fetch: script(slow) });
    const before = client(url);
    const sdk = registerSdk();
    const during = client(url);
    await pass(10);
    unregisterSdk();
    const [one, two] = await settle(Promise.all([before, during]));
    expect([one?.status, two?.status]).toEqual([200, 200]);
    expect(sdk.spans).toHaveLength(2);
  });
});

describe('what is private', () => {
  test('is in 0 spans and 0 metrics, whatever becomes of the call', async () => {
    const secret = stringMatching(/^s3cr3t[\w!*'().~-]{1,12}$/);
    const parts = record({ word: secret, line: constantFrom<Line>(200, 404, 503, hang, resetBy) });
    await assert(
      asyncProperty(parts, async ({ word, line }) => {
        const sdk = registerSdk();
        const { client } = named({
          fetch: script(line),
          timeout: { attempt: 20 },
          retry: { maxRetries: 1 },
          hedge: 10,
          concurrency: 1,
          fallback: () => undefined,
        });
        const address = `https://${word}:${word}@api.test/users?a=${word}&${word}#${word}`;
        const headers = { authorization: word, cookie: word };
        const init = { method: 'PUT', headers, body: word };
        await settle(Promise.allSettled([client(address, init), client(address, init)]));
        const told = sdk.spans.map(({ name, attributes, events, status, links }) => {
          return { name, attributes, events, status, links };
        });
        expect(told.length).toBeGreaterThan(3);
        expect(sdk.begun).toBe(told.length);
        expect(JSON.stringify([told, await sdk.collect()])).not.toContain('s3cr3t');
        unregisterSdk();
      }),
      { numRuns: 30 },
    );
  });
});

describe('telemetry: false', () => {
  test('leaves 0 spans, 0 samples and 0 headers', async () => {
    const sdk = registerSdk();
    const fetch = script(503, 200);
    const { client, name } = named({ fetch, telemetry: false });
    await settle(client(url));
    expect(sdk.spans).toEqual([]);
    expect(await sdk.points('resilient_fetch.retries', name)).toEqual([]);
    expect(await sdk.points('resilient_fetch.calls.in_flight', name)).toEqual([]);
    expect(await sdk.points('http.client.request.duration')).toEqual([]);
    expect(fetch.requests.map(({ init }) => init.headers)).toEqual([undefined, undefined]);
  });
});

describe('a family of 2 clients', () => {
  const circuitBreaker = { consecutiveFailures: 1 };
  const fetch = scriptByHost({ 'api.test': 500, 'other.test': 200 });
  const failing = { fetch, retry: false, circuitBreaker } as const;
  const transitions = async (sdk: ReturnType<typeof registerSdk>) =>
    (await sdk.points('resilient_fetch.circuit.transitions'))
      .filter(({ attributes }) => attributes['server.address'] === 'api.test')
      .reduce((sum, { value }) => sum + value, 0);

  for (const [parent, child] of [
    [true, true],
    [true, false],
    [false, true],
  ]) {
    for (const caller of ['parent', 'child'] as const) {
      test(`counts 1 circuit that opened and 1 state of it; telemetry of the parent ${parent}, of the child ${child}, called: the ${caller}, then both`, async () => {
        const sdk = registerSdk();
        const root = named({ ...failing, telemetry: parent });
        const extended = root.client.extend({ name: `child of ${root.name}`, telemetry: child });
        const clients = { parent: root.client, child: extended };
        // each of them is known to OpenTelemetry, if at all, from its first call on
        for (const client of Object.values(clients)) await settle(client('https://other.test/'));
        await settle(clients[caller](url));
        await rejection(clients.parent(url));
        await rejection(clients.child(url));
        expect(await transitions(sdk)).toBe(1);
        const states = (await sdk.points('resilient_fetch.circuit.state')).filter(
          ({ attributes, value }) =>
            value === 1 &&
            attributes['server.address'] === 'api.test' &&
            String(attributes['resilient_fetch.client']).endsWith(root.name),
        );
        expect(states.map(({ attributes }) => attributes)).toEqual([
          {
            'resilient_fetch.client': root.name,
            'resilient_fetch.circuit.state': 'open',
            'server.address': 'api.test',
            'server.port': 443,
          },
        ]);
        const refused = await sdk.points('resilient_fetch.calls.refused');
        const names = refused.map(({ attributes }) => attributes['resilient_fetch.client']);
        expect(names).toEqual([
          ...(parent ? [root.name] : []),
          ...(child ? [`child of ${root.name}`] : []),
        ]);
      });
    }
  }

  test('whose parent is never called is told of all the same: 1 gauge of slots, of the child’s options', async () => {
    const sdk = registerSdk();
    const { client, name } = named({ fetch: script(200) });
    const child = client.extend({ concurrency: 7 });
    await settle(child(url));
    expect(await sdk.points('resilient_fetch.concurrency.limit', name)).toMatchObject([
      { value: 7 },
    ]);
  });

  test('leaves 0 gauges when it is closed', async () => {
    const sdk = registerSdk({ delta: true });
    const { client, name } = named({ fetch: script(200) });
    const child = client.extend({});
    await settle(child(url));
    await settle(client(url));
    expect(await sdk.points('resilient_fetch.calls.in_flight', name)).toHaveLength(1);
    await client.close();
    expect(await sdk.points('resilient_fetch.calls.in_flight', name)).toEqual([]);
  });
});

describe('OpenTelemetry that fails', () => {
  const broken = () => {
    throw new Error('broken');
  };
  const span = { isRecording: () => true, spanContext: () => ({}), setAttribute: broken };
  const ways: Record<string, () => void> = {
    'a tracer': () => trace.setGlobalTracerProvider({ getTracer: broken as never }),
    'a span that begins': () =>
      trace.setGlobalTracerProvider({
        getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) as never,
      }),
    'a span that is written to': () =>
      trace.setGlobalTracerProvider({
        getTracer: () =>
          ({
            startSpan: () => ({ ...span, setStatus: broken, addEvent: broken, end: broken }),
          }) as never,
      }),
    'a context manager': () =>
      context.setGlobalContextManager({
        active: broken,
        with: broken,
        bind: broken,
        enable: broken,
        disable: () => {},
      } as never),
    'a context manager that takes its time': () =>
      context.setGlobalContextManager({
        ...new Proxy({}, {}),
        active: () => new Proxy({}, { get: () => () => undefined }),
        with: (_: unknown, run: () => void) => void setTimeout(run, 5),
        disable: () => {},
      } as never),
    'a propagator': () =>
      propagation.setGlobalPropagator({ inject: broken, extract: broken, fields: () => [] }),
    'a meter': () => metrics.setGlobalMeterProvider({ getMeter: broken as never }),
    'an instrument': () =>
      metrics.setGlobalMeterProvider({
        getMeter: () =>
          ({
            createCounter: () => ({ add: broken }),
            createHistogram: () => ({ record: broken }),
            createObservableGauge: broken,
          }) as never,
      }),
  };
  for (const [name, register] of Object.entries(ways)) {
    test(`changes no outcome, and leaves 0 rejections unheard: ${name}`, async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const unheard = vi.fn();
      process.on('unhandledRejection', unheard);
      register();
      registerSdk();
      const fetch = script(503, 200);
      const { client } = named({ fetch });
      const response = await settle(client(url));
      const refused = named({ fetch: script(200) }).client;
      refused.circuit(url).open();
      expect(await rejection(refused(url))).toMatchObject({ name: 'CircuitOpenError' });
      await pass(10);
      process.off('unhandledRejection', unheard);
      expect(response.status).toBe(200);
      expect(fetch.requests).toHaveLength(2);
      expect(unheard).toHaveBeenCalledTimes(0);
      const codes = new Set(
        warned.mock.calls.map(([, details]) => (details as { code?: string }).code),
      );
      expect([...codes].filter((code) => code !== 'RESILIENT_FETCH_HOOK')).toEqual([]);
    });
  }
});
