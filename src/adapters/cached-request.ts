import { type Controller, type Handler, type Interceptor, Relay } from './relay.ts';

const ours = Symbol('resilient-fetch.exchange');

/**
 * The two sides of undici's cache. Where it asks the server whether a stale answer still holds, it tells nobody how to end
 * that request (8.12): an attempt that was aborted or ran out of time would leave it on its connection for as long as the
 * server is silent. So the inner side hands the request's controller past the cache to the outer one.
 */
export const insideCache: Interceptor = (dispatch) => (options, handler) => {
  const exchange = (options as { [ours]?: Exchange })[ours];
  return dispatch(options, exchange ? new Asking(handler, exchange) : handler);
};

export const outsideCache: Interceptor = (dispatch) => (options, handler) => {
  const exchange = new Exchange(handler);
  return dispatch({ ...options, [ours]: exchange }, exchange);
};

/** A request of the cache's to the server. */
class Asking extends Relay {
  readonly #exchange: Exchange;

  constructor(handler: Handler, exchange: Exchange) {
    super(handler);
    this.#exchange = exchange;
  }

  override onRequestStart(controller: Controller, context: unknown): void {
    this.#exchange.onAsked(controller, context);
    super.onRequestStart(controller, context);
  }
}

/** A request to the cache. Its handler gets one controller, which ends whatever is waited for at the time. */
class Exchange extends Relay {
  #current: Controller | undefined;
  #answered = false;
  #ended: { readonly reason: Error } | undefined;

  /** The server is asked. Where it is after the answer (stale-while-revalidate), that is no concern of the caller's. */
  onAsked(controller: Controller, context: unknown): void {
    if (!this.#answered) this.#follow(controller, context);
  }

  override onRequestStart(controller: Controller, context: unknown): void {
    this.#answered = true;
    this.#follow(controller, context);
  }

  #follow(controller: Controller, context: unknown): void {
    if (this.#ended) {
      controller.abort(this.#ended.reason);
      return;
    }
    const told = this.#current !== undefined;
    this.#current = controller;
    if (!told) super.onRequestStart({ abort: (reason) => this.#end(reason) }, context);
  }

  #end(reason: Error): void {
    this.#ended = { reason };
    this.#current?.abort(reason);
  }
}
