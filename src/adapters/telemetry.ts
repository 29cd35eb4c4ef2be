import type { CallObserver, Context } from '../core/context.ts';
import { warn } from '../core/guard.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Family } from './metrics.ts';
import { isRegistered, type Opened } from './sdk.ts';

/**
 * The way from a client to OpenTelemetry. It loads nothing, listens to nothing and costs a look at a global, until an
 * SDK is registered.
 */
export class Telemetry {
  readonly #runtime: Runtime;
  readonly #family: Family | undefined;
  #opened: Opened | undefined;
  #opening: Promise<void> | undefined;

  /** @param family the origins to tell of; not where a client that these are shared with does. */
  constructor(runtime: Runtime, family: Family | undefined) {
    this.#runtime = runtime;
    this.#family = family;
  }

  /** A promise only for the calls until OpenTelemetry is loaded. */
  begin(
    request: Outgoing,
    context: Context,
  ): CallObserver | Promise<CallObserver | undefined> | undefined {
    if (!isRegistered()) return undefined;
    if (this.#opened) return this.#opened.begin(request, context);
    this.#opening ??= this.#open();
    return this.#opening.then(() => this.#opened?.begin(request, context));
  }

  /** The client is closed: nobody asks any more how it stands with its origins. */
  close(): void {
    this.#opened?.end();
  }

  async #open(): Promise<void> {
    try {
      const { observeBy } = await import('./opentelemetry.ts');
      this.#opened = observeBy(this.#runtime, this.#family);
    } catch (error) {
      warn('telemetry', error);
    }
  }
}
