import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  MeterProvider,
  MetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** Which parts of an SDK are registered; all, if left out. */
export interface Parts {
  readonly traces?: boolean;
  readonly metrics?: boolean;
  readonly scopes?: boolean;
  readonly sampler?: Sampler;
  /** Only what was told since the last look; else the SDK goes on telling a gauge that nobody gives. */
  readonly delta?: boolean;
}

/** A point of a metric: its attributes, and its value or, of a histogram, how many values it has. */
export interface Point {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
}

export interface RegisteredSdk {
  /** The spans that ended, first ended first. */
  readonly spans: readonly ReadableSpan[];
  /** All points of a metric now, of one client if its name is given. */
  points(metric: string, client?: string): Promise<Point[]>;
  collect(): Promise<ResourceMetrics>;
  /** How many spans have begun, of those that are recorded. */
  readonly begun: number;
  /** Lets go of the spans. */
  forget(): void;
}

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Registers the real SDK, which keeps what it is told in memory. */
export function registerSdk(parts: Parts = {}): RegisteredSdk {
  let begun = 0;
  const exporter = new InMemorySpanExporter();
  const { DELTA, CUMULATIVE } = AggregationTemporality;
  const temporality = parts.delta ? DELTA : CUMULATIVE;
  const reader = new Reader({ aggregationTemporalitySelector: () => temporality });
  if (parts.scopes !== false) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  }
  if (parts.traces !== false) {
    const counting: SpanProcessor = {
      onStart: () => void begun++,
      onEnd: () => {},
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    const spanProcessors = [counting, new SimpleSpanProcessor({ exporter })];
    const { sampler } = parts;
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors, ...(sampler && { sampler }) }),
    );
  }
  if (parts.metrics !== false) {
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  }
  const collect = async () => (await reader.collect()).resourceMetrics;
  return {
    get spans() {
      return exporter.getFinishedSpans();
    },
    collect,
    get begun() {
      return begun;
    },
    forget: () => exporter.reset(),
    async points(metric, client) {
      const { scopeMetrics } = await collect();
      const all = scopeMetrics.flatMap((scope) => scope.metrics);
      const points = all
        .filter(({ descriptor }) => descriptor.name === metric)
        .flatMap(({ dataPoints }) => dataPoints as { attributes: object; value: unknown }[])
        .map(({ attributes, value }): Point => {
          const count = typeof value === 'number' ? value : (value as { count: number }).count;
          return { attributes: { ...attributes }, value: count };
        });
      const of = ({ attributes }: Point) => attributes['resilient_fetch.client'] === client;
      return client === undefined ? points : points.filter(of);
    },
  };
}

/** Takes back whatever is registered. */
export function unregisterSdk(): void {
  for (const api of [trace, metrics, context, propagation]) api.disable();
}

/** The spans of a name, or of a kind. */
export function spansOf({ spans }: RegisteredSdk, which: string | number): ReadableSpan[] {
  return spans.filter(({ name, kind }) => name === which || kind === which);
}

/** By which a span is known to those under it. */
export function idOf(span: ReadableSpan | undefined): string | undefined {
  return span?.spanContext().spanId;
}
