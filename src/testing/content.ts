import * as v from 'valibot';
import { atLeast, delay, fn, integer, kind, object, record, type Schema } from '../schema.ts';

const status = integer(200, 599, 'a status from 200 to 599');
const isBody = (value: unknown) => typeof value === 'string' || value instanceof Uint8Array;

/** What any made-up answer may have. */
export const contentEntries = {
  /** @default 200 */
  status: v.optional(status),
  /** Sent as they are, over those that the body brings. @default none */
  headers: v.optional(record(v.string('a string'), 'an object of headers')),
  /** @default a line that names the status */
  body: v.optional(v.custom<string | Uint8Array>(isBody, 'a string or a Uint8Array')),
  /** A body that is sent as JSON. @default none */
  json: v.optional(v.unknown()),
  /** Milliseconds before the answer begins. @default 0 */
  delay: v.optional(delay),
  /** A Retry-After in seconds. @default none */
  retryAfter: v.optional(atLeast(0)),
};

export const content = object(contentEntries);

/** An ordinary answer: 200 and a short text, but for what is given. */
export interface AnswerContent extends v.InferInput<typeof content> {}

/**
 * Answers in turn, at least one. Which schema checks an answer goes by its type, so that a fault is told in the words of
 * what was meant.
 *
 * @param words the short forms beside a status.
 */
export function answersOf<T>(
  words: readonly string[],
  whole: Schema<unknown>,
  signature: string,
): { readonly one: Schema<T>; readonly list: Schema<T[]> } {
  const names = words.map((word) => `'${word}'`).join(', ');
  const word = v.custom<string>(
    (value) => words.some((known) => known === value),
    `${names}, a status, an object, or a function`,
  );
  const short = kind('function', fn(signature), kind('number', status, word));
  const one = kind('object', whole, short) as Schema<T>;
  const text = 'an array with at least one answer';
  return { one, list: v.pipe(v.array(one, text), v.minLength(1, text)) };
}

/** The body of an answer, and the headers that go with it. */
export function contentOf(given: AnswerContent): { body: Uint8Array; headers: Headers } {
  const { status = 200, headers: own, body, json, retryAfter } = given;
  const headers = new Headers();
  if (json !== undefined) headers.set('content-type', 'application/json');
  else if (typeof body !== 'object') headers.set('content-type', 'text/plain;charset=UTF-8');
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  for (const [name, value] of Object.entries(own ?? {})) headers.set(name, value);
  const text = json === undefined ? (body ?? `answer ${status}`) : JSON.stringify(json);
  return { body: typeof text === 'string' ? new TextEncoder().encode(text) : text, headers };
}
