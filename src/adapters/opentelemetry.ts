import {
  type Context,
  createContextKey,
  metrics,
  propagation,
  type Span,
  SpanStatusCode,
  context as scopes,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { warn } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Marks } from '../core/outgoing.ts';
import { Metrics } from './metrics.ts';
import { registered } from './sdk.ts';
import { version } from './version.ts';

/** What is registered now, with what was made of it. */
export interface Sdk {
  readonly tracers: unknown;
  readonly meters: unknown;
  /** Not where only metrics are wanted. */
  readonly tracer: Tracer | undefined;
  readonly metrics: Metrics;
}

let current: Sdk | undefined;

/** Looked up at each use: metrics made before an SDK is registered would stay deaf for ever. */
export function sdk(): Sdk {
  const { trace: tracers, metrics: meters } = registered();
  if (current && current.tracers === tracers && current.meters === meters) return current;
  current = {
    tracers,
    meters,
    tracer: tracers === undefined ? undefined : trace.getTracer('resilient-fetch', version),
    metrics: new Metrics(metrics.getMeter('resilient-fetch', version)),
  };
  return current;
}

/** What OpenTelemetry calls a context: what is known, of whatever is under way, to all that it leads to. */
export type Scope = Context;

const callKey = createContextKey('resilient-fetch call');

/** The scope of a call, which its span is known in to all that it leads to, whatever spans are begun on the way. */
export function scopeOfCall(span: Span, outer: Scope): Scope {
  return trace.setSpan(outer, span).setValue(callKey, span);
}

/** The span of the call that is under way here. */
export function spanOfCall(): Span | undefined {
  return scopes.active().getValue(callKey) as Span | undefined;
}

/** Runs in a scope, and without one where whoever keeps scopes fails: in any case once. */
export function within<T extends object>(scope: Scope, run: () => T): T {
  let result: T | undefined;
  try {
    scopes.with(scope, () => {
      result ??= run();
    });
  } catch (error) {
    warn('telemetry', error);
  }
  result ??= run();
  return result;
}

/** Headers that tell the server what a request belongs to, if there is anything to tell. */
export function marksOf(scope: Scope): Marks | undefined {
  const marks: Record<string, string> = {};
  try {
    propagation.inject(scope, marks, setter);
  } catch (error) {
    warn('telemetry', error);
  }
  for (const _ in marks) return marks;
  return undefined;
}

const setter = {
  set(marks: Record<string, string>, name: string, value: string): void {
    marks[name.toLowerCase()] = value;
  },
};

/**
 * Writes how it went, and ends the span. What the caller ended is neither good nor bad.
 *
 * @param end in milliseconds of `performance.now()`, where the beginning was given as well.
 */
export function finish(
  span: Span,
  { response }: Outcome,
  type: string | undefined,
  end?: number,
): void {
  if (response) span.setAttribute('http.response.status_code', response.status);
  if (type !== undefined) {
    span.setAttribute('error.type', type);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end(end);
}
