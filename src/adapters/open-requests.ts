import { type Controller, type Handler, type Interceptor, Relay } from './relay.ts';

/**
 * The requests that a pool has under way. undici forgets its connections when it is told to close, so that a `destroy`
 * thereafter finds none to destroy (8.12), and one body that nobody reads would keep a pool open for ever.
 */
export class OpenRequests {
  readonly #controllers = new Set<Controller>();

  /** The innermost of all interceptors. */
  readonly intercept: Interceptor = (dispatch) => (options, handler) =>
    dispatch(options, new Noted(handler, this.#controllers));

  abort(reason: Error): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}

class Noted extends Relay {
  readonly #open: Set<Controller>;

  constructor(handler: Handler, open: Set<Controller>) {
    super(handler);
    this.#open = open;
  }

  override onRequestStart(controller: Controller, context: unknown): void {
    this.#open.add(controller);
    super.onRequestStart(controller, context);
  }

  override onRequestUpgrade(controller: Controller, ...rest: unknown[]): void {
    this.#open.delete(controller);
    super.onRequestUpgrade(controller, ...rest);
  }

  override onResponseEnd(controller: Controller, trailers: unknown): void {
    this.#open.delete(controller);
    super.onResponseEnd(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.#open.delete(controller);
    super.onResponseError(controller, error);
  }
}
