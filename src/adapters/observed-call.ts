import { type Span, SpanKind, context as scopes } from '@opentelemetry/api';
import type { CallObserver, Context } from '../core/context.ts';
import { warn } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import { type Send, settled } from '../core/pipeline.ts';
import { errorTypeOf } from './error-type.ts';
import { callFacts, type Facts, spanNameOf } from './http-attributes.ts';
import { ObservedAttempt } from './observed-attempt.ts';
import { finish, type Scope, type Sdk, scopeOfCall, within } from './opentelemetry.ts';

/** One call, as an INTERNAL span with a CLIENT span for each attempt, and as a sample of how long calls take. */
export class ObservedCall implements CallObserver {
  readonly #sdk: Sdk;
  readonly #span: Span | undefined;
  readonly #scope: Scope;
  readonly #facts: Facts;
  /** Requests that left beside one for each attempt, as far as anybody told. */
  #redirects = 0;

  constructor(request: Outgoing, { state }: Context, client: string, sdk: Sdk) {
    const outer = scopes.active();
    const attributes = callFacts(request, state, client);
    const name = `resilient_fetch ${spanNameOf(request)}`;
    const options = { kind: SpanKind.INTERNAL, attributes };
    this.#sdk = sdk;
    this.#facts = attributes;
    this.#span = sdk.tracer?.startSpan(name, options, outer);
    this.#scope = this.#span ? scopeOfCall(this.#span, outer) : outer;
  }

  call(send: () => Promise<Response>): Promise<Response> {
    return this.#span ? within(this.#scope, send) : send();
  }

  async attempt(send: Send, request: Outgoing, context: Context): Promise<Response> {
    if (context.stop.aborted) return send(request, context);
    const resends = context.log.attempts.length + this.#redirects;
    const attempt = new ObservedAttempt(this.#sdk, this.#scope, request, context, resends);
    let outcome: Outcome;
    try {
      outcome = { response: await attempt.send(send) };
    } catch (error) {
      outcome = { error };
    }
    attempt.end(outcome);
    this.#redirects += attempt.redirects;
    return settled(outcome);
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
