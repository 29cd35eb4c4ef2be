import { encodeForm, type FormEntries } from './multipart.ts';
import { OneShotBody } from './one-shot.ts';
import { isPlain } from './plain-data.ts';
import type { Stop } from './stop.ts';

export type FetchInput = Parameters<typeof globalThis.fetch>[0];
export type FetchInit = NonNullable<Parameters<typeof globalThis.fetch>[1]>;

/**
 * What the caller gave, normalised once a call. Not a `Request`: building one costs tens of microseconds and tees the
 * body.
 */
export interface Outgoing {
  readonly input: FetchInput;
  /** Without the caller's signal: each attempt brings its own. */
  readonly init: Readonly<FetchInit>;
  readonly url: URL;
  /** In upper case. */
  readonly method: string;
  /** The caller's; a stop where the caller is one of ourselves. */
  readonly signal: AbortSignal | Stop | undefined;
  /** Whether the body, if there is one, can still be sent from its beginning. */
  readonly replayable: () => boolean;
  /** Lets go of a body that was never asked for, where the call is over and it never will be. */
  readonly abandon?: ((reason: unknown) => void) | undefined;
  /**
   * Headers over the caller's own, in lower case, that say what this one request belongs to. Apart from those, as they
   * are cheaper to set where the request leaves.
   */
  readonly marks?: Marks | undefined;
}

export type Marks = Readonly<Record<string, string>>;

/** What `fetch` reads from an init that is no plain object: a `Request` keeps all of it on its prototype. */
const inheritedKeys = [
  ...['method', 'headers', 'body', 'mode', 'credentials', 'cache', 'redirect', 'referrer'],
  ...['referrerPolicy', 'integrity', 'keepalive', 'duplex', 'priority', 'signal', 'dispatcher'],
];

const always = () => true;

/** A call with nothing but a URL. */
const plainGet = { method: 'GET', signal: undefined, replayable: always };

/**
 * Normalises the arguments of a fetch. What the caller may change while a retry waits (headers, a buffer, a form) is
 * copied here, as `fetch` itself copies it when it is called.
 */
export function outgoingOf(input: FetchInput, given: FetchInit | undefined, url: URL): Outgoing {
  const request = isRequest(input) ? input : undefined;
  // the platform's own refusal, which it would not get to give
  if (given && typeof given !== 'object' && typeof given !== 'function') new Request(url, given);
  if (!given && !request)
    return { ...plainGet, init: {}, input: typeof input === 'string' ? input : url, url };
  const foreign = request && !(request instanceof globalThis.Request) ? request : undefined;
  const all: FetchInit & { resilience?: unknown } = {
    ...(foreign ? withInherited(foreign) : undefined),
    ...(given ? (foreign ? said(plain(given)) : plain(given)) : undefined),
  };
  const { resilience: _, signal = request?.signal, ...init } = all;
  if (init.headers) init.headers = copyOfHeaders(init.headers);
  if (signal !== undefined && signal !== null && !isSignal(signal)) {
    // the platform's own refusal, which it would give too late
    new Request(url, { signal });
  }
  const common = {
    input: request && !foreign ? request : typeof input === 'string' ? input : url,
    init,
    url,
    method: String(init.method ?? request?.method ?? 'GET').toUpperCase(),
    signal: signal ?? undefined,
  };

  if (init.body === undefined || init.body === null) {
    const replayable = request && !foreign ? () => !request.bodyUsed : always;
    return { ...common, replayable };
  }
  const oneShot = OneShotBody.from(init.body);
  if (oneShot) {
    init.body = oneShot as unknown as FetchInit['body'];
    const abandon = (reason: unknown) => oneShot.abandon(reason);
    return { ...common, replayable: () => !oneShot.touched, abandon };
  }
  init.body = copyOfBody(init.body);
  const replayable = init.body instanceof ReadableStream ? () => false : always;
  return { ...common, replayable };
}

/** The value of a header, wherever the caller put it. */
export function headerOf(request: Outgoing, name: string): string | null {
  const headers = request.init.headers ?? (request.input as Partial<Request>).headers;
  return headers ? new Headers(headers).get(name) : null;
}

