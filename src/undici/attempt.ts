import { type Answer, beginAnswer, responseOf } from './answer.ts';
import { Inflow } from './inflow.ts';
import type { Controller, Handler, IncomingHeaders } from './protocol.ts';

/** Who hears of what an attempt does before it is known whether its answer is the one that counts. */
export type Witness = Pick<
  Handler,
  'onResponseStart' | 'onResponseStarted' | 'onBodySent' | 'onRequestSent'
> & { onContext(context: unknown): void };

/**
 * One request over a dispatch: what a strategy knows as sending. undici's events become a Response, and nobody beyond
 * hears of them, for it is decided later whether the caller is to have this answer. Of one that he is not to have, nothing
 * reaches him at all, however late it comes.
 */
export class Attempt implements Handler {
  readonly #method: string | undefined;
  readonly #signal: AbortSignal;
  readonly #witness: Witness;
  readonly #promise = Promise.withResolvers<Response>();
  #controller: Controller | undefined;
  #answer: Answer | undefined;
  #inflow: Inflow | undefined;

  constructor(method: string | undefined, signal: AbortSignal, witness: Witness) {
    this.#method = method;
    this.#signal = signal;
    this.#witness = witness;
    signal.addEventListener('abort', this);
  }

  get response(): Promise<Response> {
    return this.#promise.promise;
  }

  /** Of the signal: it is over. A request that waits for its connection can't be taken back, and ends when it would begin. */
  handleEvent(): void {
    const { reason } = this.#signal;
    if (this.#controller) this.#controller.abort(reason);
    this.#fail(reason);
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason);
    else this.#witness.onContext(context);
  }

  onResponseStarted(): void {
    this.#witness.onResponseStarted?.();
  }

  onBodySent(chunk: unknown): void {
    this.#witness.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#witness.onRequestSent?.();
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHeaders,
    statusText?: string,
  ): void {
    if (status < 200) {
      this.#witness.onResponseStart?.(controller, status, headers, statusText);
      return;
    }
    this.#answer = beginAnswer(controller, status, headers, statusText);
    const empty = this.#method === 'HEAD' || status === 204 || status === 304;
    if (!empty) this.#inflow = new Inflow(controller);
    this.#promise.resolve(responseOf(this.#answer, this.#inflow?.stream ?? null));
  }

  onResponseData(_: Controller, chunk: Uint8Array): void {
    this.#inflow?.push(chunk);
  }

  onResponseEnd({ rawTrailers }: Controller, trailers: IncomingHeaders): void {
    this.#signal.removeEventListener('abort', this);
    if (this.#answer) Object.assign(this.#answer, { trailers, rawTrailers });
    this.#inflow?.end();
  }

  onResponseError(_: Controller | undefined, error: unknown): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#signal.removeEventListener('abort', this);
    this.#promise.reject(error);
    this.#inflow?.fail(error);
  }
}
