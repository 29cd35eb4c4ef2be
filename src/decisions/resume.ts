/** What is known of the version of a body that is being read. */
export interface Version {
  /** What the server tells this version from every other by. */
  readonly validator: { readonly name: 'etag' | 'last-modified'; readonly value: string };
  /** Bytes of the whole, where the server has said how many. */
  readonly length: number | undefined;
  /** Whose version it is: a redirect may lead elsewhere the next time. */
  readonly resource?: string | undefined;
}

/** As much of an answer as decides. */
export type Head = Pick<Response, 'status' | 'headers'> & Partial<Pick<Response, 'url'>>;

/** Milliseconds by which the Date of an answer must come after its Last-Modified for that to be strong. */
const distance = 60_000;

/** An entity tag that is not weak (RFC 9110, section 8.8.3). */
const strongTag = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * The version of which an answer is the whole, where it can be told from every other by a strong validator; `undefined`
 * where the body can't be continued.
 *
 * A body that comes encoded is not continued: what is read is decoded, and says nothing of the bytes that were sent. A
 * weak ETag rules the date out as well (RFC 9110, section 13.1.5). A Last-Modified is strong where the answer's Date is
 * enough later for nothing to have changed in that same second. Section 8.8.2.2 asks for a second by one clock, or for a
 * distance beyond the doubt about two. Nobody sees from here whose clocks they are, so it is the 60 s of RFC 7232.
 */
export function versionOf({ status, headers, url }: Head): Version | undefined {
  if (status !== 200 || isEncoded(headers)) return undefined;
  if (headers.get('accept-ranges')?.trim().toLowerCase() === 'none') return undefined;
  const validator = strongValidator(headers);
  const length = wholeNumber(headers.get('content-length') ?? '');
  return validator && { validator, length, resource: resourceAt(url) };
}

function strongValidator(headers: Headers): Version['validator'] | undefined {
  const tag = headers.get('etag');
  if (tag !== null) return strongTag.test(tag) ? { name: 'etag', value: tag } : undefined;
  const modified = headers.get('last-modified');
  if (modified === null) return undefined;
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(modified);
  return age >= distance ? { name: 'last-modified', value: modified } : undefined;
}

/** The headers that ask for the rest of this version, and for the whole of any other. */
export function rangeFrom({ validator }: Version, offset: number) {
  return { range: `bytes=${offset}-`, 'if-range': validator.value };
}

/**
 * What an answer to that means:
 * - `rest`: it is the rest, from the very byte on, or the part of it up to `until`; the whole ends at `end`;
 * - `whole`: nothing was missing but the end;
 * - `changed`: there is another version now;
 * - `no-range`: it is neither, so the server does not continue bodies, or does not do so in a way that can be trusted.
 */
export type Answer =
  | { readonly kind: 'rest'; readonly until: number; readonly end: number }
  | { readonly kind: 'whole' | 'changed' | 'no-range' };

/** Judges the answer to a request for the rest. Whatever leaves a doubt is no rest: two versions must never meet. */
export function answerOf(version: Version, offset: number, head: Head): Answer {
  const { status, headers } = head;
  if (![200, 206, 416].includes(status)) return { kind: 'no-range' };
  const { name, value } = version.validator;
  const validator = headers.get(name);
  // the same tag made weak is no other version, nor is it surely the same
  if (validator === `W/${value}`) return { kind: 'no-range' };
  if (validator !== null && validator !== value) return { kind: 'changed' };
  if (status === 200) return { kind: hasOtherLength(version, headers) ? 'changed' : 'no-range' };
  const range = rangeIn(headers);
  const length = range?.length ?? version.length;
  if (version.length !== undefined && length !== version.length) return { kind: 'changed' };
  // a validator tells the versions of one resource apart, and nothing of two (RFC 9110, section 8.8.1)
  if (resourceAt(head.url) !== version.resource) return { kind: 'no-range' };
  if (validator === null || !range) return { kind: 'no-range' };
  if (status === 416) return { kind: range.length === offset ? 'whole' : 'no-range' };
  const { first, until } = range;
  if (isEncoded(headers) || first !== offset || until === undefined) return { kind: 'no-range' };
  // one that does not say how long the whole is goes by the length that was told before, or else by its own
  return { kind: 'rest', until, end: length ?? until };
}

function hasOtherLength({ length }: Version, headers: Headers): boolean {
  const now = wholeNumber(headers.get('content-length') ?? '');
  return length !== undefined && now !== undefined && now !== length && !isEncoded(headers);
}

/** Without the query: the signature of an address that expires is in it, and is another one each time. */
function resourceAt(url = ''): string | undefined {
  const { origin, pathname } = URL.parse(url) ?? {};
  return origin && `${origin}${pathname}`;
}

interface ContentRange {
  /** The first byte; nothing in the answer that there is none. */
  readonly first: number | undefined;
  /** The byte after its last. */
  readonly until: number | undefined;
  readonly length: number | undefined;
}

/** A Content-Range that makes sense (RFC 9110, section 14.4). */
function rangeIn(headers: Headers): ContentRange | undefined {
  const given = headers.get('content-range')?.trim() ?? '';
  const { first, last, length } =
    /^bytes (?:(?<first>\d+)-(?<last>\d+)|\*)\/(?<length>\d+|\*)$/i.exec(given)?.groups ?? {};
  if (length === undefined) return undefined;
  const whole = wholeNumber(length);
  if (whole === undefined && length !== '*') return undefined;
  if (first === undefined) return { first, until: first, length: whole };
  const [from, to] = [wholeNumber(first), wholeNumber(last ?? '')];
  if (from === undefined || to === undefined || to < from) return undefined;
  return whole === undefined || to < whole
    ? { first: from, until: to + 1, length: whole }
    : undefined;
}

function isEncoded(headers: Headers): boolean {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  return encoding !== '' && encoding !== 'identity';
}

function wholeNumber(text: string): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}
