import type { CallObserver, Context } from '../core/context.ts';
import type { Outgoing } from '../core/outgoing.ts';

/** What OpenTelemetry makes of a client. */
export interface Opened {
  begin(request: Outgoing, context: Context): CallObserver | undefined;
  end(): void;
}

/** Where every copy of `@opentelemetry/api` 1.x looks for what an SDK has registered. */
const registry: unique symbol = Symbol.for('opentelemetry.js.api.1') as never;

const registered = globalThis as { [registry]?: { trace?: unknown; metrics?: unknown } };

/** Whether an SDK for traces or metrics is registered now: asked at each call, so that it may come at any time. */
export function isRegistered(): boolean {
  const api = registered[registry];
  return api !== undefined && (api.trace !== undefined || api.metrics !== undefined);
}

/** Whether one for traces is. */
export function isTracing(): boolean {
  return registered[registry]?.trace !== undefined;
}
