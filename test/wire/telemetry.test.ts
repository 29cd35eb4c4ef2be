import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, metrics, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ATTR_HTTP_REQUEST_RESEND_COUNT } from '@opentelemetry/semantic-conventions';
import { type ClientOptions, createClient } from 'resilient-fetch';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answer,
  faultServer,
  type Line,
  type Reply,
  reset,
  silence,
} from '../support/fault-server.ts';
import { collect, heapInUse } from '../support/heap.ts';
import {
  idOf,
  type Parts,
  type RegisteredSdk,
  registerSdk,
  spansOf,
  unregisterSdk,
} from '../support/telemetry.ts';
import { quick, rejection, streamed, until } from '../support/wire-call.ts';

const { CLIENT, INTERNAL } = SpanKind;
/** An answer that nobody wants is read in the background. */
const patient = { timeout: 5_000, interval: 5 };
const undici = '@opentelemetry/instrumentation-undici';
const ours = 'resilient-fetch';

let instrumentation: UndiciInstrumentation | undefined;
afterEach(() => {
  instrumentation?.disable();
  instrumentation = undefined;
  unregisterSdk();
});

/** Registers the SDK, and with it the instrumentation that makes a span of each request of undici's. */
function instrument(
  config: ConstructorParameters<typeof UndiciInstrumentation>[0] = {},
  parts: Parts = {},
): RegisteredSdk {
  const sdk = registerSdk(parts);
  instrumentation = new UndiciInstrumentation(config);
  return sdk;
}

/** Calls, and reads the answer to its end, which is when the instrumentation ends its span. */
async function call(client: typeof fetch, ...given: Parameters<typeof fetch>): Promise<number> {
  const response = await client(...given);
  await response.text();
  return response.status;
}

const resends = (sdk: RegisteredSdk) =>
  spansOf(sdk, CLIENT)
    .toSorted((one, other) => order(one) - order(other))
    .map(({ attributes }) => attributes['http.request.resend_count']);
const order = ({ startTime: [seconds, nanos] }: { startTime: [number, number] }) =>
  seconds * 1e9 + nanos;
const scopesOf = (sdk: RegisteredSdk) =>
  spansOf(sdk, CLIENT).map(({ instrumentationScope }) => instrumentationScope.name);

/** Who has told of the duration of how many requests. */
async function durations(sdk: RegisteredSdk): Promise<Record<string, number>> {
  const { scopeMetrics } = await sdk.collect();
  const told = scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics
      .filter(({ descriptor }) => descriptor.name === 'http.client.request.duration')
      .map(({ dataPoints }): [string, number] => [
        scope.name,
        dataPoints.reduce((sum, { value }) => sum + (value as { count: number }).count, 0),
      ]),
  );
  return Object.fromEntries(told.filter(([, count]) => count > 0));
}

const redirect: Reply = (response) => {
  response.writeHead(302, { location: '/there', 'content-length': 0 }).end();
};
const traceparent = /^00-\w{32}-\w{16}-0[01]$/;

