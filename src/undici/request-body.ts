import { Readable } from 'node:stream';

/**
 * The body of a request in a form of which the client knows whether it can be sent twice. What undici takes beyond what a
 * fetch does becomes an async iterable, which is sent once: an iterator, and a stream of the oldest kind.
 */
export function bodyOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Symbol.asyncIterator in body) return body;
  if (isStream(body)) return new Readable().wrap(body as unknown as NodeJS.ReadableStream);
  const whole = ArrayBuffer.isView(body) || Symbol.toStringTag in body;
  if (!(Symbol.iterator in body) || (whole && !isGenerator(body))) return body;
  return once(body as Iterable<unknown>);
}

/** Hears of a stream that fails before anybody reads it, which ends the process if nobody does. Returns what stops it. */
export function onFailure(body: unknown, fail: (error: unknown) => void): () => void {
  if (!isStream(body)) return () => {};
  body.on('error', fail);
  return () => body.off('error', fail);
}

async function* once(chunks: Iterable<unknown>): AsyncGenerator<unknown> {
  yield* chunks;
}

function isStream(body: unknown): body is Readable {
  const { pipe, on } = (body ?? {}) as Partial<Readable>;
  return typeof pipe === 'function' && typeof on === 'function';
}

function isGenerator(body: object): boolean {
  return typeof (body as Partial<Iterator<unknown>>).next === 'function';
}
