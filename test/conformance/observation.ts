import { inspect } from 'node:util';

/** What comparing can be done with: plain data, in which everything that differs is to be seen. */
export type Plain = string | number | boolean | null | readonly Plain[] | { [key: string]: Plain };

/** Anything as plain data. An error becomes all that a caller can ask it. */
export function plain(value: unknown, seen: readonly unknown[] = []): Plain {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : value;
  if (typeof value !== 'object') return `${typeof value} ${String(value)}`;
  if (seen.includes(value)) return '(itself)';
  const inside = [...seen, value];
  if (isError(value)) return errorSeen(value, inside);
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${Buffer.from(value).toString('latin1')}`;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
    return `${value.constructor.name} ${bytes.toString('latin1')}`;
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, inside));
  if (value instanceof Blob) return `${value.constructor.name} ${value.type} ${value.size}`;
  if (value instanceof Headers) return [...value].map((pair) => pair.join(': '));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, plain(item, inside)]),
  );
}

function isError(value: object): value is Error {
  return value instanceof Error || value instanceof DOMException;
}

const classes = { Error, TypeError, RangeError, SyntaxError, DOMException, AggregateError };

function errorSeen(error: Error, seen: readonly unknown[]): Plain {
  const { name, message, cause } = error;
  const { code, errno, syscall, errors } = error as NodeJS.ErrnoException & { errors?: unknown };
  return {
    name,
    message,
    text: String(error),
    class: error.constructor.name,
    instanceOf: Object.entries(classes)
      .filter(([, of]) => error instanceof of)
      .map(([of]) => of),
    // what a caller finds who walks over it; a stack is not the same in two calls of one function either
    keys: Reflect.ownKeys(error)
      .map(String)
      .filter((key) => key !== 'stack' && !key.startsWith('Symbol('))
      .sort(),
    ...(code === undefined ? undefined : { code: plain(code, seen) }),
    ...(errno === undefined ? undefined : { errno, syscall: plain(syscall, seen) }),
    ...(errors === undefined ? undefined : { errors: plain(errors, seen) }),
    ...('cause' in error ? { cause: plain(cause, seen) } : undefined),
  };
}

/** What a call comes to: its value, or what it throws, and whether it threw at once instead of rejecting. */
export async function outcome(call: () => unknown): Promise<Record<string, unknown>> {
  let pending: unknown;
  try {
    pending = call();
  } catch (error) {
    return { thrown: error, atOnce: true };
  }
  const isPromise = Object.getPrototypeOf(pending ?? {}) === Promise.prototype;
  try {
    return { value: await pending, ...(isPromise ? undefined : { notAPromise: true }) };
  } catch (error) {
    return { thrown: error };
  }
}

/** All of a Response that can be seen without reading it. */
export function headOf(response: Response): Record<string, unknown> {
  const { status, statusText, ok, type, url, redirected, headers, bodyUsed, body } = response;
  return {
    ...{ status, statusText, ok, type, url, redirected, headers, bodyUsed },
    cookies: headers.getSetCookie(),
    isResponse: response instanceof Response,
    prototype: Object.getPrototypeOf(response) === Response.prototype,
    tag: Object.prototype.toString.call(response),
    keys: ownKeys(response),
    headersPrototype: Object.getPrototypeOf(headers) === Headers.prototype,
    body: body && {
      prototype: Object.getPrototypeOf(body) === ReadableStream.prototype,
      locked: body.locked,
      keys: ownKeys(body),
      same: response.body === body,
    },
    printed: inspect(response),
  };
}

function ownKeys(value: object): string[] {
  return Reflect.ownKeys(value).map(String);
}

/** All of a Response, its body read to the end, and what it says afterwards. */
export async function wholeOf(response: Response): Promise<Record<string, unknown>> {
  const { body } = response;
  return {
    head: headOf(response),
    read: await outcome(() => response.arrayBuffer()),
    used: [response.bodyUsed, body?.locked, response.body === body],
    again: await outcome(() => response.text()),
  };
}

/** A call as its caller sees it: the whole of its Response, or its error. */
export async function callOf(call: () => Promise<Response>): Promise<Record<string, unknown>> {
  const { value, ...rest } = await outcome(call);
  return value === undefined ? rest : { ...rest, ...(await wholeOf(value as Response)) };
}

/** How a call ends that its caller aborts, and whether with his own reason. */
export async function rejectionOf(call: Promise<unknown>, signal: AbortSignal) {
  const { value, thrown } = await outcome(() => call);
  return { value, thrown, own: thrown === signal.reason };
}
