import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptionsError } from '../src/core/errors.ts';
import { quoted } from '../src/core/quoted.ts';
import { hostRules } from '../src/hosts.ts';

/** Which of the patterns is taken for an address. */
const match = (patterns: string[], address: string) =>
  hostRules(Object.fromEntries(patterns.map((pattern) => [pattern, pattern]))).of(new URL(address));

describe('a pattern', () => {
  test.each([
    ['example.com', 'https://example.com/a?b=1'],
    ['example.com', 'http://example.com'],
    ['example.com', 'https://example.com:8443'],
    ['example.com', 'https://EXAMPLE.com'],
    ['EXAMPLE.Com', 'https://example.com'],
    ['example.com:443', 'https://example.com'],
    ['example.com:80', 'http://example.com:80'],
    ['example.com:8080', 'http://example.com:8080'],
    ['example.com:8080', 'https://example.com:8080'],
    ['example.com:0080', 'http://example.com'],
    ['https://example.com', 'https://example.com/1'],
    ['https://example.com/', 'https://example.com'],
    ['https://example.com:443', 'https://example.com'],
    ['http://example.com', 'http://example.com:80'],
    ['HTTPS://Example.com', 'https://example.com'],
    ['http://example.com:8080', 'http://example.com:8080'],
    ['*.example.com', 'https://a.example.com'],
    ['*.example.com', 'https://a.b.example.com:8443'],
    ['*.EXAMPLE.com', 'http://a.example.com'],
    ['*.com', 'https://example.com'],
    ['localhost', 'http://localhost:3000'],
    ['bücher.example', 'https://xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'https://bücher.example'],
    ['*.bücher.example', 'https://a.bücher.example'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['[::1]', 'http://[::1]:3000'],
    ['[::1]:3000', 'http://[::1]:3000'],
    ['[0:0:0:0:0:0:0:1]', 'http://[::1]'],
    ['[2001:DB8::1]', 'http://[2001:db8::1]/'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['api_v2.example.com', 'https://api_v2.example.com'],
  ])('%s is for 1 address such as %s', (pattern, address) => {
    expect(match([pattern], address)).toBe(pattern);
  });

  test.each([
    ['example.com', 'https://a.example.com'],
    ['example.com', 'https://example.com.evil.test'],
    ['example.com', 'https://badexample.com'],
    ['example.com:443', 'http://example.com'],
    ['example.com:80', 'https://example.com'],
    ['example.com:8080', 'https://example.com'],
    ['https://example.com', 'http://example.com'],
    ['https://example.com', 'https://example.com:8443'],
    ['*.example.com', 'https://example.com'],
    ['*.example.com', 'https://badexample.com'],
    ['*.example.com', 'https://a.example.com.evil.test'],
    ['*.b.example.com', 'https://a.example.com'],
    ['[::1]', 'http://[::2]'],
    ['127.0.0.1', 'http://127.0.0.2'],
  ])('%s is for 0 addresses such as %s', (pattern, address) => {
    expect(match([pattern], address)).toBeUndefined();
  });

  test.each([
    ...['', ' ', '*', '*.', '**.example.com', 'a.*.com', '*example.com', 'example.*', '*.*.com'],
    ...['example.com/', 'example.com/path', '/path', 'example.com?a=1', 'example.com#a'],
    ...['https://', 'https:/example.com/a', 'https://example.com/path', 'https://example.com?a=1'],
    ...['https://*.example.com', '*.https://example.com', 'https://user:pw@example.com'],
    ...['user@example.com', 'ftp://example.com', 'ws://example.com', 'mailto:a@example.com'],
    ...['example.com:', 'example.com:x', 'example.com:80:80', 'exa mple.com', 'example.com:-1'],
    ...['*.example.com:443', '::1', '[::1', '[::g]', '[::1]:', 'a..b:x', '%', 'a b'],
    ...['https://example.com#fragment', 'https://:pw@example.com', 'example.com:99999'],
  ])('%j is none: 0 hosts are meant by it', (pattern) => {
    expect(() => hostRules({ [pattern]: 1 })).toThrow(
      new OptionsError(
        `hosts: expected host, host:port, an origin or *.suffix, got ${quoted(pattern)}`,
      ),
    );
  });
});

describe('the most specific of several patterns', () => {
  const ladder = [
    ...['https://a.b.example.com:8443', 'a.b.example.com:8443', 'a.b.example.com'],
    ...['*.b.example.com', '*.example.com', '*.com'],
  ];

  test('wins, on each of 6 rungs, in whichever order they were written', () => {
    for (let rung = 0; rung < ladder.length; rung++) {
      const patterns = ladder.slice(rung);
      for (const order of [patterns, patterns.toReversed()]) {
        expect(match(order, 'https://a.b.example.com:8443/x')).toBe(ladder[rung]);
      }
    }
  });

  test('is that of its own scheme: 2 origins of one host', () => {
    const patterns = ['http://a.test', 'https://a.test', 'a.test'];
    expect(match(patterns, 'http://a.test')).toBe('http://a.test');
    expect(match(patterns, 'https://a.test')).toBe('https://a.test');
    expect(match(patterns, 'https://a.test:8443')).toBe('a.test');
  });

  test('is found among names that every object has, 4 of them', () => {
    const names = ['constructor', 'tostring', 'valueof', 'hasownproperty'];
    for (const name of names) expect(match(['a.test'], `http://${name}`)).toBeUndefined();
    for (const name of names) expect(match([name], `http://${name}`)).toBe(name);
  });
});

test('0 rules match 0 addresses', () => {
  expect(match([], 'https://example.com')).toBeUndefined();
});

test('a rule is given back itself, 1 object', () => {
  const rule = { retry: false };
  expect(hostRules({ 'a.test': rule }).of(new URL('http://a.test'))).toBe(rule);
});

test('500 random patterns are taken or refused, and never anything else', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...'*.:/@[]#?%aA1é -') }),
    fc.domain(),
    fc.webAuthority({ withIPv4: true, withIPv6: true, withPort: true }),
  );
  fc.assert(
    fc.property(texts, (pattern) => {
      try {
        hostRules({ [pattern]: 1 }).of(new URL('https://example.com'));
      } catch (error) {
        expect(error).toBeInstanceOf(OptionsError);
      }
    }),
    { numRuns: 500 },
  );
});

test('any of 300 web addresses is matched by its own host, host:port and origin', () => {
  const addresses = fc.webUrl({ authoritySettings: { withIPv4: true, withPort: true } });
  fc.assert(
    fc.property(addresses, (address) => {
      const url = new URL(address);
      const port = url.port || (url.protocol === 'https:' ? '443' : '80');
      for (const pattern of [url.hostname, `${url.hostname}:${port}`, url.origin]) {
        expect(match([pattern], address)).toBe(pattern);
      }
    }),
    { numRuns: 300 },
  );
});
