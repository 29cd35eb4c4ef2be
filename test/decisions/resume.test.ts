import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerOf, rangeFrom, type Version, versionOf } from '../../src/decisions/resume.ts';

const head = (status: number, headers: Record<string, string>) => ({
  status,
  headers: new Headers(headers),
});

const noon = 'Tue, 03 Mar 2026 12:00:00 GMT';
const later = (seconds: number) => new Date(Date.parse(noon) + seconds * 1_000).toUTCString();
const tagged: Version = { validator: { name: 'etag', value: '"one"' }, length: 100 };
const dated: Version = { validator: { name: 'last-modified', value: noon }, length: 100 };
const chunked: Version = { ...tagged, length: undefined };

describe('a body can be continued', () => {
  test.each<[string, Record<string, string>, Version]>([
    ['of a strong ETag', { etag: '"one"', 'content-length': '100' }, tagged],
    [
      'of an empty ETag',
      { etag: '""' },
      { validator: { name: 'etag', value: '""' }, length: undefined },
    ],
    ['of no known length', { etag: '"one"' }, chunked],
    ['of a length that makes no sense', { etag: '"one"', 'content-length': '1, 1' }, chunked],
    ['that is encoded as itself', { etag: '"one"', 'content-encoding': 'identity' }, chunked],
    ['whose server takes ranges', { etag: '"one"', 'accept-ranges': 'bytes' }, chunked],
    [
      'that has not changed for 60 s',
      { 'last-modified': noon, date: later(60), 'content-length': '100' },
      dated,
    ],
  ])('%s, 1 of 7', (_, headers, version) => {
    expect(versionOf(head(200, headers))).toEqual(version);
  });
});

describe('a body can not be continued', () => {
  test.each<[string, number, Record<string, string>]>([
    ['without a validator', 200, {}],
    ['of a weak ETag', 200, { etag: 'W/"one"' }],
    ['of an ETag without quotes', 200, { etag: 'one' }],
    [
      'of a weak ETag and an old date',
      200,
      { etag: 'W/"1"', 'last-modified': noon, date: later(99) },
    ],
    ['that changed 59 s before', 200, { 'last-modified': noon, date: later(59) }],
    ['that changes in the future', 200, { 'last-modified': noon, date: later(-90) }],
    ['of a date without another beside it', 200, { 'last-modified': noon }],
    ['of a date that is none', 200, { 'last-modified': 'long ago', date: noon }],
    ['that is compressed', 200, { etag: '"one"', 'content-encoding': 'gzip' }],
    ['whose server takes no ranges', 200, { etag: '"one"', 'accept-ranges': 'none' }],
    ['that is a part itself', 206, { etag: '"one"' }],
    ['that is an error', 404, { etag: '"one"' }],
  ])('%s, 1 of 12', (_, status, headers) => {
    expect(versionOf(head(status, headers))).toBeUndefined();
  });
});

test('the rest is asked for from a byte on, of 1 version', () => {
  expect(rangeFrom(tagged, 40)).toEqual({ range: 'bytes=40-', 'if-range': '"one"' });
  expect(rangeFrom(dated, 0)).toEqual({ range: 'bytes=0-', 'if-range': noon });
});