describe('the trace reaches the server, in 1 header', () => {
  const { signal } = new AbortController();
  const ways: Record<string, [ClientOptions, (url: string) => Parameters<typeof fetch>]> = {
    'a URL': [{}, (url) => [url]],
    'own headers': [{}, (url) => [url, { headers: { Traceparent: 'mine' } }]],
    'a Request': [{}, (url) => [new Request(url, { headers: { traceparent: 'mine' } })]],
    'a signal': [{}, (url) => [url, { signal }]],
    'no timeout': [{ timeout: false, hedge: false }, (url) => [url, { headers: [['a', 'b']] }]],
    'a pool': [{ pool: true }, (url) => [url]],
    'a body timeout': [{ timeout: { body: 1_000 } }, (url) => [url]],
    'a stream': [{}, (url) => [url, streamed('POST', new Blob(['once']).stream())]],
    'a redirect': [{}, (url) => [`${url}/from`]],
  };
  it('beside 2 that say what is left and which try it is, by any way', async () => {
    registerSdk();
    await using server = await faultServer([503, 200]);
    await using client = createClient({ ...quick, propagation: true, timeout: 5_000 });
    await call(client, server.origin);
    await call(client, server.origin, { signal });
    const told = server.requests.map(({ headers }) => [
      headers.traceparent?.length,
      headers['x-request-attempt'],
      Number(headers['x-request-timeout-ms']) <= 5_000,
    ]);
    expect(told).toEqual([
      [55, '1', true],
      [55, '2', true],
      [55, '1', true],
    ]);
  });

  for (const [name, [options, given]] of Object.entries(ways)) {
    for (const others of [false, true]) {
      it(`of each of 3 requests: ${name}, ${others ? 'with' : 'without'} undici’s instrumentation`, async () => {
        const sdk = others ? instrument() : registerSdk();
        const lines: Line[] = name === 'a redirect' ? [redirect, 200, 200] : [503, 429, 200];
        await using server = await faultServer(lines);
        await using client = createClient({ ...quick, ...options });
        await call(client, ...given(server.origin));
        // a stream may be sent once, and a request that was redirected was answered
        if (server.requests.length < 3) await call(client, server.origin);
        const headers = server.requests.map(({ headers }) => headers.traceparent);
        const single =
          others && /own headers|Request/.test(name) ? /00-\w{32}-\w{16}-01$/ : traceparent;
        for (const header of headers) expect(header).toMatch(single);
        const told = headers.map((header) => header?.slice(-'-01'.length - 16, -'-01'.length));
        const known = () => spansOf(sdk, CLIENT).map(idOf);
        await expect.poll(known, patient).toEqual(expect.arrayContaining(told));
        if (name === 'a stream') expect(String(server.requests[0]?.body)).toBe('once');
      });
    }
  }
});

