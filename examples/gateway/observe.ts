import {
  context,
  type Histogram,
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** Of the conventions for HTTP metrics, in seconds. */
const explicitBucketBoundaries = [
  ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
];

interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly headers: object;
}

interface Observed {
  /** Tells how it ended. Returns how long it took, in milliseconds. */
  end(status: number, error: unknown): number;
}

let durations: Histogram | undefined;

/** One span and one measurement a request, as the conventions for HTTP servers say. A trace of the caller's goes on. */
export async function observe(
  { method, path, route, headers }: Incoming,
  work: (observed: Observed) => Promise<void>,
): Promise<void> {
  durations ??= metrics.getMeter('gateway').createHistogram('http.server.request.duration', {
    description: 'Duration of HTTP server requests.',
    unit: 's',
    advice: { explicitBucketBoundaries },
  });
  const start = performance.now();
  const known = { 'http.request.method': method, 'http.route': route, 'url.scheme': 'http' };
  const caller = propagation.extract(context.active(), headers);
  const span = trace
    .getTracer('gateway')
    .startSpan(
      `${method} ${route}`,
      { kind: SpanKind.SERVER, attributes: { ...known, 'url.path': path } },
      caller,
    );
  const end: Observed['end'] = (status, error) => {
    const failed = status >= 500 ? { 'error.type': String(status) } : {};
    const ended = { 'http.response.status_code': status, ...failed };
    const duration = performance.now() - start;
    span.setAttributes(ended);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    if (status >= 500 && error instanceof Error) span.recordException(error);
    span.end();
    durations?.record(duration / 1_000, { ...known, ...ended });
    return Math.round(duration);
  };
  await context.with(trace.setSpan(caller, span), () => work({ end }));
}
