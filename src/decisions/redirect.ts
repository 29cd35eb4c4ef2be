import { isBadPort } from './bad-port.ts';

/** Where an answer may send on to: RFC 9110, section 15.4. */
const redirecting = new Set([301, 302, 303, 307, 308]);

/** Whether a status sends on to another place, if it names one. */
export function isRedirect(status: number): boolean {
  return redirecting.has(status);
}

/** A request as far as a redirect changes it. */
export interface Redirectable {
  readonly url: URL;
  readonly method: string;
  readonly hasBody: boolean;
  /** Whether its body can be sent once more. */
  readonly replayable: boolean;
  /** How often it was sent on already. */
  readonly redirects: number;
}

/** Where a request goes next, and what of it. */
export interface NextHop {
  readonly url: URL;
  readonly method: string;
  /** Whether it is sent with its body, and what describes that. */
  readonly keepsBody: boolean;
  /** Whether it keeps what is meant for the eyes of one origin. */
  readonly keepsCredentials: boolean;
}

/** As the standard has it. */
const mostRedirects = 20;

/**
 * Where a redirect leads to, by the Fetch standard, section "HTTP-redirect fetch". One that must not be followed is told as
 * what fetch has for the cause of its error.
 */
export function hopOf(
  status: number,
  location: string,
  { url, method, hasBody, replayable, redirects }: Redirectable,
): NextHop | Error {
  const next = placeOf(location, url);
  if (next instanceof Error) return next;
  if (!/^https?:$/.test(next.protocol)) return new Error('URL scheme must be a HTTP(S) scheme');
  if (redirects >= mostRedirects) return new Error('redirect count exceeded');
  if (isBadPort(next.port)) return new Error('bad port');
  if (next.username || next.password) {
    return new Error('cross origin not allowed for request mode "cors"');
  }
  if (status !== 303 && hasBody && !replayable) return new Error();
  const becomesGet =
    ((status === 301 || status === 302) && method === 'POST') ||
    (status === 303 && method !== 'GET' && method !== 'HEAD');
  return {
    url: next,
    method: becomesGet ? 'GET' : method,
    keepsBody: !becomesGet,
    keepsCredentials: next.origin === url.origin,
  };
}

/** A header is bytes: those of UTF-8, where they are not all of ASCII. The fragment goes with the request. */
function placeOf(location: string, url: URL): URL | Error {
  const text = /^[\x20-\x7e]*$/.test(location) ? location : utf8Of(location);
  try {
    const place = new URL(text, url);
    if (!place.hash) place.hash = url.hash;
    return place;
  } catch (error) {
    return error as Error;
  }
}

function utf8Of(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}
