/** What undici gives a handler to steer its request by, in the protocol of version 8. */
export interface Controller {
  abort(reason: unknown): void;
  pause(): void;
  resume(): void;
}

/** Headers of an answer by their names in lower case. */
export type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A request as undici takes it. */
export interface DispatchOptions {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Hands a request to the connections; what comes of it the handler is told. */
export type Dispatch = (options: DispatchOptions, handler: object) => boolean;

/** Where what comes of a body goes. */
export interface Inflow {
  push(chunk: Uint8Array): void;
  end(): void;
  /** The connection broke. */
  fail(error: unknown): void;
  /** The caller wants no more of it. */
  stop(reason: unknown): void;
}
