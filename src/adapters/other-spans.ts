import { channel } from 'node:diagnostics_channel';
import { type Span, SpanKind, trace } from '@opentelemetry/api';
import { guarded } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import type { OriginState } from '../core/per-origin.ts';
import { remembered } from '../core/remembered.ts';
import type { Scope } from './opentelemetry.ts';
import { registered } from './sdk.ts';

/** Where `@opentelemetry/instrumentation-undici` hears of each request, to make a span of it. So may anybody else. */
const undiciRequests = channel('undici:request:create');

/** Whether somebody else makes a span of each request to an origin. Nobody knows before the first answer. */
interface Known {
  made?: boolean;
}

const known = remembered((): Known => ({}));

/** Looks out for the spans that others make of one attempt, if there is anybody who could. */
export function lookOut(state: OriginState, resends: number): OtherSpans | undefined {
  return undiciRequests.hasSubscribers ? new OtherSpans(known.of(state), resends) : undefined;
}

/**
 * The spans that others make of the requests of one attempt, met where they come by: they are put into the scope that the
 * request is sent in. Theirs get the resend count, which nobody but us knows.
 */
export class OtherSpans {
  readonly #known: Known;
  readonly #resends: number;
  #latest: Span | undefined;
  #met = 0;

  constructor(known: Known, resends: number) {
    this.#known = known;
    this.#resends = resends;
  }

  /** Whether it is known that nobody makes any, so that ours must be there from the beginning. */
  get absent(): boolean {
    return this.#known.made === false;
  }

  /** How many requests of the attempt were a redirect's. */
  get redirects(): number {
    return Math.max(0, this.#met - 1);
  }

  /** Whether the attempt was told of. Where nobody keeps scopes they can't be met, and twice is worse than not at all. */
  get made(): boolean {
    return this.#met > 0 || registered().context === undefined;
  }

  /** The same scope, under watch. */
  watch(scope: Scope): Scope {
    return watched(scope, (span) => this.#meet(span));
  }

  /** Remembers what an attempt has shown. One that failed may not have come as far as a request. */
  learn({ response }: Outcome): void {
    if (this.made) this.#known.made = true;
    else if (response) this.#known.made ??= false;
  }

  #meet(span: Span): void {
    if (span === this.#latest) return;
    this.#latest = span;
    const earlier = this.#resends + this.#met++;
    if (earlier > 0) span.setAttribute('http.request.resend_count', earlier);
  }
}

/** A span of another kind than CLIENT is a layer between us and the request. One that isn't recorded tells no kind. */
function watched(scope: Scope, meet: (span: Span) => void): Scope {
  return {
    getValue: (key) => scope.getValue(key),
    deleteValue: (key) => watched(scope.deleteValue(key), meet),
    setValue(key, value) {
      const next = scope.setValue(key, value);
      const span = trace.getSpan(next) as (Span & { readonly kind?: SpanKind }) | undefined;
      const { kind = SpanKind.CLIENT } = span ?? {};
      if (!span || span === trace.getSpan(scope) || kind !== SpanKind.CLIENT) {
        return watched(next, meet);
      }
      guarded('telemetry', () => meet(span));
      return next;
    },
  };
}
