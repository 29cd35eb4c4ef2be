import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
} from '@opentelemetry/semantic-conventions';
import { assert, property, record, string, stringMatching, webUrl } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  attemptFacts,
  callFacts,
  methodOf,
  requestFacts,
  serverOf,
  spanNameOf,
  withoutSecrets,
} from '../../src/adapters/http-attributes.ts';
import { outgoing } from '../core/given.ts';

const stateOf = () => ({ origin: 'https://api.test', inFlight: 0 });
const answered = (status: number) => ({ response: new Response(null, { status }) });

describe('a URL', () => {
  test.each([
    ['https://api.test/users/1', 'https://api.test/users/1'],
    ['https://api.test:8443/@me', 'https://api.test:8443/@me'],
    ['https://api.test/#part', 'https://api.test/'],
    ['https://api.test/?', 'https://api.test/'],
    ['https://api.test/?a=1&b=&c', 'https://api.test/?a=REDACTED&b=REDACTED&REDACTED'],
    ['https://api.test/?&a=1&&', 'https://api.test/?&a=REDACTED&&'],
    ['https://api.test/?a=b=c&=d', 'https://api.test/?a=REDACTED&=REDACTED'],
    ['https://bob@api.test/', 'https://REDACTED:REDACTED@api.test/'],
    ['https://:word@api.test/', 'https://REDACTED:REDACTED@api.test/'],
    ['https://bob:word@api.test/a?b=1#c', 'https://REDACTED:REDACTED@api.test/a?b=REDACTED'],
    ['http://[::1]:81/a', 'http://[::1]:81/a'],
  ])('is shown without its secrets, 1 of 11: %s', (given, shown) => {
    expect(withoutSecrets(new URL(given))).toBe(shown);
  });

  test('of any kind shows 0 values, user names, passwords and fragments', () => {
    const secret = stringMatching(/^s3cr3t[\w!*'().~-]{1,12}$/);
    const parts = record({
      base: webUrl(),
      user: secret,
      word: secret,
      key: string(),
      value: secret,
    });
    assert(
      property(parts, ({ base, user, word, key, value }) => {
        const url = new URL(base);
        url.username = user;
        url.password = word;
        url.searchParams.append(key, value);
        url.search += `&${value}&x=${value};y=${value}`;
        url.hash = value;
        const shown = withoutSecrets(url);
        expect(shown).not.toContain('s3cr3t');
        const place = new URL(shown);
        expect([place.host, place.pathname]).toEqual([url.host, url.pathname]);
      }),
    );
  });
});

describe('a server', () => {
  test.each([
    ['http://api.test', 'api.test', 80],
    ['https://api.test', 'api.test', 443],
    ['https://api.test:80', 'api.test', 80],
    ['http://[::1]:3000', '[::1]', 3_000],
  ])('has its address and its port, 1 of 4: %s', (url, address, port) => {
    expect(serverOf(new URL(url))).toEqual({
      [ATTR_SERVER_ADDRESS]: address,
      [ATTR_SERVER_PORT]: port,
    });
  });
});

describe('a method', () => {
  const known = [
    'CONNECT',
    'DELETE',
    'GET',
    'HEAD',
    'OPTIONS',
    'PATCH',
    'POST',
    'PUT',
    'QUERY',
    'TRACE',
  ];

  test('is one of 10 that are known, or else it has no name of its own', () => {
    for (const method of known) {
      const request = { ...outgoing(), method };
      expect([methodOf(request), spanNameOf(request)]).toEqual([method, method]);
    }
    const invented = outgoing({ method: 'purge' });
    expect([methodOf(invented), spanNameOf(invented)]).toEqual(['_OTHER', 'HTTP']);
  });

  test.each([
    [undefined, 'GET', undefined],
    ['get', 'GET', undefined],
    ['post', 'POST', undefined],
    ['PATCH', 'PATCH', undefined],
    ['patch', 'PATCH', 'patch'],
    ['Purge', '_OTHER', 'Purge'],
  ])('is told as it left where that is another word, 1 of 6: %s', (method, told, original) => {
    const facts = requestFacts(outgoing(method ? { method } : {}), stateOf(), 0);
    expect(facts[ATTR_HTTP_REQUEST_METHOD]).toBe(told);
    expect(facts[ATTR_HTTP_REQUEST_METHOD_ORIGINAL]).toBe(original);
  });

  test('can’t be mistaken for another key of what is remembered: 2 inventions', () => {
    const state = stateOf();
    for (const method of ['200GET', 'GET200', 'GET test']) {
      requestFacts(outgoing({ method: 'PURGE' }), state, 0);
      callFacts({ ...outgoing(), method }, state, 'test');
      attemptFacts({ ...outgoing(), method }, state, { error: new Error('x') }, undefined);
    }
    expect(attemptFacts(outgoing(), state, answered(200), undefined)).toEqual({
      [ATTR_HTTP_REQUEST_METHOD]: 'GET',
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200,
      [ATTR_SERVER_ADDRESS]: 'api.test',
      [ATTR_SERVER_PORT]: 443,
    });
    expect(callFacts(outgoing(), state, 'test')).toMatchObject({
      [ATTR_HTTP_REQUEST_METHOD]: 'GET',
    });
  });
});

describe('an attempt', () => {
  test('tells 4 things from its beginning, and a resend its number', () => {
    const facts = requestFacts(outgoing(), stateOf(), 0);
    expect(facts).toEqual({
      [ATTR_HTTP_REQUEST_METHOD]: 'GET',
      [ATTR_SERVER_ADDRESS]: 'api.test',
      [ATTR_SERVER_PORT]: 443,
      [ATTR_URL_FULL]: 'https://REDACTED:REDACTED@api.test/users/1?token=REDACTED',
    });
    expect(requestFacts(outgoing(), stateOf(), 2)[ATTR_HTTP_REQUEST_RESEND_COUNT]).toBe(2);
  });

  test('is measured by what came of it: 200, 404, an error, an abort', () => {
    const state = stateOf();
    const ends = [
      attemptFacts(outgoing(), state, answered(200), undefined),
      attemptFacts(outgoing(), state, answered(404), '404'),
      attemptFacts(outgoing(), state, { error: new Error('x') }, 'ECONNRESET'),
      attemptFacts(outgoing(), state, { error: new Error('x') }, undefined),
    ];
    const told = ends.map((facts) => [
      facts[ATTR_HTTP_RESPONSE_STATUS_CODE],
      facts[ATTR_ERROR_TYPE],
    ]);
    expect(told).toEqual([
      [200, undefined],
      [404, '404'],
      [undefined, 'ECONNRESET'],
      [undefined, undefined],
    ]);
  });

  test('has the same facts as the one before it, and 900 invented statuses are not remembered', () => {
    const state = stateOf();
    const facts = () => attemptFacts(outgoing(), state, answered(200), undefined);
    expect(facts()).toBe(facts());
    const invented = (status: number) =>
      attemptFacts(outgoing(), state, { response: { status } as Response }, undefined);
    for (let status = 100; status < 1_000; status++) {
      expect(invented(status)[ATTR_HTTP_RESPONSE_STATUS_CODE]).toBe(status);
    }
    expect(invented(999)).not.toBe(invented(999));
    expect(facts()).toBe(facts());
  });
});
