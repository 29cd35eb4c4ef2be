import { httpOrigin } from '../core/http-origin.ts';
import { isRequest, type Outgoing } from '../core/outgoing.ts';
import { isBadPort } from '../decisions/bad-port.ts';
import type { NextHop } from '../decisions/redirect.ts';
import type { DispatchOptions } from './protocol.ts';
import { type WireBody, wireBodyOf } from './request-body.ts';
import { leavingHeaders, saidHeaders, withoutSome } from './request-headers.ts';

type Said = NonNullable<ReturnType<typeof saidHeaders>>;

/** A request as it leaves for one place. */
export interface WireRequest {
  readonly url: URL;
  readonly origin: string;
  readonly method: string;
  readonly said: Said;
  readonly body: WireBody;
  readonly redirect: 'follow' | 'manual' | 'error';
  readonly redirects: number;
  /** Whether a redirect has led it away from the origin that was asked. */
  readonly away: boolean;
  /** Whether it was sent to a server that said it was not meant. */
  readonly misdirected: boolean;
}

/** Methods that are sent as they are said. Of others fetch has much to say, and refuses some. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'QUERY']);

/** Of which fetch writes the name in large letters, however they are written. */
const anyCase = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** What a Request says as well; it changes nothing in Node, as long as it says what is said anyway. */
const usualOfRequest = {
  mode: ['cors'],
  cache: ['default'],
  credentials: ['same-origin', 'include', 'omit'],
  keepalive: [false],
  integrity: [''],
  referrer: ['about:client'],
  referrerPolicy: [''],
} as const;

const usual: ReadonlyMap<string, readonly unknown[]> = new Map(
  Object.entries({
    ...usualOfRequest,
    dispatcher: [],
    priority: [],
    window: [null],
    duplex: ['half'],
  }),
);

/**
 * A request as it can be sent without fetch; nothing where it wants something that only fetch does, or that only fetch
 * can refuse in its own words. All of that lies in what the caller said, so that all attempts of a call go the same way.
 */
export function wireRequestOf(request: Outgoing): WireRequest | undefined {
  const { input, init, url, method, marks } = request;
  const base = isRequest(input) ? input : undefined;
  if (init.headers === null || init.method === null || !isUsual(init)) return undefined;
  if (base && (base.body !== null || !isUsualRequest(base))) return undefined;
  if (url.username || url.password || isBadPort(url.port)) return undefined;
  const { redirect = base?.redirect ?? 'follow' } = init;
  if (redirect !== 'follow' && redirect !== 'manual' && redirect !== 'error') return undefined;
  const asSaid = init.method ?? base?.method ?? method;
  if (!methods.has(method) || (asSaid !== method && !anyCase.has(method))) return undefined;
  const body = wireBodyOf(init.body, init.duplex);
  const said = saidHeaders(init.headers ?? base?.headers, marks);
  if (!body || !said) return undefined;
  if (body.content !== null && (method === 'GET' || method === 'HEAD')) return undefined;
  const origin = originOf(url);
  const begun = { redirects: 0, away: false, misdirected: false };
  return { url, origin, method, said, body, redirect, ...begun };
}

function isUsual(init: Outgoing['init']): boolean {
  for (const key in init) {
    const value = init[key as keyof typeof init] as unknown;
    if (value !== undefined && usual.get(key)?.includes(value) === false) return false;
  }
  return true;
}

/** A class that stands on the platform's may say anything, and say something else to fetch. */
function isUsualRequest(request: Request): boolean {
  if (Object.getPrototypeOf(request) !== Request.prototype) return false;
  for (const key in usualOfRequest) {
    const name = key as keyof typeof usualOfRequest;
    if (!(usualOfRequest[name] as readonly unknown[]).includes(request[name])) return false;
  }
  return true;
}

const empty: WireBody = { content: null, type: undefined, replayable: true };

/** The same, on its way to where a redirect leads. */
export function hopFrom(request: WireRequest, hop: NextHop): WireRequest {
  const { said, body, redirect, redirects, away } = request;
  const { url, method, keepsBody, keepsCredentials } = hop;
  const origin = originOf(url);
  return {
    ...{ url, origin, method, redirect, redirects: redirects + 1, misdirected: false },
    away: away || origin !== request.origin,
    said: withoutSome(said, keepsBody, keepsCredentials),
    body: keepsBody ? body : empty,
  };
}

/** What undici is given. */
export function dispatchOptionsOf(request: WireRequest): DispatchOptions {
  const { url, origin, method, said, body } = request;
  return {
    origin,
    path: pathOf(url, origin),
    method,
    headers: leavingHeaders(said, body.type, origin.startsWith('https:')),
    body: body.content,
  };
}

function originOf(url: URL): string {
  return httpOrigin(url) ?? url.origin;
}

/** The path with its query, and with a question mark that nothing follows, which `search` leaves out. */
function pathOf({ href }: URL, origin: string): string {
  const end = href.indexOf('#');
  return href.slice(origin.length, end === -1 ? undefined : end);
}
