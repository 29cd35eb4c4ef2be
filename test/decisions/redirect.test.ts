import { describe, expect, it } from 'vitest';
import { hopOf, isRedirect, type NextHop } from '../../src/decisions/redirect.ts';

const about = (method = 'GET', changes = {}) => ({
  ...{ url: new URL('https://a.test/dir/page?q=1#here'), method },
  ...{ hasBody: method === 'POST' || method === 'PUT', replayable: true, redirects: 0, ...changes },
});

const hop = (status: number, location: string, method?: string, changes?: object): NextHop => {
  const next = hopOf(status, location, about(method, changes));
  if (next instanceof Error) throw next;
  return next;
};

describe('a redirect', () => {
  it('is one of 5 statuses', () => {
    const statuses = Array.from({ length: 1_000 }, (_, status) => status);
    expect(statuses.filter(isRedirect)).toEqual([301, 302, 303, 307, 308]);
  });

  const places: Record<string, string> = {
    '/on': 'https://a.test/on#here',
    other: 'https://a.test/dir/other#here',
    '?q=2': 'https://a.test/dir/page?q=2#here',
    '//b.test/': 'https://b.test/#here',
    'http://b.test:81/x#there': 'http://b.test:81/x#there',
    '/\u00c3\u00bc': 'https://a.test/%C3%BC#here',
  };
  for (const [location, expected] of Object.entries(places)) {
    it(`to ${location} leads to ${expected}, in 1 hop`, () => {
      expect(hop(302, location).url.href).toBe(expected);
    });
  }

  const methods: readonly [number, string, string, boolean][] = [
    ...([301, 302] as const).flatMap((status): [number, string, string, boolean][] => [
      [status, 'GET', 'GET', true],
      [status, 'POST', 'GET', false],
      [status, 'PUT', 'PUT', true],
    ]),
    ...['POST', 'PUT', 'DELETE'].map((method): [number, string, string, boolean] => [
      ...([303, method, 'GET', false] as const),
    ]),
    ...[303, 307, 308].map((status): [number, string, string, boolean] => [
      ...([status, 'HEAD', 'HEAD', true] as const),
    ]),
    [307, 'POST', 'POST', true],
    [308, 'POST', 'POST', true],
  ];
  for (const [status, method, next, keepsBody] of methods) {
    it(`${status} makes of a ${method} a ${next}, with ${keepsBody ? 'its' : '0 bytes of'} body`, () => {
      expect(hop(status, '/on', method)).toMatchObject({ method: next, keepsBody });
    });
  }

  it('takes the credentials off where host, port or scheme is another one: 3 of 4', () => {
    const kept = [
      'https://a.test/',
      'https://b.test/',
      'https://a.test:444/',
      'http://a.test/',
    ].map((place) => hop(302, place).keepsCredentials);
    expect(kept).toEqual([true, false, false, false]);
  });

  const refused: Record<string, [string, object, string]> = {
    'ftp://a.test/': ['GET', {}, 'URL scheme must be a HTTP(S) scheme'],
    'https://a.test:25/': ['GET', {}, 'bad port'],
    'https://me:you@a.test/': ['GET', {}, 'cross origin not allowed for request mode "cors"'],
    '/on': ['GET', { redirects: 20 }, 'redirect count exceeded'],
    '/once': ['POST', { replayable: false }, ''],
    'http://[': ['GET', {}, 'Invalid URL'],
  };
  for (const [location, [method, changes, message]] of Object.entries(refused)) {
    it(`to ${location} is followed 0 times: ${message}`, () => {
      const error = hopOf(307, location, about(method, changes));
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toBe(message);
    });
  }

  it('by 303 is followed 1 time more where the body can be sent only once', () => {
    expect(hop(303, '/on', 'POST', { replayable: false }).keepsBody).toBe(false);
  });
});