describe('an answer, to whoever has read 40 bytes of 100,', () => {
  const one = { etag: '"one"' };
  const rest = { ...one, 'content-range': 'bytes 40-99/100' };
  test.each<[string, Version, number, Record<string, string>, string, number?]>([
    ['is the rest', tagged, 206, rest, 'rest', 100],
    [
      'is a part of the rest',
      tagged,
      206,
      { ...one, 'content-range': 'bytes 40-59/100' },
      'rest',
      100,
    ],
    ['is the rest of a date', dated, 206, { ...rest, 'last-modified': noon }, 'rest', 100],
    [
      'says the length first',
      chunked,
      206,
      { ...one, 'content-range': 'bytes 40-79/80' },
      'rest',
      80,
    ],
    [
      'never says the length',
      chunked,
      206,
      { ...one, 'content-range': 'bytes 40-79/*' },
      'rest',
      80,
    ],
    ['keeps the length', tagged, 206, { ...one, 'content-range': 'bytes 40-99/*' }, 'rest', 100],
    ['has another ETag', tagged, 206, { ...rest, etag: '"two"' }, 'changed'],
    ['has a weak ETag', tagged, 206, { ...rest, etag: 'W/"one"' }, 'no-range'],
    ['has another date', dated, 206, { ...rest, 'last-modified': later(1) }, 'changed'],
    ['is of another length', tagged, 206, { ...one, 'content-range': 'bytes 40-98/99' }, 'changed'],
    ['is the whole of another', tagged, 200, { etag: '"two"' }, 'changed'],
    ['is a whole of other length', tagged, 200, { 'content-length': '99' }, 'changed'],
    ['is the whole of the same', tagged, 200, { ...one, 'content-length': '100' }, 'no-range'],
    ['is the whole of who knows what', tagged, 200, {}, 'no-range'],
    ['is compressed', tagged, 206, { ...rest, 'content-encoding': 'br' }, 'no-range'],
    ['has no validator', tagged, 206, { 'content-range': 'bytes 40-99/100' }, 'no-range'],
    [
      'has only a date',
      tagged,
      206,
      { 'content-range': 'bytes 40-99/100', 'last-modified': noon },
      'no-range',
    ],
    ['has no Content-Range', tagged, 206, one, 'no-range'],
    [
      'is of several parts',
      tagged,
      206,
      { ...one, 'content-type': 'multipart/byteranges' },
      'no-range',
    ],
    [
      'begins a byte too early',
      tagged,
      206,
      { ...one, 'content-range': 'bytes 39-99/100' },
      'no-range',
    ],
    [
      'begins a byte too late',
      tagged,
      206,
      { ...one, 'content-range': 'bytes 41-99/100' },
      'no-range',
    ],
    [
      'ends before it begins',
      tagged,
      206,
      { ...one, 'content-range': 'bytes 40-39/100' },
      'no-range',
    ],
    [
      'ends beyond its whole',
      tagged,
      206,
      { ...one, 'content-range': 'bytes 40-100/100' },
      'no-range',
    ],
    [
      'counts something else',
      tagged,
      206,
      { ...one, 'content-range': 'items 40-99/100' },
      'no-range',
    ],
    ['has nothing left to give', chunked, 416, { ...one, 'content-range': 'bytes */40' }, 'whole'],
    ['has less than was read', chunked, 416, { ...one, 'content-range': 'bytes */39' }, 'no-range'],
    ['has less than it said', tagged, 416, { ...one, 'content-range': 'bytes */40' }, 'changed'],
    ['has no range of who knows what', chunked, 416, { 'content-range': 'bytes */40' }, 'no-range'],
    ['is gone', tagged, 404, one, 'no-range'],
    ['is not ready', tagged, 503, { etag: '"two"' }, 'no-range'],
  ])('that %s, 1 of 30', (_, version, status, headers, kind, end) => {
    const answer = answerOf(version, 40, head(status, headers));
    expect(answer.kind).toBe(kind);
    expect((answer as { end?: number }).end).toBe(end);
  });
});

test('a validator is that of 1 resource, whose address may have another query each time', () => {
  const at = (url: string, status: number, headers: Record<string, string>) => ({
    ...head(status, { etag: '"one"', ...headers }),
    url,
  });
  const file = versionOf(
    at('https://a.test/v1?key=1', 200, { 'content-length': '100' }),
  ) as Version;
  const kinds = [
    'https://a.test/v1?key=1',
    'https://a.test/v1?key=2',
    'https://a.test/v2?key=1',
    'https://b.test/v1?key=1',
    '',
  ].map((url) => answerOf(file, 40, at(url, 206, { 'content-range': 'bytes 40-99/100' })).kind);
  expect(kinds).toEqual(['rest', 'rest', 'no-range', 'no-range', 'no-range']);
});