describe('with undici’s instrumentation', () => {
  it('there is 1 CLIENT span a request, its own, with the resend count, and 1 metric', async () => {
    const sdk = instrument();
    await using server = await faultServer([503, reset, 200]);
    await using client = createClient(quick);
    expect(await call(client, server.origin)).toBe(200);
    await until(() => spansOf(sdk, CLIENT).length === 3);
    expect(scopesOf(sdk)).toEqual(Array(3).fill(undici));
    expect(resends(sdk)).toEqual([undefined, 1, 2]);
    const [ended] = spansOf(sdk, INTERNAL);
    for (const span of spansOf(sdk, CLIENT)) {
      expect(span.parentSpanContext?.spanId).toBe(idOf(ended));
    }
    await expect.poll(() => durations(sdk), patient).toEqual({ [undici]: 3 });
    expect(spansOf(sdk, INTERNAL)).toHaveLength(1);
  });

  it('each hop of a redirect is a request: 4 spans of 2 attempts, numbered through', async () => {
    const sdk = instrument();
    await using server = await faultServer([redirect, 503, redirect, 200]);
    await using client = createClient(quick);
    expect(await call(client, server.origin)).toBe(200);
    await until(() => spansOf(sdk, CLIENT).length === 4);
    expect(resends(sdk)).toEqual([undefined, 1, 2, 3]);
    await expect.poll(() => durations(sdk), patient).toEqual({ [undici]: 4 });
  });

  it('2 copies side by side are 2 spans, the second a resend', async () => {
    const sdk = instrument();
    await using server = await faultServer([200, silence, 200]);
    await using client = createClient({ ...quick, hedge: { delay: 300, maxExtraLoad: 1 } });
    await call(client, server.origin);
    await call(client, server.origin);
    await until(() => spansOf(sdk, CLIENT).length === 3);
    expect(resends(sdk)).toEqual([undefined, undefined, 1]);
    expect(scopesOf(sdk)).toEqual(Array(3).fill(undici));
  });

  it('20 calls at once are 40 requests, and each knows its own place', async () => {
    const sdk = instrument();
    const asked = new Set<string>();
    const afresh: Reply = (response, socket, request) => {
      answer(asked.has(request.path) ? 200 : 503)(response, socket, request);
      asked.add(request.path);
    };
    await using server = await faultServer([afresh]);
    await using client = createClient({ ...quick, circuitBreaker: false, retryBudget: false });
    await Promise.all(
      Array.from({ length: 20 }, (_, id) => call(client, `${server.origin}/${id}`)),
    );
    await until(() => spansOf(sdk, CLIENT).length === 40);
    const parents = Map.groupBy(spansOf(sdk, CLIENT), (span) => span.parentSpanContext?.spanId);
    expect(parents.size).toBe(20);
    for (const spans of parents.values()) {
      const counts = spans.map(({ attributes }) => attributes['http.request.resend_count']);
      expect(counts.toSorted()).toEqual([1, undefined]);
    }
    await expect.poll(() => durations(sdk), patient).toEqual({ [undici]: 40 });
  });

  it('a hook that puts the span into the scope again counts it 1 time', async () => {
    const sdk = instrument({
      requestHook: (span) => {
        trace.setSpan(context.active(), span);
      },
    });
    await using server = await faultServer([200]);
    await using client = createClient(quick);
    await call(client, server.origin);
    await until(() => spansOf(sdk, CLIENT).length === 1);
    expect(resends(sdk)).toEqual([undefined]);
  });

  it('a fetch of the user’s with a span of its own in between changes nothing: 2 spans, 1 a resend', async () => {
    const sdk = instrument();
    await using server = await faultServer([503, 200]);
    const layer: typeof fetch = (...given) =>
      trace.getTracer('app').startActiveSpan('layer', async (span) => {
        const response = await fetch(...given);
        span.end();
        return response;
      });
    await using client = createClient({ ...quick, fetch: layer });
    await call(client, server.origin);
    await until(() => spansOf(sdk, CLIENT).length === 2);
    expect(resends(sdk)).toEqual([undefined, 1]);
    expect(scopesOf(sdk)).toEqual([undici, undici]);
    const layers = spansOf(sdk, 'layer').map(idOf);
    expect(spansOf(sdk, CLIENT).map((span) => span.parentSpanContext?.spanId)).toEqual(layers);
  });

  it('a request that it ignores is ours: 1 span, made when it is over', async () => {
    const sdk = instrument({ ignoreRequestHook: ({ path }) => path === '/ignored' });
    await using server = await faultServer([200]);
    await using client = createClient(quick);
    await call(client, server.origin);
    await call(client, `${server.origin}/ignored`);
    await until(() => spansOf(sdk, CLIENT).length === 2);
    expect(scopesOf(sdk).toSorted()).toEqual([undici, ours].toSorted());
    await expect.poll(() => durations(sdk), patient).toEqual({ [undici]: 1, [ours]: 1 });
  });

  it('an answer from the cache is no request of its, but an attempt of ours: 1 span each', async () => {
    const sdk = instrument();
    await using server = await faultServer([
      answer(200, 'kept', { 'cache-control': 'max-age=60', date: new Date().toUTCString() }),
    ]);
    await using client = createClient({ ...quick, pool: { cache: true } });
    for (let calls = 0; calls < 3; calls++) await call(client, server.origin);
    await until(() => spansOf(sdk, CLIENT).length === 3);
    expect(server.requests).toHaveLength(1);
    expect(scopesOf(sdk).toSorted()).toEqual([undici, ours, ours].toSorted());
  });

  it('and no traces, there is 1 metric a request, whether scopes are kept or not', async () => {
    for (const scopes of [true, false]) {
      const sdk = instrument({}, { traces: false, scopes });
      await using server = await faultServer([503, 200, 200]);
      await using client = createClient(quick);
      await call(client, server.origin);
      await call(client, server.origin);
      await until(() => server.requests.length === 3);
      await expect.poll(() => durations(sdk), patient).toEqual({ [undici]: 3 });
      instrumentation?.disable();
      unregisterSdk();
    }
  });

  it('that is switched off in between, the spans are ours from then on: 2 and 2', async () => {
    const sdk = instrument();
    await using server = await faultServer([503, 200]);
    await using client = createClient(quick);
    await call(client, server.origin);
    instrumentation?.disable();
    await call(client, server.origin);
    await call(client, server.origin);
    await until(() => spansOf(sdk, CLIENT).length === 4);
    expect(scopesOf(sdk).toSorted()).toEqual([undici, undici, ours, ours].toSorted());
  });
});

