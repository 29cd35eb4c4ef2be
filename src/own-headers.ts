/** A client's headers: what its own places are told, and what of it may be told to anybody. */
export interface OwnHeaders {
  readonly forOwn: Headers;
  readonly forOthers: Headers | undefined;
}

/**
 * Headers that say nothing of who asks: those that a browser sends to any origin unasked (the CORS-safelisted ones of the
 * fetch standard), and what APIs want of everybody. A list of what is secret instead would miss somebody's `X-Api-Key`.
 */
const harmless = ['accept', 'accept-language', 'content-language', 'content-type', 'user-agent'];

/** The headers of a client, of all its levels: what a later one says stands. */
export function ownHeaders(
  all: readonly Readonly<Record<string, string>>[],
): OwnHeaders | undefined {
  const entries = all.flatMap((headers) => Object.entries(headers));
  if (entries.length === 0) return undefined;
  const forOwn = new Headers();
  for (const [name, value] of entries) forOwn.set(name, value);
  const told = [...forOwn].filter(([name]) => harmless.includes(name));
  return { forOwn, forOthers: told.length > 0 ? new Headers(told) : undefined };
}