/** Any header, made of the parts that matter and of what servers get wrong in them. */
const tag = fc.constantFrom('"one"', '"one"', '"one"', '"two"', 'W/"one"', 'one', '"on"e"');
const number = fc.oneof(
  fc.nat(4).map(String),
  fc.constantFrom('*', '', '-1', '1e1', '9'.repeat(20)),
);
const contentRange = fc.oneof(
  fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(1))
    .map(([first, more, rest]) => `bytes ${first}-${first + more}/${first + more + 1 + rest}`),
  fc
    .tuple(fc.constantFrom('bytes', 'Bytes', 'items'), number, number, number)
    .map(([unit, first, last, length]) => `${unit} ${first}-${last}/${length}`),
  number.map((length) => `bytes */${length}`),
  fc.string({ unit: 'grapheme-ascii' }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
);
const anyHead = fc
  .record({
    status: fc.constantFrom(200, 206, 206, 206, 416, 404, 500),
    headers: fc.record(
      {
        etag: tag,
        'last-modified': fc.constantFrom(noon, later(1)),
        'content-range': contentRange,
        'content-length': number,
        'content-encoding': fc.constantFrom('gzip', 'identity', ''),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ status, headers }) => head(status, headers as Record<string, string>));
const anyVersion = fc.record({
  validator: fc.constantFrom(tagged.validator, dated.validator),
  length: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
});

test('what is taken for the rest is a 206 of the same version, from that very byte: 20,000 answers', () => {
  let taken = 0;
  fc.assert(
    fc.property(anyVersion, fc.nat(3), anyHead, (version, offset, given) => {
      const answer = answerOf(version, offset, given);
      if (answer.kind !== 'rest') return;
      taken++;
      const { name, value } = version.validator;
      expect(given.status).toBe(206);
      expect(given.headers.get(name)).toBe(value);
      expect(given.headers.get('content-encoding')).not.toBe('gzip');
      const [, first, last, length] =
        /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(given.headers.get('content-range') ?? '') ?? [];
      expect(Number(first)).toBe(offset);
      expect(Number(last)).toBeGreaterThanOrEqual(offset);
      expect(answer.until).toBe(Number(last) + 1);
      const said = version.length ?? answer.until;
      expect(answer.end).toBe(length === '*' ? said : Number(length));
      if (version.length !== undefined) expect(answer.end).toBe(version.length);
      if (length !== '*') expect(Number(last)).toBeLessThan(Number(length));
    }),
    { numRuns: 20_000 },
  );
  expect(taken).toBeGreaterThan(20);
});

/** A file that its owner writes anew now and then, behind a server that keeps to RFC 9110 or is lax in one way. */
const versions = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), {
  minLength: 1,
  maxLength: 4,
});
const visits = fc.array(
  fc.record({
    write: fc.boolean(),
    sends: fc.nat(12),
    lax: fc.constantFrom('no', 'no', 'no', 'ignores If-Range', 'ignores Range', 'no validator'),
  }),
  { minLength: 1, maxLength: 12 },
);

test('what was put together is one version, byte for byte, or nothing: 5,000 files that change while they are read', () => {
  let whole = 0;
  fc.assert(
    fc.property(versions, visits, (files, days) => {
      let now = 0;
      const serve = (asked: Partial<ReturnType<typeof rangeFrom>>, lax: string) => {
        const file = files[now % files.length] as Uint8Array;
        const etag = `"${now}"`;
        const from = Number(/\d+/.exec(asked.range ?? '')?.[0] ?? 0);
        const meant = asked['if-range'] === etag || lax === 'ignores If-Range';
        const validator: Record<string, string> = lax === 'no validator' ? {} : { etag };
        if (!asked.range || !meant || lax === 'ignores Range') {
          return { ...head(200, { ...validator, 'content-length': `${file.length}` }), body: file };
        }
        const range = { ...validator, 'content-range': `bytes */${file.length}` };
        if (from >= file.length) return { ...head(416, range), body: new Uint8Array() };
        range['content-range'] = `bytes ${from}-${file.length - 1}/${file.length}`;
        return { ...head(206, range), body: file.subarray(from) };
      };
      const first = serve({}, 'no');
      const version = versionOf(first) as Version;
      const original = first.body;
      let { body } = first;
      let read: number[] = [];
      for (const { write, sends, lax } of days) {
        read = [...read, ...body.subarray(0, sends)];
        if (read.length >= original.length) break;
        if (write) now++;
        const served = serve(rangeFrom(version, read.length), lax);
        const { kind } = answerOf(version, read.length, served);
        if (kind === 'changed') expect(now).toBeGreaterThan(0);
        if (kind !== 'rest') return;
        body = served.body;
      }
      expect(read).toEqual([...original].slice(0, read.length));
      if (read.length === original.length) whole++;
    }),
    { numRuns: 5_000 },
  );
  expect(whole).toBeGreaterThan(100);
});
