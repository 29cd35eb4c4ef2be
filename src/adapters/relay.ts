/** What undici gives a handler to steer its request by. */
export interface Controller {
  abort(reason: Error): void;
}

/** What undici tells of a request, in the protocol of version 8. */
export interface Handler {
  onRequestStart?(controller: Controller, context: unknown): void;
  onRequestUpgrade?(controller: Controller, ...rest: unknown[]): void;
  onResponseStart?(controller: Controller, ...rest: unknown[]): void;
  onResponseData?(controller: Controller, chunk: unknown): void;
  onResponseEnd?(controller: Controller, trailers: unknown): void;
  onResponseError?(controller: Controller, error: Error): void;
  onResponseStarted?(): void;
  onBodySent?(chunk: unknown): void;
  onRequestSent?(): void;
}

export type Dispatch = (options: object, handler: Handler) => boolean;
export type Interceptor = (dispatch: Dispatch) => Dispatch;

/** Hands on all that it is told: the base of those that stand between undici and a handler to change one thing. */
export class Relay implements Handler {
  readonly #handler: Handler;

  constructor(handler: Handler) {
    this.#handler = handler;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(controller: Controller, ...rest: unknown[]): void {
    this.#handler.onRequestUpgrade?.(controller, ...rest);
  }

  onResponseStart(controller: Controller, ...rest: unknown[]): void {
    this.#handler.onResponseStart?.(controller, ...rest);
  }

  onResponseData(controller: Controller, chunk: unknown): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: unknown): void {
    this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#handler.onResponseError?.(controller, error);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onBodySent(chunk: unknown): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }
}
