import type { DispatchOptions } from './protocol.ts';
import { bodyOf } from './request-body.ts';
import { RequestHeaders } from './request-headers.ts';

/** A request that came to the interceptor, as the client is to know it. */
export interface DispatchedRequest {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: RequestHeaders;
  readonly body: unknown;
  /** Options of this request alone. */
  readonly resilience: unknown;
}

/** Reads a request's options; nothing comes of one that no policy can speak of. */
export function requestOf(
  options: DispatchOptions,
  ownOrigin: string | null | undefined,
): DispatchedRequest | undefined {
  const { upgrade, method, headers, body, resilience } = options;
  // these end in a socket and not in an answer
  if (upgrade || method === 'CONNECT') return undefined;
  const url = urlOf(options, ownOrigin);
  if (!url) return undefined;
  return { url, method, headers: new RequestHeaders(headers), body: bodyOf(body), resilience };
}

/** Where it goes; the path is never taken for a host (`//host/`). */
function urlOf(
  { origin, path }: DispatchOptions,
  ownOrigin: string | null | undefined,
): string | undefined {
  const url = URL.parse(String(origin ?? ownOrigin));
  if (!url || !/^https?:$/.test(url.protocol) || typeof path !== 'string') return undefined;
  return `${url.origin}${path.startsWith('/') ? path : '/'}`;
}
