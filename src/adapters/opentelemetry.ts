import { channel } from 'node:diagnostics_channel';
import {
  metrics,
  propagation,
  type Context as Scope,
  type Span,
  SpanKind,
  SpanStatusCode,
  context as scopes,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { CallObserver, Context } from '../core/context.ts';
import type { EventName, Events } from '../core/events.ts';
import { guarded, warn } from '../core/guard.ts';

import type { Outcome } from '../core/outcome.ts';
import { type Outgoing, withOwnHeaders } from '../core/outgoing.ts';
import type { OriginState } from '../core/per-origin.ts';
import { type Send, settled } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import {
  attemptFacts,
  callFacts,
  errorTypeOf,
  type Facts,
  requestFacts,
  spanNameOf,
} from './http-attributes.ts';
import { detailsOf, originFacts, readings } from './measurements.ts';
import { addFamily, type Family, Metrics } from './metrics.ts';
import { isTracing, type Opened } from './sdk.ts';
import { version } from './version.ts';

/** What is registered now, with what was made of it. */
interface Sdk {
  readonly tracers: unknown;
  readonly meters: unknown;
  /** Not where only metrics are wanted. */
  readonly tracer: Tracer | undefined;
  readonly metrics: Metrics;
}

let current: Sdk | undefined;

/** Looked up at each use: metrics made before an SDK is registered would stay deaf for ever. */
function sdk(): Sdk {
  const tracers = trace.getTracerProvider();
  const meters = metrics.getMeterProvider();
  if (current?.tracers === tracers && current.meters === meters) return current;
  const tracer = tracers.getTracer('resilient-fetch', version);
  current = {
    tracers,
    meters,
    tracer: isTracing() ? tracer : undefined,
    metrics: new Metrics(meters.getMeter('resilient-fetch', version)),
  };
  return current;
}

/** Observes the calls of one client, from now on. */
export function observeBy({ name, events }: Runtime, family: Family | undefined): Opened {
  const names = new Set(Object.keys(readings)) as Set<EventName>;
  events.watch({ names, hear: (event, about) => guarded('telemetry', () => hear(event, about)) });

  return {
    begin(request, context) {
      try {
        return new ObservedCall(request, context, name, sdk());
      } catch (error) {
        warn('telemetry', error);
        return undefined;
      }
    },
    end: family ? addFamily(family) : () => {},
  };
}

/** Counts a decision, and tells the span of the call of it. */
function hear<Name extends EventName>(name: Name, event: Events[Name]): void {
  const about = originFacts(event.client, event.origin);
  for (const [metric, value, facts] of readings[name]?.(event) ?? []) {
    sdk().metrics.add(metric, value, { ...about, ...facts });
  }
  // these two are told when the call is over, and the active span is somebody else's
  if (name === 'call.refused' || 'timeout' in event) return;
  const span = trace.getActiveSpan();
  if (span?.isRecording()) span.addEvent(`resilient_fetch.${name}`, detailsOf(event));
}

/**
 * Whether somebody else makes a span of each request, as `@opentelemetry/instrumentation-undici` does. `undefined` while
 * nobody knows: undici has subscribers, and no answer was seen yet.
 */
let othersTrace: boolean | undefined;
const undiciRequests = channel('undici:request:create');

/**
 * One call, as an INTERNAL span with a CLIENT span for each attempt. Written out where a helper would cost a closure: all
 * of this runs for every call.
 */
class ObservedCall implements CallObserver {
  readonly #sdk: Sdk;
  readonly #span: Span | undefined;
  readonly #scope: Scope;
  readonly #facts: Facts;

  constructor(request: Outgoing, { state }: Context, client: string, sdk: Sdk) {
    const outer = scopes.active();
    const attributes = callFacts(request, state, client);
    const name = `resilient_fetch ${spanNameOf(request)}`;
    const options = { kind: SpanKind.INTERNAL, attributes };
    this.#sdk = sdk;
    this.#facts = attributes;
    this.#span = sdk.tracer?.startSpan(name, options, outer);
    this.#scope = this.#span ? trace.setSpan(outer, this.#span) : outer;
  }

  call(send: () => Promise<Response>): Promise<Response> {
    return this.#span ? within(this.#scope, send) : send();
  }

  /**
   * Makes a span of the attempt, unless somebody else does: theirs then gets the resend count. Where nobody has by the
   * end, the span is made after the fact.
   */
  async attempt(send: Send, request: Outgoing, context: Context): Promise<Response> {
    const { stop, state, log } = context;
    const resends = log.attempts.length;
    const start = performance.now();
    const watching = undiciRequests.hasSubscribers;
    let span: Span | undefined;
    let others = 0;
    let outcome: Outcome;
    try {
      let sent: Promise<Response>;
      if (watching) {
        span = othersTrace === false ? this.#begin(request, state, resends) : undefined;
        const scope = watched(this.#scopeOf(span), (theirs) => {
          const earlier = resends + others++;
          if (earlier > 0) theirs.setAttribute('http.request.resend_count', earlier);
        });
        sent = within(scope, () => send(span ? marked(request, scope) : request, context));
      } else {
        span = this.#begin(request, state, resends);
        const scope = this.#scopeOf(span);
        const marks = span ? marked(request, scope) : request;
        sent = span ? within(scope, () => send(marks, context)) : send(request, context);
      }
      outcome = { response: await sent };
    } catch (error) {
      outcome = { error };
    }
    if (others > 0) othersTrace = true;
    else if (watching && outcome.response) othersTrace ??= false;

    try {
      const type = errorTypeOf(outcome, stop);
      if (others === 0) {
        span ??= this.#begin(request, state, resends, start);
        const seconds = (performance.now() - start) / 1_000;
        const facts = attemptFacts(request, state, outcome, type);
        this.#sdk.metrics.add('http.client.request.duration', seconds, facts);
      }
      if (span) finish(span, outcome, type);
    } catch (error) {
      warn('telemetry', error);
    }
    return settled(outcome);
  }

  #begin(
    request: Outgoing,
    state: OriginState,
    resends: number,
    startTime?: number,
  ): Span | undefined {
    const { tracer } = this.#sdk;
    if (!tracer) return undefined;
    try {
      const attributes = requestFacts(request, state, resends);
      const options = { kind: SpanKind.CLIENT, attributes, startTime };
      return tracer.startSpan(spanNameOf(request), options, this.#scope);
    } catch (error) {
      warn('telemetry', error);
      return undefined;
    }
  }

  #scopeOf(span: Span | undefined): Scope {
    return span ? trace.setSpan(this.#scope, span) : this.#scope;
  }

  end(outcome: Outcome, { log, stop }: Context): void {
    try {
      const type = errorTypeOf(outcome, stop);
      const facts = type === undefined ? this.#facts : { ...this.#facts, 'error.type': type };
      this.#sdk.metrics.add('resilient_fetch.call.duration', log.duration / 1_000, facts);
      if (!this.#span) return;
      this.#span.setAttribute('resilient_fetch.attempts', log.attempts.length);
      if (log.stopped !== 'final') this.#span.setAttribute('resilient_fetch.stopped', log.stopped);
      if (log.substituted) this.#span.setAttribute('resilient_fetch.fallback', true);
      finish(this.#span, outcome, type);
    } catch (error) {
      warn('telemetry', error);
    }
  }
}

/** Writes how it went, and ends the span. What the caller ended is neither good nor bad. */
function finish(span: Span, { response }: Outcome, type: string | undefined): void {
  if (response) span.setAttribute('http.response.status_code', response.status);
  if (type !== undefined) {
    span.setAttribute('error.type', type);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** The request with the headers that tell the server which trace it belongs to. */
function marked(request: Outgoing, scope: Scope): Outgoing {
  const carrier: Record<string, string> = {};
  try {
    propagation.inject(scope, carrier);
  } catch (error) {
    warn('telemetry', error);
  }
  for (const _ in carrier) return withOwnHeaders(request, carrier);
  return request;
}

/** Runs in a scope, and without one where whoever keeps scopes fails. */
function within<T extends object>(scope: Scope, run: () => T): T {
  let result: T | undefined;
  try {
    scopes.with(scope, () => {
      result = run();
    });
  } catch (error) {
    warn('telemetry', error);
  }
  return result ?? run();
}

/**
 * A scope that tells of a CLIENT span which is put into it: the one way to meet the span of an instrumentation that knows
 * nothing of us. A span of another kind is a layer between us and it.
 */
function watched(scope: Scope, onClientSpan: (span: Span) => void): Scope {
  return {
    getValue: (key) => scope.getValue(key),
    deleteValue: (key) => watched(scope.deleteValue(key), onClientSpan),
    setValue(key, value) {
      const next = scope.setValue(key, value);
      const span = trace.getSpan(next) as (Span & { readonly kind?: SpanKind }) | undefined;
      if (!span || span === trace.getSpan(scope)) return watched(next, onClientSpan);
      // one that is not recorded does not tell its kind
      if ((span.kind ?? SpanKind.CLIENT) !== SpanKind.CLIENT) return watched(next, onClientSpan);
      guarded('telemetry', () => onClientSpan(span));
      return next;
    },
  };
}
