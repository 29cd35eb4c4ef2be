/**
 * What undici and a handler say to each other, in the protocol of versions 7 and 8. Written down here and not imported:
 * the interceptor is handed its `dispatch`, so it loads no undici, and the one it is used with may be another version
 * than ours, or the one within Node.
 */
export interface Controller {
  readonly aborted: boolean;
  readonly reason: unknown;
  readonly paused: boolean;
  /** Names and values by turns, as they came over the wire. */
  rawHeaders?: unknown;
  rawTrailers?: unknown;
  abort(reason: unknown): void;
  pause(): void;
  resume(): void;
}

/** Headers of an answer by their names in lower case. */
export type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Who hears of a request. */
export interface Handler {
  onRequestStart?(controller: Controller, context: unknown): void;
  onRequestUpgrade?(controller: Controller, ...rest: unknown[]): void;
  onResponseStarted?(): void;
  onResponseStart?(
    controller: Controller,
    status: number,
    headers: IncomingHeaders,
    statusText?: string,
  ): void;
  onResponseData?(controller: Controller, chunk: Uint8Array): void;
  onResponseEnd?(controller: Controller, trailers: IncomingHeaders): void;
  onResponseError?(controller: Controller, error: unknown): void;
  onBodySent?(chunk: unknown): void;
  onRequestSent?(): void;
}

/** As much of a request's options as the interceptor reads; all the rest is handed on. */
export interface DispatchOptions {
  readonly origin?: string | URL | undefined;
  readonly path?: string | undefined;
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly upgrade?: unknown;
  readonly resilience?: unknown;
}

export type Dispatch = (options: DispatchOptions, handler: Handler) => boolean;
