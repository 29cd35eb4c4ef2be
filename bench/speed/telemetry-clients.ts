import { context, metrics, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { type ClientOptions, createClient } from 'resilient-fetch';

type Send = (url: string) => Promise<Response>;

/** What is exported is thrown away, so that no exporter's own work is counted. */
const discard = {
  export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

function registerMetrics(): void {
  const readers = [new PeriodicExportingMetricReader({ exporter: discard })];
  metrics.setGlobalMeterProvider(new MeterProvider({ readers }));
}

/** @param ratio of calls that are sampled. */
function register(ratio = 1): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const spanProcessors = [new BatchSpanProcessor({ exporter: discard })];
  const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors, sampler }));
  registerMetrics();
}

function client(options: ClientOptions): Send {
  const send = createClient(options);
  return (url) => send(url);
}

/** Two spans with their attributes, two samples and a header, and none of what a client has to look out for. */
function byHand(): Send {
  const send = createClient({ telemetry: false });
  const tracer = trace.getTracer('by hand');
  const meter = metrics.getMeter('by hand');
  const [ofCalls, ofAttempts] = ['call', 'attempt'].map((name) => meter.createHistogram(name));
  return async (url) => {
    const { hostname, port } = new URL(url);
    const server = { 'server.address': hostname, 'server.port': Number(port) };
    const call = { ...server, 'http.request.method': 'GET' };
    const outer = tracer.startSpan('call', { attributes: { ...call, client: 'by hand' } });
    const scope = trace.setSpan(context.active(), outer);
    const options = { kind: SpanKind.CLIENT, attributes: { ...call, 'url.full': url } };
    const inner = tracer.startSpan('GET', options, scope);
    const headers: Record<string, string> = {};
    propagation.inject(trace.setSpan(scope, inner), headers);
    const start = performance.now();
    const response = await context.with(scope, () => send(url, { headers }));
    const seconds = (performance.now() - start) / 1_000;
    for (const span of [inner, outer]) {
      span.setAttribute('http.response.status_code', response.status);
      span.end();
    }
    ofAttempts?.record(seconds, { ...call, 'http.response.status_code': response.status });
    ofCalls?.record(seconds, { ...call, client: 'by hand' });
    return response;
  };
}

/** Clients by how they are observed; each makes what it needs in the process that it is measured in. */
export const observed: Readonly<Record<string, () => Send>> = {
  'no SDK, telemetry off': () => client({ telemetry: false }),
  'no SDK, telemetry on': () => client({}),
  'SDK, telemetry off': () => {
    register();
    return client({ telemetry: false });
  },
  'SDK for metrics alone': () => {
    registerMetrics();
    return client({});
  },
  'SDK, 10 % sampled': () => {
    register(0.1);
    return client({});
  },
  'SDK, all sampled': () => {
    register();
    return client({});
  },
  'SDK, all sampled, by hand': () => {
    register();
    return byHand();
  },
};
