import { describe, expect, it } from 'vitest';
import { requestOf } from '../../src/undici/dispatched-request.ts';

const given = { origin: 'https://a.test', path: '/b?c=d', method: 'GET' };

describe('a request', () => {
  it('goes where 1 of 4 pairs of an origin and a path says', () => {
    expect(requestOf(given, null)?.url).toBe('https://a.test/b?c=d');
    expect(requestOf({ ...given, origin: new URL('http://a.test:80/x') }, null)?.url).toBe(
      'http://a.test/b?c=d',
    );
    expect(requestOf({ ...given, origin: undefined }, 'http://b.test')?.url).toBe(
      'http://b.test/b?c=d',
    );
    expect(requestOf({ ...given, path: '//c.test/' }, null)?.url).toBe('https://a.test//c.test/');
  });

  it('to a proxy is the proxy’s: 1 origin for all that it fetches', () => {
    expect(requestOf({ ...given, path: 'http://b.test/c' }, null)?.url).toBe('https://a.test/');
  });

  it('is none in 5 cases that no policy can speak of', () => {
    for (const other of [
      ...[{ upgrade: 'websocket' }, { method: 'CONNECT' }, { origin: undefined }],
      ...[{ origin: 'unix:/run/socket' }, { path: undefined }],
    ]) {
      expect(requestOf({ ...given, ...other }, undefined)).toBeUndefined();
    }
  });
});
