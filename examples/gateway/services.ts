import { type CallLog, currentContext, explain, TimeoutError } from 'resilient-fetch';
import type { Clients } from './clients.ts';
import type { UpstreamName } from './config.ts';
import { recommendedPath, remember, substitute } from './recommended.ts';
import type { Scope } from './scope.ts';

/** An upstream was reached, and what it said is of no use, retries included. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly log: CallLog | undefined;

  constructor(said: string, log: CallLog | undefined, cause?: unknown) {
    super(said, { cause });
    this.log = log;
  }
}

/** There is no such thing. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** What upstreams say is believed, as in many a service; for what that leads to, ask for the product `nameless`. */
export interface Product {
  readonly id: string;
  readonly name: string;
}

export interface Quote {
  readonly quote: string;
  readonly cents: number;
}

export type Services = ReturnType<typeof servicesOf>;

/** What this service asks of the others, each question a function. */
export function servicesOf(clients: Clients) {
  async function ask<T>(
    name: UpstreamName,
    path: string,
    scope: Scope,
    init: RequestInit = {},
  ): Promise<T> {
    const response = await clients[name](path, init);
    const log = explain(response);
    if (log?.substituted) scope.degraded.add(name);
    if (response.ok) return read<T>(name, response);
    await response.body?.cancel();
    if (response.status === 404) throw new NotFound(`${name} knows no ${path}`);
    throw new UpstreamError(`${name} answered ${response.status}`, log);
  }

  return {
    product: (id: string, scope: Scope) => ask<Product>('catalogue', `products/${id}`, scope),

    price: async (id: string, scope: Scope) =>
      (await ask<{ cents: number }>('pricing', `prices/${id}`, scope)).cents,

    /** A POST that is retried, as pricing makes one quote of all requests that have the same key. */
    quote: (order: object, key: string | undefined, scope: Scope) =>
      ask<Quote>('pricing', 'quotes', scope, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
        body: JSON.stringify(order),
      }),

    /** Its client has a fallback for want of an answer; one that breaks off in its body must not break the page either. */
    recommended: async (id: string, scope: Scope) => {
      try {
        const path = recommendedPath(id);
        const { products } = await ask<{ products: string[] }>('recommendations', path, scope);
        if (!scope.degraded.has('recommendations')) remember(id, products);
        return products;
      } catch {
        currentContext()?.signal.throwIfAborted();
        scope.degraded.add('recommendations');
        return substitute(id);
      }
    },
  };
}

/** A body that breaks off or is no JSON is the upstream's fault; one that nobody waits for any more is not. */
async function read<T>(name: UpstreamName, response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch (error) {
    currentContext()?.signal.throwIfAborted();
    if (error instanceof TimeoutError) throw error;
    throw new UpstreamError(`${name} sent no whole answer`, explain(response), error);
  }
}
