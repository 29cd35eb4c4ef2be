import { describe, expect, test } from 'vitest';
import { httpOrigin } from '../../src/core/http-origin.ts';

describe('the origin of a URL is the one that the platform gives', () => {
  test.each([
    'http://a',
    'https://a',
    'HTTP://EXAMPLE.com:80/users?id=1#top',
    'https://example.com:8443/a//b/@c',
    'https://example.com?http://other/',
    'http://user:pass@example.com/',
    'http://user@example.com:81/a@b',
    'http://us%2Fer:@example.com/',
    'http://@example.com/',
    'http://[::1]:3000/',
    'https://bücher.example/ü',
    'http:example.com\\path',
  ])('for %s, 1 of 12 spellings', (text) => {
    const url = new URL(text);
    expect(httpOrigin(url)).toBe(url.origin);
  });

  test.each(['data:,x', 'blob:https://example.com/1', 'ftp://a/', 'httpx://a/', 'about:blank'])(
    'and none for %s, which is neither http nor https',
    (text) => expect(httpOrigin(new URL(text))).toBeUndefined(),
  );
});
