import { createHash } from 'node:crypto';
import { redirect, reply } from '../answers.ts';
import { callOf, outcome } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

const body = 'the body';
const hash = (algorithm: string, of: string = body) =>
  `${algorithm}-${createHash(algorithm).update(of).digest('base64')}`;
const wrong = hash('sha256', 'another body');

/** An init, made anew for each call. */
const inits: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'an empty object': () => ({}),
  'an object without a prototype': () => Object.create(null),
  'a number': () => 7,
  'a string': () => 'init',
  'a boolean': () => true,
  'a function': () => () => ({ method: 'PUT' }),
  'an array': () => [],
  'a symbol': () => Symbol('init'),
  'a frozen object': () => Object.freeze({ method: 'PUT' }),
  'a proxy': () => new Proxy({ method: 'PUT' }, {}),
  'an object that inherits': () => Object.create({ method: 'PUT', headers: { 'x-a': '1' } }),
  'an instance with getters': () =>
    new (class {
      get method() {
        return 'PUT';
      }
    })(),
  'an instance with fields': () =>
    new (class {
      method = 'PUT';
      headers = { 'x-a': '1' };
    })(),
  'a getter that throws': () => ({
    get method() {
      throw new RangeError('no method');
    },
  }),
  'a hidden key': () => Object.defineProperty({}, 'method', { value: 'PUT', enumerable: false }),
  'unknown keys': () => ({ agent: {}, compress: true, size: 1, follow: 0, family: 4 }),
  'the keys of other libraries': () => ({
    retry: 0,
    timeout: 1,
    hooks: {},
    retryDelay: 1,
    json: {},
  }),
  'all keys undefined': () => ({
    ...{ method: undefined, headers: undefined, body: undefined, signal: undefined },
    ...{ redirect: undefined, mode: undefined, cache: undefined, credentials: undefined },
    ...{ referrer: undefined, integrity: undefined, keepalive: undefined, duplex: undefined },
  }),
};

/** Values of one key, those that fetch takes and those that it refuses. */
const values: Readonly<Record<string, readonly unknown[]>> = {
  mode: ['cors', 'no-cors', 'same-origin', 'navigate', 'websocket', 'CORS', '', null],
  credentials: ['omit', 'same-origin', 'include', 'none', null],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached', 'never'],
  redirect: ['follow', 'FOLLOW', '', null, 7],
  referrer: ['', 'about:client', 'https://referrer.example/', '/page', 'http://[', null, 7],
  referrerPolicy: ['', 'no-referrer', 'origin', 'unsafe-url', 'never'],
  keepalive: [true, false, 'yes', 0, null],
  priority: ['high', 'low', 'urgent'],
  duplex: ['half', 'full', null],
  window: [null, undefined, 'window', {}],
  attributionReporting: [{}],
  integrity: [
    ...['', hash('sha256'), hash('sha384'), hash('sha512'), wrong, `${wrong} ${hash('sha256')}`],
    ...[`${hash('sha256')} ${hash('sha512', 'no')}`, 'md5-AAAA', 'sha256-', 'nonsense', null, 7],
    ...[
      `  ${hash('sha256')}\t`,
      `${hash('sha256')}?opt`,
      'SHA256-AAAA',
      `sha256-${'A'.repeat(500)}`,
    ],
  ],
  dispatcher: [undefined, null],
};

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 90) || '""' : `${typeof value} ${value}`;
}

function asked(init: () => unknown): Play {
  return async (stage) => {
    const server = await stage.serve(reply(200, [], body));
    return callOf(() => stage.fetch(server.at('/o'), init() as RequestInit));
  };
}

export const optionCases: Area = {
  name: 'options',
  cases: {
    ...Object.fromEntries([
      ...Object.entries(inits).map(([name, init]) => [
        `an init that is or has ${name}`,
        asked(init),
      ]),
      ...Object.entries(values).flatMap(([key, all]) =>
        all.map((value) => [`${key}: ${shown(value)}`, asked(() => ({ [key]: value }))]),
      ),
      ...['no-cors', 'same-origin', 'cors'].flatMap((mode) =>
        ['GET', 'POST', 'PUT'].map((method) => [
          `a ${method} of mode ${mode}`,
          asked(() => ({ mode, method, headers: { 'x-a': '1', accept: 'text/plain' } })),
        ]),
      ),
    ]),
    'integrity that is wrong, read as it comes': async (stage) => {
      const server = await stage.serve(reply(200, [], body));
      const ended = await outcome(() => stage.fetch(server.at('/'), { integrity: wrong }));
      return ended;
    },
    'integrity over a redirect': async (stage) => {
      const server = await stage.serve(redirect(302, '/b'), reply(200, [], body));
      return callOf(() => stage.fetch(server.at('/a'), { integrity: hash('sha256') }));
    },
    'a referrer over a redirect': async (stage) => {
      const there = await stage.serve(reply());
      const server = await stage.serve(redirect(302, there.at('/b')));
      const init = { referrer: 'about:client', referrerPolicy: 'unsafe-url' } as RequestInit;
      return callOf(() => stage.fetch(server.at('/a'), init));
    },
    'the keys of an init are read, and left as they are': async (stage) => {
      const server = await stage.serve(reply());
      const init = { method: 'PUT', headers: { 'x-a': '1' }, body: 'sent' };
      await (await stage.fetch(server.at('/'), init)).text();
      return init;
    },
    'an init that is used 2 times': async (stage) => {
      const server = await stage.serve(reply());
      const init = { method: 'PUT', headers: { 'x-a': '1' }, body: new URLSearchParams('a=1') };
      const call = () => callOf(() => stage.fetch(server.at('/'), init));
      return [await call(), await call()];
    },
  },
};
