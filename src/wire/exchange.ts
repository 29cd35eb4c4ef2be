import { noteNeverSent } from '../core/never-sent.ts';
import type { Stop } from '../core/stop.ts';
import { BodySource, capacity, type Tap } from './body-source.ts';
import { codingsOf, Decoding } from './decoders.ts';
import { headOf } from './head.ts';
import { giveUpWhenLost, LazyBody } from './lazy-body.ts';
import { fetchFailed, terminated } from './network-error.ts';
import type { Controller, IncomingHeaders } from './protocol.ts';
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
export class Exchange implements Tap {
  readonly #request: WireRequest;
  readonly #stop: Stop;
  /** Gone once one of them was called: by them the connection would hold the answer, however lost that is. */
  #settlers: { readonly resolve: Resolve; readonly reject: Reject } | undefined;
  readonly #letGo: () => void;
  #controller: Controller | undefined;
  #over = false;
  #source: BodySource | undefined;
  #decoding: Decoding | undefined;
  /** Bytes of a body that is nobody's which may still be read, so that its connection can be used again. */
  #dumpable = capacity;

  constructor(request: WireRequest, stop: Stop, resolve: Resolve, reject: Reject) {
    this.#request = request;
    this.#stop = stop;
    this.#settlers = { resolve, reject };
    this.#letGo = stop.onAbort(() => this.#end(stop.reason));
  }

  /** Whoever reads the body has enough for now. */
  pause(): void {
    (this.#decoding ?? this.#controller)?.pause();
  }

  resume(): void {
    (this.#decoding ?? this.#controller)?.resume();
  }

  /** Nobody wants the rest of the body. */
  abort(reason: unknown): void {
    if (!this.#over && this.#controller) this.#close(this.#controller, reason);
    this.#decoding?.destroy();
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
    else if (sentOn) this.#settle(sentOn);
    if (sentOn) return;
    const isEmpty = this.#request.method === 'HEAD' || bodiless.has(status);
    const body = isEmpty ? undefined : this.#open(controller, headers);
    if (this.#over) return;
    const head = headOf(this.#request, status, statusText, headers);
    this.#settle(new WireResponse(head, body));
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (this.#decoding) this.#decoding.push(chunk);
    else if (this.#source) this.#source.push(chunk);
    else if (!this.#over) {
      this.#dumpable -= chunk.byteLength;
      if (this.#dumpable < 0) this.#close(controller, new Error('The body is nobody’s'));
    }
  }

  onResponseEnd(): void {
    this.#over = true;
    if (this.#decoding) this.#decoding.end();
    else if (this.#source) this.#source.end();
    else this.#letGo();
  }

  onResponseError(_: unknown, error: unknown): void {
    if (this.#over && !this.#settlers) return;
    this.#over = true;
    if (!this.#settlers) this.#source?.fail(terminated(error));
    else this.#refuse(error, !this.#controller || isUnwritten(error, this.#request.body.content));
    this.#decoding?.destroy();
  }

  /** The stop was pulled: at whatever point it is, it ends with the reason of that. */
  #end(reason: unknown): void {
    this.#source?.abort(reason);
    this.#decoding?.destroy();
    if (this.#over) return;
    this.#over = true;
    this.#settlers?.reject(reason);
    this.#settlers = undefined;
    this.#controller?.abort(reason);
  }

  #settle(answer: WireResponse | SentOn): void {
    if (!this.#stop.lasting) this.#letGo();
    this.#settlers?.resolve(answer);
    this.#settlers = undefined;
  }

  #refuse(cause: unknown, unsent = false): void {
    this.#letGo();
    const error = fetchFailed(cause);
    this.#settlers?.reject(unsent ? noteNeverSent(error) : error);
    this.#settlers = undefined;
    if (this.#controller) this.#close(this.#controller, cause);
  }

  #close(controller: Controller, reason: unknown): void {
    this.#over = true;
    controller.abort(reason);
  }

  #open(controller: Controller, headers: IncomingHeaders): LazyBody | undefined {
    const codings = headers['content-encoding'] ? this.#codingsOf(headers) : [];
    if (this.#over) return undefined;
    const source = new BodySource(this);
    if (codings.length > 0) {
      this.#decoding = new Decoding(codings, controller, source, (error) => {
        source.fail(terminated(error));
        this.abort(error);
      });
    }
    if (this.#stop.lasting) source.onDone = this.#letGo;
    this.#source = source;
    const body = new LazyBody(source);
    const length = headers['content-length'];
    if (codings.length > 0 || length === undefined || Number(length) > capacity) {
      giveUpWhenLost(body);
    }
    return body;
  }

  #codingsOf(headers: IncomingHeaders): readonly string[] {
    try {
      return codingsOf(headers['content-encoding']);
    } catch (error) {
      this.#refuse(error);
      return [];
    }
  }
}
