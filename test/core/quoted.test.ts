import { expect, test } from 'vitest';
import { quoted } from '../../src/core/quoted.ts';

test.each([
  ['', '""'],
  ['api.example.com', '"api.example.com"'],
  ['a "b"\r\n', '"a \\"b\\"\\r\\n"'],
  ['htp://user:secret@api.example.com/v1', '"…@api.example.com/v1"'],
  ['user:p@ss:secret@api.example.com', '"…@api.example.com"'],
  ['ftp://api.example.com/v1?key=secret#secret', '"ftp://api.example.com/v1?…"'],
  ['ftp://api.example.com/#secret@x', '"ftp://api.example.com/#…"'],
  ['a?', '"a?"'],
  ['x'.repeat(40), `"${'x'.repeat(40)}"`],
  ['x'.repeat(41), `"${'x'.repeat(40)}…"`],
])('%j is told as %s, with 0 secrets', (text, expected) => {
  expect(quoted(text)).toBe(expected);
});
