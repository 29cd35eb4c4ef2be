import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** What is asked for metrics, and what sends off the last spans. */
export interface Telemetry {
  readonly scrape: PrometheusExporter['getMetricsRequestHandler'];
  close(): Promise<void>;
}

/**
 * Registers the SDK. The library finds it by itself, so this is all there is to it. Every request has a trace id, for the
 * log and for those who are asked; spans are sent only where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to.
 */
export function startTelemetry(): Telemetry {
  const resource = resourceFromAttributes({
    'service.name': process.env.OTEL_SERVICE_NAME ?? 'gateway',
  });
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const meters = new MeterProvider({ resource, readers: [prometheus] });
  const exported = process.env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  const tracers = new TracerProvider({
    resource,
    spanProcessors: exported ? [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] : [],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  metrics.setGlobalMeterProvider(meters);
  trace.setGlobalTracerProvider(tracers);
  return {
    scrape: prometheus.getMetricsRequestHandler.bind(prometheus),
    async close() {
      await Promise.allSettled([meters.shutdown(), tracers.shutdown()]);
    },
  };
}
