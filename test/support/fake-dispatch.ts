import { vi } from 'vitest';
import { outgoingOf } from '../../src/core/outgoing.ts';
import { Stop } from '../../src/core/stop.ts';
import type { Exchange } from '../../src/wire/exchange.ts';
import { openWire } from '../../src/wire/send.ts';

/** One request that was handed to undici, and the other end of it, which is the test's. */
export class Handed {
  readonly options: { readonly path: string; readonly headers: Record<string, string> };
  readonly handler: Exchange;
  readonly controller = { pause: vi.fn(), resume: vi.fn(), abort: vi.fn() };

  constructor(options: unknown, handler: object) {
    this.options = options as Handed['options'];
    this.handler = handler as Exchange;
  }

  start(): this {
    this.handler.onRequestStart(this.controller);
    return this;
  }

  head(headers: Record<string, string | string[]> = {}, status = 200): this {
    this.handler.onResponseStart(this.controller, status, headers, 'OK');
    return this;
  }

  data(...chunks: (string | Uint8Array)[]): this {
    for (const chunk of chunks) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.handler.onResponseData(this.controller, bytes);
    }
    return this;
  }

  end(): this {
    this.handler.onResponseEnd();
    return this;
  }

  fail(error: unknown): this {
    this.handler.onResponseError(this.controller, error);
    return this;
  }
}

/**
 * Sends requests over connections that are the test's.
 *
 * @param handsOver whether the memory of what they tell is given away with it.
 */
export function fakeDispatch(handsOver: boolean = false) {
  const handed: Handed[] = [];
  const wire = openWire(
    (options, handler) => handed.push(new Handed(options, handler)) > 0,
    handsOver,
  );
  const send = (init?: RequestInit, stop = Stop.never): { call: Promise<Response>; at: Handed } => {
    const url = new URL('http://a.test/');
    const call = wire(outgoingOf(url.href, init, url), stop, (_, next) => next());
    const at = handed.at(-1);
    if (!call || !at) throw new Error('expected a request that goes past fetch');
    call.catch(() => {});
    return { call, at };
  };
  return { handed, send };
}
