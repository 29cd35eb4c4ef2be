import type { IncomingHeaders } from './protocol.ts';
import type { WireRequest } from './wire-request.ts';

/** All of an answer but its body. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHeaders;
  readonly url: string;
  readonly redirected: boolean;
  readonly type: 'basic' | 'cors';
}

/** What a Response says of itself: of its URL all but the fragment, and `cors` where a redirect led to another origin. */
export function headOf(
  { url, redirects, away }: WireRequest,
  status: number,
  statusText: string,
  headers: IncomingHeaders,
): Head {
  const { href } = url;
  const end = href.indexOf('#');
  return {
    status,
    statusText,
    headers,
    url: end < 0 ? href : href.slice(0, end),
    redirected: redirects > 0,
    type: away ? 'cors' : 'basic',
  };
}
