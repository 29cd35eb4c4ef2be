import type { Marks, Outgoing } from '../core/outgoing.ts';

/** Headers of a request as they leave, by the names that they leave under. */
export type OutgoingHeaders = Readonly<Record<string, string>>;

type Given = Outgoing['init']['headers'];

const http = 'gzip, deflate';
const https = 'br, gzip, deflate, zstd';

/** What fetch says for a request of which nothing was said. */
const usual = {
  accept: '*/*',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
};
const usualHttp: OutgoingHeaders = { ...usual, 'accept-encoding': http };
const usualHttps: OutgoingHeaders = { ...usual, 'accept-encoding': https };

const conditions = [
  ...['if-modified-since', 'if-none-match', 'if-unmodified-since', 'if-match', 'if-range'],
];

/** What nobody but the connection may say, and fetch takes out. */
const taken = 'host';

/** Headers for the eyes of one origin, which go to no other. */
const credentials = new Set(['authorization', 'proxy-authorization', 'cookie', 'host']);

/** What describes a body, and goes with it: the Fetch standard, "request-body-header name". */
const ofBody = new Set([
  ...['content-encoding', 'content-language', 'content-location', 'content-type'],
  'content-length',
]);

const token = /^[\w!#$%&'*+.^`|~-]+$/;
/** A value that needs no trimming and that fetch takes. */
const plainValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/**
 * What the caller says in his headers, by their names, of which each is there once. Nothing where one of them is not as
 * plain as nearly all are: of those fetch makes what it makes.
 */
export function saidHeaders(
  given: Given,
  marks: Marks | undefined,
): ReadonlyMap<string, Said> | undefined {
  if (!given && !marks) return nothingSaid;
  const said = new Map<string, Said>();
  for (const pair of pairsOf(given)) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [name, value] = pair as [unknown, unknown];
    if (typeof name !== 'string' || typeof value !== 'string') return undefined;
    if (!token.test(name) || !plainValue.test(value)) return undefined;
    const key = name.toLowerCase();
    const known = said.get(key);
    const joint = key === 'cookie' ? '; ' : ', ';
    said.set(key, known ? { ...known, value: `${known.value}${joint}${value}` } : { name, value });
  }
  for (const name in marks) said.set(name, { name, value: marks[name] ?? '' });
  return said;
}

const nothingSaid: ReadonlyMap<string, Said> = new Map();

/** A header as it was said. */
interface Said {
  readonly name: string;
  readonly value: string;
}

function pairsOf(given: Given): Iterable<unknown> {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) return given;
  // fetch refuses a name that is a symbol
  if (!(given instanceof Headers) && Object.getOwnPropertySymbols(given).length > 0) return [given];
  return given instanceof Headers ? given : Object.entries(given);
}

/** What a redirect leaves of them. */
export function withoutSome(
  said: ReadonlyMap<string, Said>,
  keepsBody: boolean,
  keepsCredentials: boolean,
): Map<string, Said> {
  return new Map(
    [...said].filter(
      ([key]) => (keepsBody || !ofBody.has(key)) && (keepsCredentials || !credentials.has(key)),
    ),
  );
}

/** What leaves, in the order of fetch. */
export function leavingHeaders(
  said: ReadonlyMap<string, Said>,
  type: string | undefined,
  secure: boolean,
): OutgoingHeaders {
  if (said.size === 0 && type === undefined) return secure ? usualHttps : usualHttp;
  const headers: Record<string, string> = {};
  for (const [key, { name, value }] of said) if (key !== taken) headers[name] = value;
  const add = (name: string, value: string) => {
    if (!said.has(name)) headers[name] = value;
  };
  if (type !== undefined) add('content-type', type);
  add('accept', '*/*');
  add('accept-language', '*');
  headers['sec-fetch-mode'] = 'cors';
  add('user-agent', 'node');
  if (conditions.some((name) => said.has(name))) {
    add('pragma', 'no-cache');
    add('cache-control', 'no-cache');
  }
  const encoding = said.get('accept-encoding');
  if (!said.has('range')) add('accept-encoding', secure ? https : http);
  else if (!encoding) headers['accept-encoding'] = 'identity';
  else headers[encoding.name] = `${encoding.value}, identity`;
  return headers;
}