/** The same request with headers that stand under the caller's own. */
export function withDefaultHeaders(request: Outgoing, defaults: HeadersInit): Outgoing {
  const headers = new Headers(request.init.headers ?? (request.input as Partial<Request>).headers);
  for (const [name, value] of new Headers(defaults)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return { ...request, init: { ...request.init, headers } };
}

/** The init with the marks among its headers, which keep their form: a fetch of the user's may look at them. */
export function markedInit({ init, input, marks }: Outgoing): FetchInit {
  if (!marks) return init;
  const given = init.headers ?? (input as Partial<Request>).headers;
  return { ...init, headers: given ? markedHeaders(given, marks) : marks };
}

function markedHeaders(given: HeadersInit, marks: Marks): HeadersInit {
  if (Array.isArray(given)) {
    const others = given.filter(([name]) => !isMark(String(name), marks));
    return [...others, ...Object.entries(marks)];
  }
  if (isPlain(given)) return markedRecord(given as Record<string, string>, marks);
  const headers = new Headers(given);
  for (const [name, value] of Object.entries(marks)) headers.set(name, value);
  return headers;
}

/** Headers as a plain object, with the marks in the place of any of their names, in whatever case those are. */
export function markedRecord<Value>(
  given: Readonly<Record<string, Value>>,
  marks: Marks,
): Record<string, Value | string> {
  const headers: Record<string, Value | string> = {};
  for (const name in given) if (!isMark(name, marks)) headers[name] = given[name] as Value;
  return Object.assign(headers, marks);
}

function isMark(name: string, marks: Marks): boolean {
  return Object.hasOwn(marks, name.toLowerCase());
}

/** Told by what is done with it: one of another realm, or of a polyfill, is as good for a fetch that takes it. */
function isSignal({ aborted, addEventListener, onAbort }: Partial<AbortSignal & Stop>): boolean {
  return typeof aborted === 'boolean' && typeof (addEventListener ?? onAbort) === 'function';
}

type HeadersInit = NonNullable<FetchInit['headers']>;

/** Told by its name and not by its class: a Request made by another copy of undici is as good. */
export function isRequest(input: FetchInput): input is Request {
  return tagOf(input) === 'Request';
}

/** Without what is undefined, which says nothing. */
function said(init: FetchInit): FetchInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
}

function plain(init: FetchInit): FetchInit {
  return isPlain(init) && !hidesKeys(init) ? init : withInherited(init);
}

/** Whether a spread would lose something that fetch reads. */
function hidesKeys(value: object): boolean {
  return Object.getOwnPropertyNames(value).length !== Object.keys(value).length;
}

function withInherited(init: FetchInit | Request): FetchInit {
  const inherited = inheritedKeys
    .filter((key) => key in init)
    .map((key) => [key, init[key as keyof typeof init]] as const)
    .filter(([, value]) => value !== undefined && value !== null);
  return { ...Object.fromEntries(inherited), ...init };
}

function copyOfHeaders(headers: HeadersInit): HeadersInit {
  if (Array.isArray(headers)) return headers.map(copyOfPair);
  return Object.getPrototypeOf(headers) === Object.prototype
    ? { ...headers }
    : new Headers(headers);
}

/** What is no pair (a string can be taken apart into two letters) is for the platform to refuse. */
function copyOfPair(pair: unknown): [string, string] {
  return (Array.isArray(pair) ? [...pair] : pair) as [string, string];
}

/**
 * A copy of a body that its owner may change or, for a form, that would be encoded anew at each attempt. Memory that was
 * given away has nothing to copy, and what becomes of memory that is shared or can grow is the platform's to say, version
 * by version: these are left to it.
 */
function copyOfBody(body: unknown): FetchInit['body'] {
  if (tagOf(body) === 'FormData') return encodeForm(body as FormEntries, drawBoundary());
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (isCopyable(body)) return body.slice(0);
  if (ArrayBuffer.isView(body) && isCopyable(body.buffer)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  }
  return body as FetchInit['body'];
}

function isCopyable(memory: unknown): memory is ArrayBuffer {
  return memory instanceof ArrayBuffer && !memory.detached && !memory.resizable;
}

/** As long as the platform's, so that a form is, and in its form, so that no server sees a difference. */
function drawBoundary(): string {
  const [drawn = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return `----formdata-undici-0${String(drawn % 10n ** 11n).padStart(11, '0')}`;
}

function tagOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null
    ? (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
    : undefined;
}
