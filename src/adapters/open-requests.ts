import { type Controller, type Handler, type Interceptor, Relay } from './relay.ts';

/**
 * The requests that a pool has under way. undici forgets its connections when it is told to close, so that a `destroy`
 * thereafter finds none to destroy (8.12), and one body that nobody reads would keep a pool open for ever.
 */
export class OpenRequests {
  readonly #open: Noted[] = [];

  /** The innermost of all interceptors. */
  readonly intercept: Interceptor = (dispatch) => (options, handler) =>
    dispatch(options, new Noted(handler, this.#open));

  abort(reason: Error): void {
    for (const request of [...this.#open]) request.abort(reason);
  }
}

/**
 * A request that knows its place among those under way. They stand in an array and not in a Set, whose tables, each time
 * one is outgrown, are left with a link to the next: the collector then keeps what they held for long after its end, which
 * has cost a sixth of each request.
 */
class Noted extends Relay {
  readonly #open: Noted[];
  #controller: Controller | undefined;
  #place = 0;

  constructor(handler: Handler, open: Noted[]) {
    super(handler);
    this.#open = open;
  }

  abort(reason: Error): void {
    this.#controller?.abort(reason);
  }

  override onRequestStart(controller: Controller, context: unknown): void {
    this.#leave();
    this.#controller = controller;
    this.#place = this.#open.push(this) - 1;
    super.onRequestStart(controller, context);
  }

  override onRequestUpgrade(controller: Controller, ...rest: unknown[]): void {
    this.#leave();
    super.onRequestUpgrade(controller, ...rest);
  }

  override onResponseEnd(controller: Controller, trailers: unknown): void {
    this.#leave();
    super.onResponseEnd(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.#leave();
    super.onResponseError(controller, error);
  }

  /** The last one takes its place. */
  #leave(): void {
    if (!this.#controller) return;
    this.#controller = undefined;
    const last = this.#open.pop();
    if (!last || last === this) return;
    last.#place = this.#place;
    this.#open[this.#place] = last;
  }
}
