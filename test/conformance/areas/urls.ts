import { reply } from '../answers.ts';
import { callOf, outcome } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

/** Forms of an address of the server at this port. */
const forms: Readonly<Record<string, (port: number) => unknown>> = {
  'a string': (port) => `http://127.0.0.1:${port}/`,
  'without a path': (port) => `http://127.0.0.1:${port}`,
  'a URL': (port) => new URL(`http://127.0.0.1:${port}/a?b=c#d`),
  'a subclass of URL': (port) => new (class extends URL {})(`http://127.0.0.1:${port}/a`),
  'a String object': (port) => new String(`http://127.0.0.1:${port}/a`),
  'an object with a toString': (port) => ({ toString: () => `http://127.0.0.1:${port}/a` }),
  'an object with a toPrimitive': (port) => ({
    [Symbol.toPrimitive]: () => `http://127.0.0.1:${port}/a`,
  }),
  'an object with an href': (port) => ({ href: `http://127.0.0.1:${port}/a` }),
  'an array of 1': (port) => [`http://127.0.0.1:${port}/a`],
  'within white space': (port) => ` \n\thttp://127.0.0.1:${port}/a \r\n`,
  'with line ends in it': (port) => `http://127.0.0.1:${port}/a\nb\tc`,
  'with a scheme in upper case': (port) => `HTTP://127.0.0.1:${port}/a`,
  'with a host in upper case': (port) => `http://LOCALHOST:${port}/a`,
  'of localhost': (port) => `http://localhost:${port}/a`,
  'with a dot after the host': (port) => `http://127.0.0.1.:${port}/a`,
  'of an address as 1 number': (port) => `http://2130706433:${port}/a`,
  'of an address in hexadecimal': (port) => `http://0x7f.1:${port}/a`,
  'with the digits of full width': (port) => `http://１２７.0.0.1:${port}/a`,
  'with an escaped host': (port) => `http://%31%32%37.0.0.1:${port}/a`,
  'with backslashes': (port) => `http:\\\\127.0.0.1:${port}\\a\\b`,
  'with too few slashes': (port) => `http:/127.0.0.1:${port}/a`,
  'with no slashes': (port) => `http:127.0.0.1:${port}/a`,
  'with too many slashes': (port) => `http:////127.0.0.1:${port}//a//b`,
  'with zeros before the port': (port) => `http://127.0.0.1:0${port}/a`,
  'with dot segments': (port) => `http://127.0.0.1:${port}/a/../b/./%2e%2E/c`,
  'with a query alone': (port) => `http://127.0.0.1:${port}?a=b`,
  'with an empty query and fragment': (port) => `http://127.0.0.1:${port}/?#`,
  'with a fragment': (port) => `http://127.0.0.1:${port}/a#b?c`,
  'with characters to escape': (port) => `http://127.0.0.1:${port}/a b"<>\`{}|^?q="<>' #f g`,
  'with escapes': (port) => `http://127.0.0.1:${port}/%C3%A9%2f%zz?%20+%`,
  'beyond ASCII': (port) => `http://127.0.0.1:${port}/é☃?ü=😀#ß`,
  'with half a character': (port) => `http://127.0.0.1:${port}/\ud83d`,
  'with a path of 8,000 characters': (port) => `http://127.0.0.1:${port}/${'a'.repeat(8_000)}`,
  'with a user and a password': (port) => `http://user:password@127.0.0.1:${port}/a`,
  'with a user': (port) => `http://user@127.0.0.1:${port}/a`,
  'with a password': (port) => `http://:password@127.0.0.1:${port}/a`,
  'with an empty user': (port) => `http://@127.0.0.1:${port}/a`,
  'a URL with a user and a password': (port) => new URL(`http://u:p@127.0.0.1:${port}/a`),
  'with a port of the scheme': () => 'http://127.0.0.1:65536/',
};

