import type { Controller, Dispatch, DispatchOptions, Handler } from '../../src/undici/protocol.ts';
import { resilience } from '../../src/undici.ts';

/** One request that reached the dispatch, and what the connection does with it, by hand. */
export class Dispatched implements Controller {
  readonly options: DispatchOptions;
  readonly handler: Handler;
  aborted = false;
  reason: unknown = null;
  paused = false;
  rawHeaders: unknown = null;
  rawTrailers: unknown = null;

  constructor(options: DispatchOptions, handler: Handler) {
    this.options = options;
    this.handler = handler;
  }

  /** Takes the request, and answers with so much of a body; the end is told apart. */
  answer(status: number, ...chunks: string[]): void {
    this.handler.onRequestStart?.(this, { socket: 1 });
    this.handler.onResponseStart?.(this, status, { 'content-length': '4' }, 'Said');
    for (const chunk of chunks) this.data(chunk);
  }

  data(chunk: string): void {
    this.handler.onResponseData?.(this, Buffer.from(chunk));
  }

  end(): void {
    this.handler.onResponseEnd?.(this, { 'x-sum': '42' });
  }

  fail(error: unknown): void {
    this.handler.onResponseError?.(this, error);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.fail(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }
}

/** A caller's handler that writes down all that it hears. */
export class Heard implements Handler {
  readonly events: string[] = [];
  controller: Controller | undefined;
  error: unknown;

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    this.events.push('begun');
  }

  onResponseStart(_: Controller, status: number): void {
    this.events.push(String(status));
  }

  onResponseData(_: Controller, chunk: Uint8Array): void {
    this.events.push(String(chunk));
  }

  onResponseEnd(): void {
    this.events.push('end');
  }

  onResponseError(_: Controller, error: unknown): void {
    this.error = error;
    this.events.push('error');
  }
}

/** Sends requests through the interceptor, to a dispatch that does nothing by itself. */
export function intercepted(
  given: Parameters<typeof resilience>[0] = { retry: { backoff: { base: 1, cap: 1 } } },
) {
  const sent: Dispatched[] = [];
  let welcome = true;
  let fault: Error | undefined;
  const target: Dispatch = (options, handler) => {
    if (fault) throw fault;
    sent.push(new Dispatched(options, handler));
    return welcome;
  };
  const dispatch = (resilience(given) as (dispatch: Dispatch) => Dispatch)(target);
  return {
    sent,
    dispatch: (handler: Handler, options: DispatchOptions = {}) =>
      dispatch({ origin: 'http://a.test', path: '/', method: 'GET', ...options }, handler),
    breakBy(error: Error) {
      fault = error;
    },
    isFull() {
      welcome = false;
    },
  };
}

/** Lets everything happen that waits for nothing but its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
