import fc from 'fast-check';
import { chunk, head, raw } from './answers.ts';
import { endsBare } from './known-differences.ts';
import type { Answer } from './server.ts';

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,11}$/).map((name) => `x-${name}`);
/** Anything that a field may hold: RFC 9110, section 5.5, without the obsolete folding. */
const fieldValue = fc.stringMatching(
  /^[\x21-\x7e\xa0-\xff]([\t \x21-\x7e\xa0-\xff]{0,30}[\x21-\x7e\xa0-\xff])?$/,
);
const fields = fc.array(fc.tuple(token, fieldValue), { maxLength: 6 });
const text = fc.string({ unit: 'binary', maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 400 });

const forms = fc
  .array(fc.tuple(text, fc.oneof(text, bytes)), { maxLength: 4 })
  .map((entries) => () => {
    const form = new FormData();
    for (const [name, value] of entries) {
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, new Blob([value]), name);
    }
    return form;
  });

/** A body, as it is made anew for each run. */
const bodies = fc.oneof(
  text.map((value) => () => value),
  bytes.map((value) => () => value.slice()),
  bytes.map((value) => () => value.slice().buffer),
  fc.tuple(bytes, fc.constantFrom('', 'text/plain', 'a/b')).map(([value, type]) => () => {
    return new Blob([value], { type });
  }),
  fc.array(fc.tuple(text, text), { maxLength: 4 }).map((pairs) => () => new URLSearchParams(pairs)),
  fc.array(bytes, { maxLength: 4 }).map((chunks) => () => ReadableStream.from(chunks)),
  // none of them empty: after an empty chunk the fetch of Node 22 asks a generator for no more
  fc
    .array(
      fc.oneof(bytes, text).filter(({ length }) => length > 0),
      { maxLength: 4 },
    )
    .map((chunks) => () => generated(chunks)),
  // where forms are known to differ they are not generated
  ...(endsBare ? [] : [forms]),
);

async function* generated(chunks: readonly unknown[]) {
  yield* chunks;
}

const headers = fields.chain((pairs) =>
  fc.constantFrom(
    () => pairs,
    () => Object.fromEntries(pairs),
    () => new Headers(pairs),
    () => new Map(pairs),
  ),
);

/** A request that fetch takes: a path, and an init, made anew for each run. */
export const requests = fc
  .record({
    path: fc.webPath(),
    query: fc.webQueryParameters(),
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'put', 'PATCH', 'delete', 'OPTIONS', 'QUERY'),
    headers,
    body: fc.option(bodies, { nil: undefined }),
    asRequest: fc.boolean(),
    more: fc.record(
      {
        redirect: fc.constantFrom('follow', 'manual', 'error'),
        mode: fc.constantFrom('cors', 'no-cors', 'same-origin'),
        cache: fc.constantFrom('default', 'no-store', 'no-cache', 'reload'),
        credentials: fc.constantFrom('omit', 'include', 'same-origin'),
        referrerPolicy: fc.constantFrom('', 'no-referrer', 'origin'),
        keepalive: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ path, query, method, headers, body, asRequest, more }) => ({
    asRequest,
    path: `${path.startsWith('/') ? path : `/${path}`}?${query}`,
    init: (): RequestInit => {
      const taken = body && !['GET', 'HEAD'].includes(method);
      const own = { method, headers: headers(), duplex: 'half', ...more };
      return (taken ? { ...own, body: body() } : own) as RequestInit;
    },
  }));

/** How a body is delimited: by its length, in chunks, or by the end of the connection (RFC 9112, section 6). */
const framings = fc.constantFrom('length', 'chunks', 'end');
/** Those that nobody asks again after. */
const statuses = fc
  .oneof(
    fc.integer({ min: 200, max: 299 }),
    fc.integer({ min: 400, max: 499 }),
    fc.constantFrom(300, 305, 501, 505),
  )
  .filter((status) => ![204, 205, 408, 425, 429, 401, 407, 421].includes(status));

/** An answer that is well formed, as bytes on the wire. */
export const answers: fc.Arbitrary<Answer> = fc
  .record({
    status: statuses,
    hints: fc.array(fields, { maxLength: 2 }),
    fields,
    cookies: fc.array(fieldValue, { maxLength: 2 }),
    pieces: fc.array(
      bytes.filter(({ length }) => length > 0),
      { maxLength: 5 },
    ),
    trailers: fields,
    framing: framings,
  })
  .map(({ status, hints, fields, cookies, pieces, trailers, framing }) => {
    const lines = [...fields, ...cookies.map((cookie) => ['set-cookie', cookie] as const)].map(
      line,
    );
    const early = hints.map((given) => head(103, given.map(line))).join('');
    const start = (framed: string) =>
      Buffer.from(early + head(status, [framed, ...lines]), 'latin1');
    const whole = Buffer.concat(pieces);
    if (framing === 'end') return raw(Buffer.concat([start('connection: close'), whole]), 'FIN');
    if (framing === 'length') {
      return raw(Buffer.concat([start(`content-length: ${whole.length}`), whole]));
    }
    const end = Buffer.from(['0', ...trailers.map(line), '', ''].join('\r\n'), 'latin1');
    return raw(Buffer.concat([start('transfer-encoding: chunked'), ...pieces.map(chunk), end]));
  });

function line([name, value]: readonly [string, string]): string {
  return `${name}: ${value}`;
}

/** A chain of redirects, each within the origin or to another, and what begins it. */
export const chains = fc.record({
  hops: fc.array(
    fc.record({
      status: fc.constantFrom(301, 302, 303, 307, 308),
      elsewhere: fc.boolean(),
      path: fc.constantFrom('/a', 'b', '../c', '?d=e', '/f#g', '//', './h i'),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE'),
  body: text,
  mode: fc.constantFrom('follow', 'follow', 'follow', 'manual', 'error'),
});

/** What can be done with a Response, one thing after another. */
export const steps = [
  ...['text', 'json', 'arrayBuffer', 'clone', 'getReader', 'read', 'releaseLock', 'cancelReader'],
  ...['cancel', 'tee', 'next', 'return', 'used', 'pipeThrough', 'cloneText'],
] as const;

export const readings = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 8 });

/** When a call is aborted, and how the server answers meanwhile. */
export const aborts = fc.record({
  moment: fc.constantFrom('before', 'at once', 'asked', 'headers', 'chunk', 'read'),
  chunks: fc.integer({ min: 1, max: 4 }),
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  reason: fc.oneof(fc.constant(undefined), fc.string(), fc.integer(), fc.constant(null)),
  cloned: fc.boolean(),
  asRequest: fc.boolean(),
});
