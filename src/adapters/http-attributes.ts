import type { Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { OriginState } from '../core/per-origin.ts';
import { remembered } from '../core/remembered.ts';

/** Names and values as OpenTelemetry takes them. */
export type Facts = Record<string, string | number | boolean>;

/** What the conventions call known: any other method is `_OTHER`, so that a name can't be anybody's invention. */
const knownMethods = new Set([
  ...['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'],
]);

/** The method as metrics name it. */
export function methodOf({ method }: Outgoing): string {
  return knownMethods.has(method) ? method : '_OTHER';
}

/** The name of the span of one attempt: the path is no part of it, as there are too many. */
export function spanNameOf(request: Outgoing): string {
  return knownMethods.has(request.method) ? request.method : 'HTTP';
}

/** Where a request goes to. */
export function serverOf({ protocol, hostname, port }: URL): Facts {
  const usual = protocol === 'https:' ? 443 : 80;
  return { 'server.address': hostname, 'server.port': port === '' ? usual : Number(port) };
}

/** What the span of an attempt says from its beginning. @param resends how many requests of its call left before it. */
export function requestFacts(request: Outgoing, state: OriginState, resends: number): Facts {
  const facts: Facts = { ...known.of(state).request(request) };
  facts['url.full'] = withoutSecrets(request.url);
  const original = originalOf(request);
  if (original !== methodOf(request)) facts['http.request.method_original'] = original;
  if (resends > 0) facts['http.request.resend_count'] = resends;
  return facts;
}

/** The methods that fetch takes in any case: a `patch` leaves as it was written. */
const normalized = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

function originalOf({ method, init, input }: Outgoing): string {
  return normalized.has(method)
    ? method
    : (init.method ?? (input as Partial<Request>).method ?? method);
}

/**
 * A URL as it may be shown. The conventions take out what is known to be a secret; nobody knows them all, so every value
 * of the query goes, and the fragment.
 */
export function withoutSecrets(url: URL): string {
  const { href } = url;
  if (!/[?#@]/.test(href)) return href;
  const { protocol, username, password, host, pathname, search } = url;
  const user = username || password ? 'REDACTED:REDACTED@' : '';
  const place = `${protocol}//${user}${host}${pathname}`;
  return search === '' ? place : `${place}?${search.slice(1).split('&').map(redacted).join('&')}`;
}

/** A name with its value taken out; what has no name is all value. */
function redacted(parameter: string): string {
  const end = parameter.indexOf('=');
  if (parameter === '') return '';
  return end < 0 ? 'REDACTED' : `${parameter.slice(0, end)}=REDACTED`;
}

/** What the span and the duration of a whole call say. */
export function callFacts(request: Outgoing, state: OriginState, client: string): Facts {
  return known.of(state).call(request, client);
}

/** What the duration of one attempt is told by. */
export function attemptFacts(
  request: Outgoing,
  state: OriginState,
  { response }: Outcome,
  type: string | undefined,
): Facts {
  const facts = known.of(state);
  if (response) return facts.response(request, response.status, type);
  return type === undefined
    ? facts.request(request)
    : { ...facts.request(request), 'error.type': type };
}

/**
 * What is told again and again of one origin, made once: reading the parts of a URL is dear, and so is the garbage. By
 * methods as metrics name them and by statuses, of neither of which anybody can invent many.
 */
class OriginFacts {
  #server: Facts | undefined;
  readonly #made = new Map<string, Facts>();

  call(request: Outgoing, client: string): Facts {
    return this.#make(`${methodOf(request)} ${client}`, () => {
      return { ...this.request(request), 'resilient_fetch.client': client };
    });
  }

  request(request: Outgoing): Facts {
    const method = methodOf(request);
    return this.#make(method, () => {
      this.#server ??= serverOf(request.url);
      return { ...this.#server, 'http.request.method': method };
    });
  }

  response(request: Outgoing, status: number, type: string | undefined): Facts {
    return this.#make(`${methodOf(request)}${status}`, () => {
      const facts = { ...this.request(request), 'http.response.status_code': status };
      return type === undefined ? facts : { ...facts, 'error.type': type };
    });
  }

  #make(key: string, make: () => Facts): Facts {
    let facts = this.#made.get(key);
    if (!facts) {
      facts = make();
      // a server that draws its statuses is nothing to be remembered
      if (this.#made.size < 100) this.#made.set(key, facts);
    }
    return facts;
  }
}

const known = remembered(() => new OriginFacts());
