import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeForm } from '../../src/core/multipart.ts';

const boundary = 'form-0123456789';

function formOf(...entries: [name: string, value: string | Blob, filename?: string][]): FormData {
  const form = new FormData();
  for (const [name, value, filename] of entries) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, filename);
  }
  return form;
}

/** Names, types and contents of a form's entries, in order, files read. */
async function contentOf(form: FormData): Promise<unknown[]> {
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, [...new Uint8Array(await value.arrayBuffer())]],
    ),
  );
}

function decoded(blob: Blob): Promise<FormData> {
  return new Response(blob, { headers: { 'content-type': blob.type } }).formData();
}

/** What the platform itself makes of a form, and the boundary that it drew. */
async function platformEncoding(form: FormData) {
  const response = new Response(form);
  const type = response.headers.get('content-type') ?? '';
  return { boundary: type.replace(/^.*boundary=/, ''), bytes: await response.bytes() };
}

const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\r', '\n', '%', ';', '=', '-', 'a', 'é', '💥', '\\') }),
);
const files = fc
  .record({
    bytes: fc.uint8Array({ maxLength: 64 }),
    name: texts,
    type: fc.constantFrom('', 'text/plain', 'image/png', 'text/plain;charset=utf-8'),
  })
  .map(({ bytes, name, type }) => new File([bytes], name, { type }));
const entries = fc.array(fc.tuple(texts, fc.oneof(texts, files)), { maxLength: 6 });

/** undici before 6.22 (Node 22.19) leaves out the line break after the last boundary; the standard has one. */
const ended = (text: string) => (text.endsWith('\r\n') ? text : `${text}\r\n`);

describe('an encoded form', () => {
  test('is 2 parts between 3 boundaries, as the standard has it', async () => {
    const form = formOf(['a', '1'], ['file', new Blob(['hello'], { type: 'text/plain' }), 'b.txt']);
    expect(await encodeForm(form, boundary).text()).toBe(
      [
        `--${boundary}`,
        'Content-Disposition: form-data; name="a"',
        '',
        '1',
        `--${boundary}`,
        'Content-Disposition: form-data; name="file"; filename="b.txt"',
        'Content-Type: text/plain',
        '',
        'hello',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    );
  });

  test('names its boundary in its type, 1 time', () => {
    expect(encodeForm(formOf(['a', '1']), boundary).type).toBe(
      `multipart/form-data; boundary=${boundary}`,
    );
  });

  test('is its last boundary alone where it has 0 entries', async () => {
    const blob = encodeForm(new FormData(), boundary);
    expect(await blob.text()).toBe(`--${boundary}--\r\n`);
  });

  test('escapes 3 characters of a name: quote, line feed, carriage return', async () => {
    const text = await encodeForm(formOf(['a"b\nc', '1']), boundary).text();
    expect(text).toContain('name="a%22b%0D%0Ac"');
    const file = formOf(['f', new Blob(['x']), 'a"b\nc\r.txt']);
    expect(await encodeForm(file, boundary).text()).toContain('filename="a%22b%0Ac%0D.txt"');
  });

  test('names a file with an empty name as the platform does: not at all, but for 1 on Node 22', async () => {
    const form = formOf(['f', new File(['x'], '')]);
    const platform = await platformEncoding(form);
    const text = await encodeForm(form, platform.boundary).text();
    const [, lines = ''] = text.split('\r\n', 2);
    expect(Buffer.from(platform.bytes).toString()).toContain(`${lines}\r\n`);
  });

  test('gives a file without a type 1 of octets', async () => {
    const text = await encodeForm(formOf(['f', new Blob(['x']), 'x']), boundary).text();
    expect(text).toContain('Content-Type: application/octet-stream\r\n');
  });

  test('has the same bytes when it is read 2 times', async () => {
    const blob = encodeForm(formOf(['a', '1'], ['f', new Blob(['x'])]), boundary);
    expect(await blob.bytes()).toEqual(await blob.bytes());
    expect(await new Response(blob).bytes()).toEqual(await new Response(blob).bytes());
  });

  test('has, for 200 forms, the bytes that the platform sends', async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (given) => {
        const form = formOf(...(given as [string, string | Blob][]));
        const platform = await platformEncoding(form);
        const blob = encodeForm(form, platform.boundary);
        expect(Buffer.from(await blob.arrayBuffer()).toString('latin1')).toBe(
          ended(Buffer.from(platform.bytes).toString('latin1')),
        );
        expect(blob.type).toBe(`multipart/form-data; boundary=${platform.boundary}`);
      }),
      { numRuns: 200 },
    );
  });

  test('is, for 200 forms, read back as it was', async () => {
    const safe = texts.map((text) => text.replace(/%|\r|\n/g, '_').toWellFormed());
    const form = fc
      .array(fc.tuple(safe, fc.oneof(safe, files)), { maxLength: 6 })
      .map((given) => formOf(...(given as [string, string | Blob][])));
    await fc.assert(
      fc.asyncProperty(form, async (given) => {
        const back = await decoded(encodeForm(given, boundary));
        const platform = await new Response(given).formData();
        expect(await contentOf(back)).toEqual(await contentOf(platform));
        expect([...back.keys()]).toEqual([...given.keys()]);
      }),
      { numRuns: 200 },
    );
  });

  test('is read back with line breaks of 1 kind, and with quotes', async () => {
    const form = formOf(['say "hi"', 'one\ntwo\rthree\r\nfour']);
    const back = await decoded(encodeForm(form, boundary));
    expect([...back]).toEqual([['say "hi"', 'one\r\ntwo\r\nthree\r\nfour']]);
  });

  test('keeps a file of 1,000,000 bytes as it is, line breaks included', async () => {
    const bytes = new Uint8Array(1_000_000).map((_, index) => index % 251);
    const blob = encodeForm(formOf(['f', new Blob([bytes]), 'big']), boundary);
    const file = (await decoded(blob)).get('f');
    expect(file).toBeInstanceOf(File);
    expect(Buffer.compare(Buffer.from(await (file as File).arrayBuffer()), bytes)).toBe(0);
  });
});
