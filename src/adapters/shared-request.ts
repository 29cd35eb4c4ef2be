import { type Controller, type Handler, type Interceptor, Relay } from './relay.ts';

/** How one of the calls that share a request leaves it. */
class Leaving extends Error {
  readonly reason: Error;

  constructor(reason: Error) {
    super('A call that shared this request was aborted');
    this.reason = reason;
  }
}

/**
 * undici's coalescing ends a shared request for all when the call that began it is aborted. Here the others ask again, and
 * so share the next one; once its headers are there, an answer can't be asked for again.
 */
export const apart: Interceptor = (dispatch) =>
  function ask(options, handler) {
    return dispatch(options, new Sharing(handler, () => ask(options, handler)));
  };

class Sharing extends Relay {
  readonly #askAgain: () => void;
  #left = false;
  #started = false;

  constructor(handler: Handler, askAgain: () => void) {
    super(handler);
    this.#askAgain = askAgain;
  }

  override onRequestStart(controller: Controller, context: unknown): void {
    const abort = controller.abort.bind(controller);
    controller.abort = (reason) => {
      this.#left = true;
      abort(new Leaving(reason));
    };
    super.onRequestStart(controller, context);
  }

  override onResponseStart(controller: Controller, ...rest: unknown[]): void {
    this.#started = true;
    super.onResponseStart(controller, ...rest);
  }

  override onResponseError(controller: Controller, error: Error): void {
    if (!(error instanceof Leaving)) super.onResponseError(controller, error);
    else if (this.#left || this.#started) super.onResponseError(controller, error.reason);
    else this.#askAgain();
  }
}
