/** What SDKs have registered: for traces, for metrics, and to keep the scope of what is under way. */
interface Registrations {
  readonly trace?: unknown;
  readonly metrics?: unknown;
  readonly context?: unknown;
}

/** Where every copy of `@opentelemetry/api` 1.x looks for it. */
const registry: unique symbol = Symbol.for('opentelemetry.js.api.1') as never;

const nothing: Registrations = {};

/** What is registered now: asked at each call, so that it may come, go and change at any time. */
export function registered(): Registrations {
  return (globalThis as { [registry]?: Registrations })[registry] ?? nothing;
}

/** Whether there is anybody to tell. */
export function isRegistered(): boolean {
  const { trace, metrics } = registered();
  return trace !== undefined || metrics !== undefined;
}
