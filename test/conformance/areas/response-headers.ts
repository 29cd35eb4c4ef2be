import { head, raw, reply } from '../answers.ts';
import { callOf, outcome } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

const lines: Readonly<Record<string, readonly string[]>> = {
  'in mixed case': ['X-Mixed-CASE: Yes'],
  'of 1 name, 3 times': ['x-a: 1', 'x-b: other', 'X-A: 2', 'x-a: 3'],
  '3 cookies': [
    'set-cookie: a=1',
    'Set-Cookie: b=2; Expires=Sat, 01 Jan 2000 00:00:00 GMT',
    'set-cookie: a=3',
  ],
  'without a value': ['x-a:', 'x-b:   '],
  'within white space': ['x-a: \t in between \t '],
  'without white space': ['x-a:1'],
  'of Latin-1': ['x-a: d\u00e9j\u00e0 vu'],
  'of UTF-8': [`x-a: ${Buffer.from('☃').toString('latin1')}`],
  'with commas and quotes': ['x-a: "a, b", c;d="e"'],
  'of 10,000 bytes': [`x-a: ${'a'.repeat(10_000)}`],
  '200 of them': Array.from({ length: 200 }, (_, index) => `x-${index}: ${index}`),
  'with names that objects have': ['constructor: 1', '__proto__: 2', 'hasOwnProperty: 3'],
  'with a location and no redirect': ['location: /elsewhere'],
  'a content type of a form': ['content-type: multipart/form-data; boundary=x'],
  'a Retry-After and nothing to retry': ['retry-after: 120'],
  'a deprecated Date': ['date: Saturday, 01-Jan-00 00:00:00 GMT'],
  'a refresh': ['refresh: 0; url=/elsewhere'],
  'a strict transport security': ['strict-transport-security: max-age=1'],
  'keep-alive for 1 s': ['keep-alive: timeout=1, max=10', 'connection: keep-alive'],
  'connection: close': ['connection: close'],
  'clear-site-data': ['clear-site-data: "*"'],
};

function answered(...given: Parameters<typeof raw>): Play {
  return async (stage) => {
    const server = await stage.serve(raw(...given));
    return callOf(() => stage.fetch(server.at('/'), { method: 'POST' }));
  };
}

const immutable: Play = async (stage) => {
  const server = await stage.serve(reply(200, ['x-a: 1']));
  const { headers } = await stage.fetch(server.at('/'));
  return Promise.all([
    outcome(() => headers.set('x-a', '2')),
    outcome(() => headers.append('x-b', '2')),
    outcome(() => headers.delete('x-a')),
    outcome(() => headers.get('not a name')),
    outcome(() => [...headers.keys(), ...headers.values(), ...headers.entries()]),
    outcome(() => new Headers(headers).get('x-a')),
    outcome(() => Object.fromEntries(headers)),
    outcome(() => JSON.stringify(headers)),
  ]);
};

export const responseHeaderCases: Area = {
  name: 'response headers',
  cases: {
    ...Object.fromEntries(
      Object.entries(lines).map(([name, given]): [string, Play] => [
        name,
        async (stage) => {
          const server = await stage.serve(reply(200, given));
          return callOf(() => stage.fetch(server.at('/')));
        },
      ]),
    ),
    'cannot be changed, in 8 ways': immutable,
    'of 20,000 bytes, more than are taken': answered(head(200, [`x-a: ${'a'.repeat(20_000)}`])),
    'folded over 2 lines': answered(head(200, ['content-length: 0', 'x-a: 1\r\n  2'])),
    'with a name that is none': answered(head(200, ['content-length: 0', 'x a: 1'])),
    'with a null byte': answered(head(200, ['content-length: 0', 'x-a: 1\0'])),
    'without a colon': answered(head(200, ['content-length: 0', 'x-a'])),
    'ended by a line feed alone': answered('HTTP/1.1 200 OK\ncontent-length: 0\n\n'),
  },
};
