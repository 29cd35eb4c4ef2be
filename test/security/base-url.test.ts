import { type ClientOptions, createClient } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { rejection } from '../support/clock.ts';
import { scriptByHost } from '../support/script.ts';

const own = 'https://api.example.com/v3/';
const token = { authorization: 'Bearer canary', 'x-api-key': 'canary', cookie: 'session=canary' };
const harmless = { accept: 'application/json', 'user-agent': 'of the tests' };

/** A client with a token, and what it sends to whom. */
function clientAt(options: ClientOptions) {
  const answers = scriptByHost({
    'api.example.com': 200,
    'api.example.com:8443': 200,
    'evil.test': 200,
  });
  const fetch = answers as typeof globalThis.fetch;
  const client = createClient({ fetch, headers: { ...token, ...harmless }, ...options });
  const names = () =>
    answers.requests.map(({ init }) => [...new Headers(init.headers).keys()].toSorted());
  return { client, urls: answers.urls, names };
}

describe('an input that names no scheme', () => {
  it.each([
    ['//evil.test/x'],
    ['///evil.test/x'],
    ['\\\\evil.test\\x'],
    ['/\\evil.test/x'],
    ['\\/evil.test/x'],
    ['/\t/evil.test/x'],
    ['\n//evil.test/x'],
    ['/\r\n\\evil.test/x'],
    [' //evil.test/x'],
    ['\u0000//evil.test/x'],
    ['//api.example.com@evil.test/x'],
    ['//api.example.com:8443/x'],
    ['//evil。test/x'],
  ])('leads to no other origin: %j is no URL, 0 requests with a header', async (input) => {
    // what it can't read is for the platform to refuse, as it refuses it where there is no base
    const { client } = clientAt({ baseUrl: own, fetch: globalThis.fetch });
    const error = await rejection(client(input));
    const theirs = await rejection(fetch(input));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe((theirs as Error).message);
  });

  it.each([
    ['users/1', '/v3/users/1'],
    ['https:users/1', '/v3/users/1'],
    ['./users/%2e%2e/1', '/v3/1'],
    ['../admin', '/admin'],
    ['%2e%2e/%2E./admin', '/admin'],
    ['..\\..\\admin', '/admin'],
    ['../../../../etc/passwd', '/etc/passwd'],
    ['/admin', '/admin'],
    ['users\t/1\n', '/v3/users/1'],
    ['evil.test', '/v3/evil.test'],
    ['@evil.test/', '/v3/@evil.test/'],
    ['users/https://evil.test/', '/v3/users/https://evil.test/'],
    ['//api.example.com/x', '/x'],
    ['?a=//evil.test', '/v3/?a=//evil.test'],
    ['#//evil.test', '/v3/#//evil.test'],
  ])('is read as by the URL standard, in 1 origin: %j is %j', async (input, path) => {
    const { client, urls } = clientAt({ baseUrl: own });
    await client(input);
    expect(urls()).toEqual([`https://api.example.com${path}`]);
  });

  it('leads to none of a second place’s neighbours either: 0 requests at 2 places', async () => {
    const baseUrl = [own, 'https://api.example.com:8443/'];
    const { client, urls } = clientAt({ baseUrl, fetch: globalThis.fetch });
    expect(await rejection(client('//evil.test/x'))).toBeInstanceOf(TypeError);
    expect(urls()).toEqual([]);
  });
});

describe('the headers of a client', () => {
  const all = Object.keys({ ...token, ...harmless }).toSorted();
  const told = Object.keys(harmless).toSorted();

  it.each<[string | URL | Request, string[]]>([
    ['users', all],
    ['https://api.example.com/other', all],
    [new URL('https://api.example.com/other'), all],
    [new Request('https://api.example.com/other'), all],
    ['https://evil.test/', told],
    [new URL('https://evil.test/'), told],
    [new Request('https://evil.test/'), told],
    ['https://api.example.com:8443/', told],
    ['http://api.example.com/', told],
    ['HTTPS:\\\\evil.test\\', told],
    ['https://api.example.com@evil.test/', told],
  ])('go to the origin of its baseUrl, and of them 2 to any other: %s', async (input, names) => {
    const sent = clientAt({ baseUrl: own });
    await sent.client(input);
    expect(sent.names()).toEqual([names]);
  });

  it('go to each of 2 places that serve the same', async () => {
    const sent = clientAt({ baseUrl: [own, 'https://api.example.com:8443/'] });
    for (const input of ['https://api.example.com:8443/x', 'x']) await sent.client(input);
    expect(sent.names()).toEqual([all, all]);
  });

  it('go along with a client that extends it to another place: 1 of 2', async () => {
    const { client, names } = clientAt({ baseUrl: own });
    const other = client.extend({ baseUrl: 'https://evil.test/' });
    await other('x');
    await other('https://api.example.com/');
    expect(names()).toEqual([all, told]);
  });

  it('follow a baseUrl that is changed while calls run: 1 of 2', async () => {
    const { client, names } = clientAt({ baseUrl: own });
    client.reconfigure({ baseUrl: 'https://api.example.com:8443/' });
    await client('https://api.example.com/');
    await client('x');
    expect(names()).toEqual([told, all]);
  });

  it('go wherever a call goes where no baseUrl says whose they are: 2 of 2', async () => {
    const { client, names } = clientAt({});
    await client('https://api.example.com/');
    await client('https://evil.test/');
    expect(names()).toEqual([all, all]);
  });

  it('are told of by describe(): who gets which, in 1 line', () => {
    const { client } = clientAt({ baseUrl: own });
    expect(client.describe()).toMatch(/headers.*to other origins only those for anybody/);
    expect(client.describe()).not.toContain('canary');
  });

  it('do not hold back the caller’s own: 1 header to whom he names', async () => {
    const sent = clientAt({ baseUrl: own });
    await sent.client('https://evil.test/', { headers: { authorization: 'mine' } });
    expect(sent.names()).toEqual([['accept', 'authorization', 'user-agent']]);
  });
});