describe('a mere listener to undici’s requests, who makes no spans', () => {
  const listener = () => {};
  afterEach(() => void unsubscribe('undici:request:create', listener));

  it('leaves them to us: 3 spans, and the server is told from the second call on', async () => {
    subscribe('undici:request:create', listener);
    const sdk = registerSdk();
    await using server = await faultServer([200]);
    await using client = createClient(quick);
    for (let calls = 0; calls < 3; calls++) await call(client, server.origin);
    expect(scopesOf(sdk)).toEqual([ours, ours, ours]);
    const told = server.requests.map(({ headers }) => headers.traceparent?.slice(36, 52));
    const [, second, third] = spansOf(sdk, CLIENT).map(idOf);
    expect(told).toEqual([undefined, second, third]);
    const [first] = spansOf(sdk, CLIENT);
    expect(order(first ?? { startTime: [0, 0] })).toBeLessThan(
      order({ startTime: first?.endTime ?? [0, 0] }),
    );
  });

  it('and another origin, which an instrumentation does tell of, has 1 span a request', async () => {
    subscribe('undici:request:create', listener);
    const sdk = instrument({ ignoreRequestHook: ({ origin }) => origin === quiet.origin });
    await using quiet = await faultServer([200]);
    await using loud = await faultServer([200]);
    await using client = createClient(quick);
    for (const { origin } of [quiet, loud, quiet, loud, quiet]) await call(client, origin);
    await until(() => spansOf(sdk, CLIENT).length === 5);
    expect(scopesOf(sdk).toSorted()).toEqual([undici, undici, ours, ours, ours].toSorted());
    expect(quiet.requests.map(({ headers }) => headers.traceparent?.length)).toEqual([
      undefined,
      55,
      55,
    ]);
  });
});

describe('a client that is the fetch of another', () => {
  it('tells of its requests itself: 2 CLIENT spans of 2 requests', async () => {
    for (const others of [false, true]) {
      const sdk = others ? instrument() : registerSdk();
      await using server = await faultServer([503, 200]);
      await using inner = createClient({ ...quick, name: 'inner' });
      await using client = createClient({ ...quick, name: 'outer', fetch: inner });
      await call(client, server.origin);
      await until(() => spansOf(sdk, CLIENT).length >= 2);
      expect(scopesOf(sdk)).toEqual(Array(2).fill(others ? undici : ours));
      expect(resends(sdk)).toEqual([undefined, 1]);
      expect(spansOf(sdk, INTERNAL)).toHaveLength(2);
      await expect.poll(async () => Object.values(await durations(sdk)), patient).toEqual([2]);
      instrumentation?.disable();
      unregisterSdk();
    }
  });
});

describe('an OTLP receiver', () => {
  /** What an exporter sends, as far as it is looked at. */
  interface Sent {
    readonly resourceSpans?: { readonly scopeSpans: Scoped<'spans', Told>[] }[];
    readonly resourceMetrics?: { readonly scopeMetrics: Scoped<'metrics', { name: string }>[] }[];
  }
  type Scoped<Key extends string, Item> = { readonly scope: { readonly name: string } } & {
    readonly [key in Key]: readonly Item[];
  };
  interface Told {
    readonly name: string;
    readonly kind: number;
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly attributes: readonly {
      readonly key: string;
      readonly value: Record<string, unknown>;
    }[];
  }

  it('is told of a call with 2 retries: 4 spans as a tree, and 5 metrics', async () => {
    await using receiver = await faultServer([200]);
    const spanExporter = new OTLPTraceExporter({ url: `${receiver.origin}/v1/traces` });
    const metricExporter = new OTLPMetricExporter({ url: `${receiver.origin}/v1/metrics` });
    const spans = new BatchSpanProcessor({ exporter: spanExporter });
    const reader = new PeriodicExportingMetricReader({ exporter: metricExporter });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spans] }));
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    await using server = await faultServer([503, 429, 200]);
    await using client = createClient({ ...quick, name: 'otlp' });
    await call(client, `${server.origin}/users?token=secret`);
    await Promise.all([spans.forceFlush(), reader.forceFlush()]);
    await Promise.all([spans.shutdown(), reader.shutdown()]);

    const sent = receiver.requests.map(({ body }) => JSON.parse(String(body)) as Sent);
    const scoped = sent
      .flatMap(({ resourceSpans = [] }) => resourceSpans)
      .flatMap((all) => all.scopeSpans);
    expect(new Set(scoped.map(({ scope }) => scope.name))).toEqual(new Set([ours]));
    const told = scoped.flatMap(({ spans }) => spans);
    const root = told.find(({ parentSpanId }) => !parentSpanId);
    expect(root).toMatchObject({ name: 'resilient_fetch GET', kind: 1 });
    const attempts = told.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    expect(attempts.map(({ name, kind }) => [name, kind])).toEqual(Array(3).fill(['GET', 3]));
    const counts = attempts.map(({ attributes }) =>
      attributes.find(({ key }) => key === ATTR_HTTP_REQUEST_RESEND_COUNT),
    );
    expect(counts.map((count) => count?.value.intValue)).toEqual([undefined, 1, 2]);
    const names = sent
      .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics.map(({ name }) => name));
    for (const name of [
      ...['http.client.request.duration', 'resilient_fetch.call.duration'],
      ...[
        'resilient_fetch.retries',
        'resilient_fetch.retry.delay',
        'resilient_fetch.circuit.state',
      ],
    ]) {
      expect(names).toContain(name);
    }
    expect(JSON.stringify(sent)).not.toContain('secret');
  });
});

