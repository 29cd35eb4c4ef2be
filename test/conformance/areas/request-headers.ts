import { reply } from '../answers.ts';
import { callOf } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

/** Made anew for each run: some can be read once. */
const given: Readonly<Record<string, () => unknown>> = {
  none: () => undefined,
  null: () => null,
  'an empty record': () => ({}),
  'a record of 3': () => ({ 'x-b': '2', 'X-A': '1', accept: 'text/plain' }),
  'a record whose names differ in case only': () => ({ 'x-a': '1', 'X-A': '2' }),
  'a record with numbers, null and undefined': () => ({ 'x-a': 1, 'x-b': null, 'x-c': undefined }),
  'a record with an array': () => ({ 'x-a': ['1', '2'] }),
  'a record without a prototype': () => Object.assign(Object.create(null), { 'x-a': '1' }),
  'a record that inherits': () => Object.assign(Object.create({ 'x-b': '2' }), { 'x-a': '1' }),
  'a record with a getter': () => ({
    get 'x-a'() {
      return 'got';
    },
  }),
  'a record with a getter that throws': () => ({
    get 'x-a'() {
      throw new RangeError('no such header');
    },
  }),
  'a record with a hidden property': () =>
    Object.defineProperty({ 'x-a': '1' }, 'x-b', { value: '2', enumerable: false }),
  'a record with a symbol': () => ({ 'x-a': '1', [Symbol('x-b')]: '2' }),
  'a frozen record': () => Object.freeze({ 'x-a': '1' }),
  'a proxy of a record': () => new Proxy({ 'x-a': '1' }, {}),
  'an instance of a class': () =>
    new (class {
      'x-a' = '1';
    })(),
  'an instance of a class with an iterator': () =>
    new (class {
      *[Symbol.iterator]() {
        yield ['x-a', '1'];
      }
    })(),
  'an array of pairs, 1 name twice': () => [
    ['x-a', '1'],
    ['x-b', '2'],
    ['X-A', '3'],
  ],
  'an empty array': () => [],
  'an array of a triple': () => [['x-a', '1', '2']],
  'an array of a single': () => [['x-a']],
  'an array of strings of 2 letters': () => ['ab'],
  'an array of strings of 3 letters': () => ['abc'],
  'an array of Sets': () => [new Set(['x-a', '1'])],
  'an array with undefined': () => [['x-a', undefined]],
  'a Map': () => new Map([['x-a', '1']]),
  'a generator': () =>
    (function* () {
      yield ['x-a', '1'];
      yield ['x-b', '2'];
    })(),
  'a URLSearchParams': () => new URLSearchParams('x-a=1&x-b=2'),
  Headers: () => new Headers({ 'x-a': '1', 'X-B': '2' }),
  'Headers with 1 name twice': () => {
    const headers = new Headers();
    headers.append('x-a', '1');
    headers.append('X-A', '2');
    return headers;
  },
  'Headers of a Response': () => new Response('', { headers: { 'x-a': '1' } }).headers,
  'Headers with cookies to set': () =>
    new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]),
  'a subclass of Headers': () => new (class extends Headers {})({ 'x-a': '1' }),
  'a number': () => 7,
  'a string': () => 'x-a: 1',
  'a boolean': () => true,
  'a function': () => () => 'x-a',
  'a symbol': () => Symbol('headers'),
  'a name with a space': () => ({ 'x a': '1' }),
  'an empty name': () => ({ '': '1' }),
  'a name with a colon': () => ({ 'x:a': '1' }),
  'a name beyond ASCII': () => ({ 'x-é': '1' }),
  'a value with a line feed': () => ({ 'x-a': '1\nx-b: 2' }),
  'a value with a carriage return and a line feed': () => ({ 'x-a': '1\r\nx-b: 2' }),
  'a value with a null byte': () => ({ 'x-a': '1\0' }),
  'a value with a control character': () => ({ 'x-a': '1\u0001' }),
  'a value of Latin-1': () => ({ 'x-a': 'déjà vu' }),
  'a value beyond Latin-1': () => ({ 'x-a': 'snow ☃' }),
  'a value within white space': () => ({ 'x-a': ' \t1 2\t ' }),
  'a value that ends in a line feed': () => ({ 'x-a': '1\n' }),
  'an empty value': () => ({ 'x-a': '' }),
  'a value of 20,000 bytes': () => ({ 'x-a': 'a'.repeat(20_000) }),
  '300 headers': () => Array.from({ length: 300 }, (_, index) => [`x-${index}`, `${index}`]),
};

