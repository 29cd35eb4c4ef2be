import { discard } from '../core/discard.ts';
import type { FetchInit } from '../core/outgoing.ts';
import { Stop } from '../core/stop.ts';
import { AbortedError } from './aborted-error.ts';
import { answerOf, asBuffer } from './answer.ts';
import { Attempt } from './attempt.ts';
import type { DispatchedRequest } from './dispatched-request.ts';
import { Outflow } from './outflow.ts';
import type { Controller, Dispatch, DispatchOptions, Handler } from './protocol.ts';
import { onFailure } from './request-body.ts';

/**
 * One request as its handler sees it: a beginning, an answer or an error, whatever happens in between. It gives the
 * handler a controller at once, so that the caller can abort in a backoff or a queue as well as in an attempt.
 */
export class Exchange implements Controller {
  readonly request: DispatchedRequest;
  rawHeaders: unknown = null;
  rawTrailers: unknown = null;
  /** What undici said to the first attempt, if that has left already: whether more requests are welcome. */
  welcome = true;
  readonly #dispatch: Dispatch;
  readonly #options: DispatchOptions;
  readonly #handler: Handler;
  /** Of the whole call: ends what is under way, to the last byte of the body. */
  readonly stop: Stop = Stop.never.child(true);
  /** What undici says of the connection, as soon as there is one. */
  readonly #context = {};
  readonly #outflow = new Outflow();
  readonly #letGo: () => void;
  #answered = false;
  #over = false;
  #aborted = false;

  constructor(
    request: DispatchedRequest,
    dispatch: Dispatch,
    options: DispatchOptions,
    handler: Handler,
  ) {
    this.request = request;
    this.#dispatch = dispatch;
    this.#options = options;
    this.#handler = handler;
    this.#letGo = onFailure(options.body, (error) => this.#fail(error));
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#aborted ? this.stop.reason : null;
  }

  get paused(): boolean {
    return this.#outflow.paused;
  }

  pause(): void {
    this.#outflow.pause();
  }

  resume(): void {
    this.#outflow.resume();
  }

  abort(reason: unknown = new AbortedError()): void {
    if (this.#over) return;
    this.#aborted = true;
    this.#fail(reason);
  }

  /** Begins, sends, and tells the handler what came of it. What it throws then is the process's, as with undici. */
  run(send: (exchange: this) => Promise<Response>): void {
    this.#run(send).catch((error: unknown) => {
      queueMicrotask(() => {
        throw error;
      });
    });
  }

  async #run(send: (exchange: this) => Promise<Response>): Promise<void> {
    try {
      this.#handler.onRequestStart?.(this, this.#context);
      const response = await send(this);
      if (this.#over) discard(response);
      else await this.#deliver(response);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends one attempt, with what the strategies have made of the request. */
  attempt({ headers, body, signal }: FetchInit): Promise<Response> {
    const attempt = new Attempt(this.request.method, signal ?? this.stop.signal, {
      onContext: (context) => Object.assign(this.#context, context),
      onResponseStart: (_, ...interim) => {
        if (!this.#answered) this.#tell('onResponseStart', this, ...interim);
      },
      onResponseStarted: () => this.#tell('onResponseStarted'),
      onBodySent: (chunk) => this.#tell('onBodySent', chunk),
      onRequestSent: () => this.#tell('onRequestSent'),
    });
    const options = { ...this.#options, headers: this.request.headers.with(headers), body };
    try {
      this.welcome = this.#dispatch(options, attempt);
    } catch (error) {
      attempt.onResponseError(undefined, error);
    }
    return attempt.response;
  }

  #tell<Name extends keyof Handler>(
    name: Name,
    ...told: Parameters<NonNullable<Handler[Name]>>
  ): void {
    const hear = this.#handler[name] as ((...told: unknown[]) => void) | undefined;
    if (!this.#over) hear?.apply(this.#handler, told);
  }

  async #deliver(response: Response): Promise<void> {
    const answer = answerOf(response);
    const { status, headers, statusText } = answer;
    this.rawHeaders = answer.rawHeaders;
    this.#answered = true;
    this.#tell('onResponseStart', this, status, headers, statusText);
    const give = (chunk: Uint8Array) => this.#tell('onResponseData', this, asBuffer(chunk));
    if (!(await this.#outflow.pour(response.body, give))) return;
    this.rawTrailers = answer.rawTrailers;
    this.#handler.onResponseEnd?.(this, answer.trailers);
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#letGo();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    this.stop.abort(error);
    this.#outflow.stop(error);
    this.#handler.onResponseError?.(this, error);
  }
}
