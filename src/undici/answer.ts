import { define } from '../core/relay.ts';
import type { Controller, IncomingHeaders } from './protocol.ts';

/** What undici tells of an answer, beside its body. */
export interface Answer {
  readonly status: number;
  readonly statusText: string | undefined;
  readonly headers: IncomingHeaders;
  readonly rawHeaders: unknown;
  /** There when the body is over. */
  trailers: IncomingHeaders;
  rawTrailers: unknown;
}

/** Writes down the beginning of an answer. */
export function beginAnswer(
  { rawHeaders }: Controller,
  status: number,
  headers: IncomingHeaders,
  statusText: string | undefined,
): Answer {
  return { status, statusText, headers, rawHeaders, trailers: {}, rawTrailers: null };
}

/** An answer as the strategies know it, and as a function among the options may read it. */
export function responseOf(answer: Answer, body: ReadableStream<Uint8Array> | null): Response {
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) {
      if (isSendable(name, one)) headers.push([name, one]);
    }
  }
  return new Answered(answer, body, headers);
}

/** The other way round: also of a Response that a fallback gave. */
export function answerOf(response: Response): Answer {
  const known = Answered.answerOf(response);
  if (known) return known;
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const { status, statusText } = response;
  return { status, statusText, headers, rawHeaders: null, trailers: {}, rawTrailers: null };
}

/** What undici gives, of what a Response has. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A Response that knows what it was made of: the caller is told that, and not what a Response makes of it. */
class Answered extends Response {
  readonly #answer: Answer;

  constructor(
    answer: Answer,
    body: ReadableStream<Uint8Array> | null,
    headers: [string, string][],
  ) {
    const { status, statusText = '' } = answer;
    // what the class does not take: 999, as some servers answer, or a 205 with a body
    const ordinary = status >= 200 && status <= 599 && !(body && status === 205);
    super(body, {
      status: ordinary ? status : 200,
      statusText: isText(statusText) ? statusText : '',
      headers,
    });
    this.#answer = answer;
    if (ordinary) return;
    define(this, 'status', status);
    define(this, 'ok', status >= 200 && status <= 299);
  }

  static answerOf(response: Response): Answer | undefined {
    return #answer in response ? response.#answer : undefined;
  }
}

/** Whether a Headers takes it. */
export function isSendable(name: string, value: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && isText(value);
}

function isText(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