describe('3,000 calls with an SDK registered', () => {
  it.each([
    ['leave less than 2 MB behind', false],
    ['leave less than 2 MB behind where undici’s requests are listened to', true],
  ])(
    '%s',
    async (_, listened) => {
      const listener = () => {};
      if (listened) subscribe('undici:request:create', listener);
      const sdk = registerSdk();
      let sent = 0;
      const fetch = async () => {
        const hostile = ++sent % 7 === 0;
        const status = sent % 31 === 0 ? 503 : hostile ? 400 + (sent % 150) : 200;
        if (sent % 33 === 0) throw Object.assign(new Error('x'), { code: `E_${sent}` });
        return new Response('hello', { status, headers: { 'content-length': '5' } });
      };
      const client = createClient({
        ...quick,
        fetch,
        hedge: 40,
        retryBudget: false,
        throttle: false,
      });
      const { signal } = new AbortController();
      const heapAfter = async (calls: number) => {
        for (let done = 0; done < calls; done += 200) {
          await Promise.allSettled(
            Array.from({ length: 200 }, async (_, index) => {
              const method = index % 10 === 0 ? `PURGE${done + index}` : 'GET';
              const url = `https://api.test/${done}?id=${index}`;
              await (await client(url, { signal, method, headers: { a: 'b' } })).text();
            }),
          );
          sdk.forget();
        }
        return heapInUse();
      };
      const before = await heapAfter(1_000);
      const after = await heapAfter(3_000);
      unsubscribe('undici:request:create', listener);
      expect((after - before) / 1e6).toBeLessThan(2);
      const points = await sdk.points('http.client.request.duration');
      const label = (name: string) => new Set(points.map(({ attributes }) => attributes[name]));
      expect(label('http.request.method')).toEqual(new Set(['GET', '_OTHER']));
      expect(label('error.type').size).toBeLessThan(300);
    },
    60_000,
  );

  it('hold no body with a connection that is kept: 0 of 3 are left', async () => {
    const listener = () => {};
    subscribe('undici:request:create', listener);
    registerSdk();
    await using server = await faultServer([200]);
    const client = createClient(quick);
    const bodies = await (async () => {
      const sent = Array.from({ length: 3 }, () => new Blob(['x'.repeat(1_000)]));
      for (const body of sent) await call(client, server.origin, { method: 'PUT', body });
      return sent.map((body) => new WeakRef(body));
    })();
    await until(() => {
      collect();
      return bodies.every((body) => body.deref() === undefined);
    });
    unsubscribe('undici:request:create', listener);
    expect(server.open.size).toBeGreaterThan(0);
  });
});

describe('an error that undici’s instrumentation tells of', () => {
  it('is also told by the call: 1 attempt, 1 call', async () => {
    const sdk = instrument();
    await using server = await faultServer([reset]);
    await using client = createClient({ ...quick, retry: false });
    await rejection(client(server.origin));
    await until(() => sdk.spans.length === 2);
    const types = sdk.spans.map(({ attributes }) => attributes['error.type']);
    expect(types).toHaveLength(2);
    for (const type of types) expect(type).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  });
});