/** What is no address of a server. */
const others: readonly unknown[] = [
  ...[
    '',
    '/',
    'a',
    '//',
    '//127.0.0.1/',
    'http:',
    'http://',
    'http:///',
    'http://[',
    'http://a b/',
  ],
  ...['http://127.0.0.1:a/', 'http://256.0.0.1/', 'http://[::1', '?', '#', 'http://%', '\0'],
  ...[undefined, null, 7, true, {}, [], Symbol('url'), () => 'http://127.0.0.1/', 1n],
  ...[
    'ftp://127.0.0.1/',
    'file:///etc/hostname',
    'javascript:1',
    'ws://127.0.0.1/',
    'mailto:a@b.c',
  ],
  ...['about:blank', 'about:srcdoc', 'foo:bar', 'node:fs', 'chrome://version', 'urn:a:b'],
  ...[1, 21, 22, 25, 139, 6000, 6667, 10080].map((port) => `http://127.0.0.1:${port}/`),
  ...['data:,', 'data:,hello', 'data:text/plain,h%C3%A9', 'data:text/plain;base64,aGk=', 'data:'],
  ...['data:;base64,!', 'data:text/html;charset=latin1,%e9', 'DATA:,upper', 'data:,a#b', 'data:a'],
  ...['data:image/png;base64,iVBORw0KGgo', 'data:text/plain;base64 , a G k =', 'data://a/b,c'],
  ...['blob:', 'blob:nodedata:none', 'blob:http://127.0.0.1/a', 'blob:null/1'],
];

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}

/** An object URL, and what is asked of it. */
function blob(init?: RequestInit, revoked: boolean = false): Play {
  return async (stage) => {
    const url = URL.createObjectURL(new Blob(['the blob'], { type: 'text/x-blob' }));
    if (revoked) URL.revokeObjectURL(url);
    const called = await callOf(() => stage.fetch(url, init));
    URL.revokeObjectURL(url);
    const text = JSON.stringify(called, (_, value) =>
      typeof value === 'string' ? value.replaceAll(url, 'blob:{id}') : value,
    );
    return { text, type: typeof called };
  };
}

const table: Record<string, Play> = {};
for (const [name, form] of Object.entries(forms)) {
  table[name] = async (stage) => {
    const server = await stage.serve(reply());
    return callOf(() => stage.fetch(form(server.port) as string));
  };
}
for (const other of others) {
  table[`${shown(other)} is no server's`] = async (stage) =>
    callOf(() => stage.fetch(other as string));
}

export const urlCases: Area = {
  name: 'URLs',
  cases: {
    ...table,
    'blob: of an object': blob(),
    'blob: of an object, a POST': blob({ method: 'POST' }),
    'blob: of an object, a HEAD': blob({ method: 'HEAD' }),
    'blob: of an object, bytes 4 to 5': blob({ headers: { range: 'bytes=4-5' } }),
    'blob: of an object, the last 2 bytes': blob({ headers: { range: 'bytes=-2' } }),
    'blob: of an object, bytes beyond its end': blob({ headers: { range: 'bytes=90-' } }),
    'blob: of an object, a range that is none': blob({ headers: { range: 'lines=1-2' } }),
    'blob: of an object that was revoked': blob(undefined, true),
    'data:, a POST': async (stage) =>
      callOf(() => stage.fetch('data:,hello', { method: 'POST', body: 'x' })),
    'data:, a HEAD': async (stage) => callOf(() => stage.fetch('data:,hello', { method: 'HEAD' })),
    'data:, manual': async (stage) =>
      callOf(() => stage.fetch('data:,hello', { redirect: 'manual' })),
    'data:, under integrity': async (stage) =>
      callOf(() => stage.fetch('data:,hello', { integrity: 'sha256-AAAA' })),
    'data:, with a header that is none': async (stage) =>
      callOf(() => stage.fetch('data:,hello', { headers: { 'a b': '1' } })),
    'of IPv6': async (stage) => {
      const server = await stage.serveAt({ host: '::1' }, reply());
      return callOf(() => stage.fetch(`http://[0:0::1]:${server.port}/a`));
    },
    'a URL that is changed in the turn of the call': async (stage) => {
      const server = await stage.serve(reply());
      const url = new URL(server.at('/before'));
      const call = stage.fetch(url);
      url.pathname = '/after';
      return callOf(() => call);
    },
    'nothing at all': async (stage) => outcome(() => (stage.fetch as () => unknown)()),
    'a fetch as a property of an object, or of none': async (stage) => {
      const server = await stage.serve(reply());
      const { fetch } = stage;
      const object = { fetch };
      const call = (of: unknown) => callOf(() => Reflect.apply(fetch, of, [server.at('/')]));
      return [await call(null), await call(7), await callOf(() => object.fetch(server.at('/')))];
    },
  },
};
