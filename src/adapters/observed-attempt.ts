import { type Span, SpanKind, trace } from '@opentelemetry/api';
import type { Context } from '../core/context.ts';
import { warn } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Send } from '../core/pipeline.ts';
import { errorTypeOf } from './error-type.ts';
import { attemptFacts, requestFacts, spanNameOf } from './http-attributes.ts';
import { finish, marksOf, type Scope, type Sdk, within } from './opentelemetry.ts';
import { lookOut, type OtherSpans } from './other-spans.ts';

/**
 * One attempt, as a CLIENT span and a sample of how long requests take, unless somebody else tells of it. Where nobody
 * knows yet whether somebody will, ours is made after the fact, and the server is not told of it.
 */
export class ObservedAttempt {
  readonly #sdk: Sdk;
  /** That of the call. */
  readonly #outer: Scope;
  readonly #request: Outgoing;
  readonly #context: Context;
  readonly #resends: number;
  readonly #start = performance.now();
  #scope: Scope;
  #marked: Outgoing;
  #span: Span | undefined;
  #others: OtherSpans | undefined;

  /** @param resends how many requests of the call left before it. */
  constructor(sdk: Sdk, outer: Scope, request: Outgoing, context: Context, resends: number) {
    this.#sdk = sdk;
    this.#outer = this.#scope = outer;
    this.#request = this.#marked = request;
    this.#context = context;
    this.#resends = resends;
    try {
      this.#open();
    } catch (error) {
      warn('telemetry', error);
    }
  }

  #open(): void {
    const others = lookOut(this.#context.state, this.#resends);
    this.#others = others;
    if (!others || others.absent) this.#span = this.#begin();
    if (this.#span) {
      this.#scope = trace.setSpan(this.#outer, this.#span);
      const own = marksOf(this.#scope);
      const marks = own && { ...this.#request.marks, ...own };
      if (marks) this.#marked = { ...this.#request, marks };
    }
    if (others) this.#scope = others.watch(this.#scope);
  }

  send(send: Send): Promise<Response> {
    if (this.#scope === this.#outer) return send(this.#marked, this.#context);
    return within(this.#scope, () => send(this.#marked, this.#context));
  }

  end(outcome: Outcome): void {
    const { state, stop } = this.#context;
    const others = this.#others;
    try {
      others?.learn(outcome);
      const type = errorTypeOf(outcome, stop);
      const end = performance.now();
      if (!others?.made) {
        this.#span ??= this.#begin(this.#start);
        const seconds = (end - this.#start) / 1_000;
        const facts = attemptFacts(this.#request, state, outcome, type);
        this.#sdk.metrics.add('http.client.request.duration', seconds, facts);
      }
      if (this.#span) finish(this.#span, outcome, type, others && end);
    } catch (error) {
      warn('telemetry', error);
    }
  }

  /** How many of its requests were a redirect's, as far as anybody told. */
  get redirects(): number {
    return this.#others?.redirects ?? 0;
  }

  #begin(startTime?: number): Span | undefined {
    const { tracer } = this.#sdk;
    if (!tracer) return undefined;
    const attributes = requestFacts(this.#request, this.#context.state, this.#resends);
    const options = { kind: SpanKind.CLIENT, attributes, startTime };
    return tracer.startSpan(spanNameOf(this.#request), options, this.#outer);
  }
}
