import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { documentOf } from '../../src/dashboard/document.ts';

const html = '<!doctype html><style></style><main></main><script type="module"></script>';
const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What a browser would take the hash of. */
function partsOf(document: string) {
  const [, style] = /<style>([\s\S]*?)<\/style/i.exec(document) ?? [];
  const [, script] = /<script type="module">([\s\S]*?)<\/script/i.exec(document) ?? [];
  return { style, script };
}

test('puts style and script in, and allows these 2 and nothing else', () => {
  const document = documentOf({ html, css: 'a{}', js: "f('$&')" });
  expect(document.html).toBe(
    '<!doctype html><style>a{}</style><main></main><script type="module">f(\'$&\')</script>',
  );
  expect(document.policy).toBe(
    `default-src 'none'; style-src ${hash('a{}')}; script-src ${hash("f('$&')")}; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
});

test('lets neither end early by 3 things that could end them, and hashes what is there', () => {
  const js = "const a = '</script><b>' + '</SCRIPT >' + `<!--<script>`;\r\nb();";
  const document = documentOf({ html, css: 'a::after{content:"</style>"}', js });
  const { style, script } = partsOf(document.html);
  expect(script).toBe(
    "const a = '\\x3C/script><b>' + '\\x3C/SCRIPT >' + `\\x3C!--<script>`;\nb();",
  );
  expect(style).toBe('a::after{content:"\\3C /style>"}');
  expect(document.policy).toContain(`style-src ${hash(style)}`);
  expect(document.policy).toContain(`script-src ${hash(script)}`);
  expect(Function(`${script?.replace('b();', '')} return a;`)()).toBe(
    '</script><b></SCRIPT ><!--<script>',
  );
});

test.each([
  ['<style></style>', 0],
  ['<style></style><style></style><script type="module"></script>', 2],
])('says so where there is not 1 place for each: %s', (faulty) => {
  expect(() => documentOf({ html: faulty, css: '', js: '' })).toThrow(
    /^page\.html has [02] × <(style|script type="module")><\/(style|script)>, not 1$/,
  );
});
