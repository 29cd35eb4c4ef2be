import type { Controller, Handler, IncomingHeaders } from './protocol.ts';

/** A handler in the protocol of undici 6, which is the one within Node 22. */
export interface OldHandler {
  onConnect?(abort: (reason?: unknown) => void, context: unknown): void;
  onResponseStarted?(): void;
  onHeaders?(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean;
  onData?(chunk: Uint8Array): boolean;
  onComplete?(trailers: Buffer[] | null): void;
  onError?(error: unknown): void;
  onBodySent?(chunk: unknown, ...rest: unknown[]): void;
  onRequestSent?(): void;
}

/** Whether a handler speaks only the old protocol, and so whoever dispatches for it does. */
export function isOld(handler: Handler | OldHandler): handler is OldHandler {
  return !('onRequestStart' in handler && handler.onRequestStart) && 'onConnect' in handler;
}

/** A handler of the old protocol for who speaks the new one. */
export function fromOld(old: OldHandler): Handler {
  return {
    onRequestStart: (controller, context) =>
      old.onConnect?.((reason) => controller.abort(reason), context),
    onResponseStarted: () => old.onResponseStarted?.(),
    onResponseStart(controller, status, headers, statusText = '') {
      const raw = rawOf(controller.rawHeaders, headers);
      if (old.onHeaders?.(status, raw, () => controller.resume(), statusText) === false) {
        controller.pause();
      }
    },
    onResponseData(controller, chunk) {
      if (old.onData?.(chunk) === false) controller.pause();
    },
    onResponseEnd: ({ rawTrailers }, trailers) => old.onComplete?.(rawOf(rawTrailers, trailers)),
    onResponseError: (_, error) => old.onError?.(error),
    onBodySent: (chunk) => old.onBodySent?.(chunk),
    onRequestSent: () => old.onRequestSent?.(),
  };
}

/** The other way round. */
export function toOld(handler: Handler): OldHandler {
  let controller: OldController | undefined;
  const begun = () => (controller ??= new OldController(() => {}));
  return {
    onConnect(abort, context) {
      controller = new OldController(abort);
      handler.onRequestStart?.(controller, context);
    },
    onResponseStarted: () => handler.onResponseStarted?.(),
    onHeaders(status, headers, resume, statusText) {
      const current = begun();
      current.tap = resume;
      current.rawHeaders = headers;
      handler.onResponseStart?.(current, status, headersOf(headers), statusText);
      return !current.paused;
    },
    onData(chunk) {
      handler.onResponseData?.(begun(), chunk);
      return !begun().paused;
    },
    onComplete(trailers) {
      begun().rawTrailers = trailers;
      handler.onResponseEnd?.(begun(), headersOf(trailers ?? []));
    },
    onError: (error) => handler.onResponseError?.(begun(), error),
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
  };
}

class OldController implements Controller {
  rawHeaders: unknown = null;
  rawTrailers: unknown = null;
  aborted = false;
  reason: unknown = null;
  paused = false;
  tap: (() => void) | undefined;
  readonly #abort: (reason: unknown) => void;

  constructor(abort: (reason: unknown) => void) {
    this.#abort = abort;
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#abort(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.tap?.();
  }
}

function headersOf(raw: readonly Buffer[]): IncomingHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index < raw.length; index += 2) {
    const name = String(raw[index]).toLowerCase();
    const value = raw[index + 1]?.toString('latin1') ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

function rawOf(raw: unknown, headers: IncomingHeaders): Buffer[] {
  if (Array.isArray(raw)) return raw.map((part) => Buffer.from(part));
  return Object.entries(headers)
    .flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]))
    .map((part) => Buffer.from(part, 'latin1'));
}
