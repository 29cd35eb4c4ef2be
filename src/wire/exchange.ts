import { noteNeverSent } from '../core/never-sent.ts';
import type { Stop } from '../core/stop.ts';
import { codingsOf } from './decoders.ts';
import { type Head, headOf } from './head.ts';
import { giveUpWhenLost, LazyBody } from './lazy-body.ts';
import { Leftover } from './leftover.ts';
import { fetchFailed } from './network-error.ts';
import type { Controller, IncomingHeaders, Inflow } from './protocol.ts';
import { ReceivedBody } from './received-body.ts';
import { type SentOn, sentOnBy } from './sent-on.ts';
import { isUnwritten } from './unwritten.ts';
import type { WireRequest } from './wire-request.ts';
import { WireResponse } from './wire-response.ts';

type Resolve = (answer: WireResponse | SentOn) => void;
type Reject = (error: unknown) => void;

/** Answers that have no body by their status: the Fetch standard, "null body status". */
const bodiless = new Set([101, 103, 204, 205, 304]);

/**
 * One request and its answer, from when it is handed to the connections to the end of the body: what undici tells, and
 * what its controller is told. What ends it from outside is its stop alone.
 */
export class Exchange {
  readonly #request: WireRequest;
  readonly #stop: Stop;
  readonly #handsOver: boolean;
  /** Gone once one of them was called: by them the connection would hold the answer, however lost that is. */
  #settlers: { readonly resolve: Resolve; readonly reject: Reject } | undefined;
  readonly #letGo: () => void;
  #controller: Controller | undefined;
  #over = false;
  /** There from the headers of the answer on, to which what happens then is told. */
  #inflow: Inflow | undefined;

  /** @param handsOver whether nobody else holds what the connections tell of a body. */
  constructor(
    request: WireRequest,
    stop: Stop,
    handsOver: boolean,
    resolve: Resolve,
    reject: Reject,
  ) {
    this.#request = request;
    this.#stop = stop;
    this.#handsOver = handsOver;
    this.#settlers = { resolve, reject };
    this.#letGo = stop.onAbort(() => this.#end(stop.reason));
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#over) controller.abort(this.#stop.reason);
  }

  onRequestUpgrade(controller: Controller): void {
    controller.abort(new Error('bad upgrade'));
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHeaders,
    statusText = '',
  ): void {
    if (status < 200 || this.#over) return;
    this.#controller = controller;
    const sentOn = sentOnBy(this.#request, status, headers);
    if (sentOn instanceof Error) this.#refuse(sentOn);
    else if (sentOn) this.#settle(sentOn, new Leftover(controller, this.#letGo));
    else this.#answer(headOf(this.#request, status, statusText, headers), controller);
  }

  onResponseData(_: unknown, chunk: Uint8Array): void {
    this.#inflow?.push(chunk);
  }

  onResponseEnd(): void {
    this.#over = true;
    this.#inflow?.end();
  }

  onResponseError(_: unknown, error: unknown): void {
    if (this.#inflow) this.#inflow.fail(error);
    else if (!this.#over) {
      const isUnsent = !this.#controller || isUnwritten(error, this.#request.body.content);
      this.#refuse(error, isUnsent);
    }
  }

  /** The stop was pulled: at whatever point it is, it ends with the reason of that. */
  #end(reason: unknown): void {
    if (this.#inflow) this.#inflow.stop(reason);
    if (this.#over || this.#inflow) return;
    this.#over = true;
    this.#settlers?.reject(reason);
    this.#settlers = undefined;
    this.#controller?.abort(reason);
  }

  #settle(answer: WireResponse | SentOn, inflow: Inflow): void {
    this.#inflow = inflow;
    if (!this.#stop.lasting) this.#letGo();
    this.#settlers?.resolve(answer);
    this.#settlers = undefined;
  }

  #refuse(cause: unknown, unsent = false): void {
    this.#over = true;
    this.#letGo();
    const error = fetchFailed(cause);
    this.#settlers?.reject(unsent ? noteNeverSent(error) : error);
    this.#settlers = undefined;
    this.#controller?.abort(cause);
  }

  #answer(head: Head, controller: Controller): void {
    const { status, headers } = head;
    if (this.#request.method === 'HEAD' || bodiless.has(status)) {
      this.#settle(new WireResponse(head, undefined), new Leftover(controller, this.#letGo));
      return;
    }
    const codings = codingsOf(headers['content-encoding']);
    if (codings instanceof Error) {
      this.#refuse(codings);
      return;
    }
    const received = new ReceivedBody(controller, codings, this.#handsOver);
    if (this.#stop.lasting) received.source.onDone = this.#letGo;
    const body = new LazyBody(received.source);
    // what is all here by then holds no connection, and most small ones are
    queueMicrotask(() => {
      if (!this.#over) giveUpWhenLost(body);
    });
    this.#settle(new WireResponse(head, body), received);
  }
}
