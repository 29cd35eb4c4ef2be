import type { CallObserver, Context } from '../core/context.ts';
import { warn } from '../core/guard.ts';
import type { Observe } from '../core/observer.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Family } from './metrics.ts';
import { isRegistered } from './sdk.ts';

/**
 * The way from a client to OpenTelemetry. It loads nothing, listens to nothing and costs a look at a global, until an
 * SDK is registered.
 */
export class Telemetry {
  readonly #runtime: Runtime;
  /** Held here and nowhere else, so that it goes with the client. */
  readonly #family: Family;
  #observe: Observe | undefined;
  #opening: Promise<void> | undefined;

  constructor(runtime: Runtime, family: Family) {
    this.#runtime = runtime;
    this.#family = family;
  }

  /** A promise only for the calls until OpenTelemetry is loaded. */
  begin(
    request: Outgoing,
    context: Context,
  ): CallObserver | Promise<CallObserver | undefined> | undefined {
    if (!isRegistered()) return undefined;
    if (this.#observe) return this.#observe(request, context);
    this.#opening ??= this.#open();
    return this.#opening.then(() => {
      return context.stop.aborted ? undefined : this.#observe?.(request, context);
    });
  }

  async #open(): Promise<void> {
    try {
      const { observeBy } = await import('./observed-client.ts');
      this.#observe = observeBy(this.#runtime, this.#family);
    } catch (error) {
      warn('telemetry', error);
    }
  }
}

const telling = new WeakSet<object>();

/** Remembers that a client tells of its attempts. */
export function tells(client: object): void {
  telling.add(client);
}

/** Whether a fetch tells of what it sends: a client that is the fetch of another, whose requests are not to be told twice. */
export function isTelling(fetch: object | undefined): boolean {
  return fetch !== undefined && telling.has(fetch);
}