/** Names that fetch sets itself, that a browser forbids, or that undici does not take. */
const special: Readonly<Record<string, string>> = {
  host: 'elsewhere.example',
  connection: 'close',
  'Connection ': 'close',
  'keep-alive': 'timeout=5',
  'transfer-encoding': 'chunked',
  'content-length': '4',
  expect: '100-continue',
  upgrade: 'websocket',
  te: 'trailers',
  trailer: 'x-trailer',
  date: 'Sat, 01 Jan 2000 00:00:00 GMT',
  origin: 'https://origin.example',
  referer: 'https://referer.example/page',
  'user-agent': 'conformance',
  accept: 'application/json',
  'accept-encoding': 'br',
  'accept-language': 'de',
  'accept-charset': 'utf-8',
  range: 'bytes=0-3',
  cookie: 'a=1; b=2',
  'set-cookie': 'a=1',
  authorization: 'Basic dTpw',
  'proxy-authorization': 'Basic dTpw',
  'sec-fetch-mode': 'navigate',
  'sec-ch-ua': '"me"',
  'if-none-match': '"1"',
  'if-modified-since': 'Sat, 01 Jan 2000 00:00:00 GMT',
  'cache-control': 'no-cache',
  pragma: 'no-cache',
  'content-type': 'application/x-own',
  'content-encoding': 'gzip',
  'idempotency-key': '7',
  'x-http-method-override': 'DELETE',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  __proto__x: '1',
  constructor: '1',
};

function asked(make: () => unknown, method: string, body?: string): Play {
  return async (stage) => {
    const server = await stage.serve(reply());
    const init = { method, headers: make(), ...(body ? { body } : undefined) };
    return callOf(() => stage.fetch(server.at('/h'), init as RequestInit));
  };
}

/** Changed as soon as the call was made, before anything has left. */
const changed: Play = async (stage) => {
  const server = await stage.serve(reply());
  const headers = new Headers({ 'x-a': 'before' });
  const record: Record<string, string> = { 'x-b': 'before' };
  const pairs: [string, string][] = [['x-c', 'before']];
  const calls = [headers, record, pairs].map(async (headers, index) => {
    if (index > 0) await server.asked(index);
    return callOf(() => stage.fetch(server.at('/h'), { headers }));
  });
  headers.set('x-a', 'after');
  return Promise.all(calls);
};

export const requestHeaderCases: Area = {
  name: 'request headers',
  cases: {
    ...Object.fromEntries([
      ...Object.entries(given).map(([name, make]) => [name, asked(make, 'GET')]),
      ...Object.entries(special).map(([name, value]) => [
        `${name}: ${value}`,
        asked(() => ({ [name]: value }), 'GET'),
      ]),
      ...['content-length', 'content-type', 'transfer-encoding', 'expect', 'connection'].map(
        (name) => [
          `${name}: ${special[name]}, with a body of 4 bytes`,
          asked(() => ({ [name]: special[name] }), 'POST', 'body'),
        ],
      ),
      // not fewer bytes than there are, nor less than none on Node 22: fetch then waits for ever
      ...['5', '04', 'four', ''].map((length) => [
        `content-length: ${JSON.stringify(length)}, with a body of 4 bytes`,
        asked(() => ({ 'content-length': length }), 'POST', 'body'),
      ]),
    ]),
    'changed by their owner after the call': changed,
  },
};
