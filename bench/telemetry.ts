import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type ClientOptions, createClient } from 'resilient-fetch';
import { compareCpu, type Variant } from './cpu.ts';

// What OpenTelemetry costs a call: nothing where no SDK is registered, and two spans, two metrics and a header where one
// is, every call sampled. What is exported is thrown away, so that no exporter's own work is counted.

const discard = {
  export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

function register(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const spanProcessors = [new BatchSpanProcessor({ exporter: discard })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
  const readers = [new PeriodicExportingMetricReader({ exporter: discard })];
  metrics.setGlobalMeterProvider(new MeterProvider({ readers }));
}

function client(options: ClientOptions): Variant {
  const send = createClient(options);
  return (url) => send(url);
}

await compareCpu(import.meta.filename, {
  'no SDK, telemetry off': () => client({ telemetry: false }),
  'no SDK, telemetry on': () => client({}),
  'SDK registered, telemetry off': () => {
    register();
    return client({ telemetry: false });
  },
  'SDK registered, telemetry on': () => {
    register();
    return client({});
  },
});
