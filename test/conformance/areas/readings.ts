import { inspect } from 'node:util';
import { reply } from '../answers.ts';
import { headOf, outcome, wholeOf } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

const boundary = 'multipart/form-data; boundary=x';
const formBody =
  '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n' +
  '--x\r\ncontent-disposition: form-data; name="f"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\nfile\r\n--x--\r\n';

/** Bodies, each with its type. */
const contents: Readonly<Record<string, readonly [string | undefined, string | Uint8Array]>> = {
  'of JSON': ['application/json', '{"a":[1,"é"]}'],
  'of broken JSON': ['application/json', '{"a":'],
  'of nothing': [undefined, ''],
  'of text with a BOM': ['text/plain;charset=utf-16', '\ufeffmarked'],
  'of bytes that are no UTF-8': ['text/plain', Uint8Array.of(0xff, 0x41, 0xc3)],
  'of a form': [boundary, formBody],
  'of a form of URL encoding': [
    'application/x-www-form-urlencoded;charset=utf-8',
    'a=1&a=%C3%A9+b',
  ],
  'of a broken form': [boundary, '--y\r\n'],
  'of a form without a boundary': ['multipart/form-data', formBody],
  'of 200,000 bytes': ['application/octet-stream', Buffer.alloc(200_000, 'x')],
};

const methods = ['text', 'json', 'arrayBuffer', 'blob', 'formData', 'bytes'] as const;

async function read(response: Response, method: (typeof methods)[number]) {
  const { value, thrown } = await outcome(() => response[method]());
  if (value instanceof FormData) return { form: [...value.entries()], thrown };
  if (value instanceof Blob) return { blob: value, text: await value.text(), thrown };
  return { value, thrown };
}

/** What can be done with a Response by whoever takes it for the platform's own. */
const uses: Readonly<Record<string, (response: Response) => unknown>> = {
  'is read 2 times': async (response) => [
    await outcome(() => response.json()),
    await outcome(() => response.arrayBuffer()),
  ],
  'is cloned, and read 2 times': async (response) => {
    const copy = response.clone();
    return [headOf(copy), await copy.text(), await response.text(), headOf(response)];
  },
  'is cloned 3 times over': async (response) => {
    const copies = [response.clone(), response.clone().clone()];
    return Promise.all([response, ...copies].map((copy) => copy.text()));
  },
  'is cloned after it was read': async (response) => {
    await response.text();
    return response.clone();
  },
  'is cloned under a reader': (response) => {
    response.body?.getReader();
    return response.clone();
  },
  'is made into another': async (response) => {
    const other = new Response(response.body, response);
    return [await wholeOf(other), response.bodyUsed, headOf(response)];
  },
  'is made into another with other headers': async (response) => {
    const headers = new Headers(response.headers);
    headers.set('x-own', '1');
    const other = new Response(response.body, { status: response.status, headers });
    return wholeOf(other);
  },
  'is the init of another': (response) => wholeOf(new Response('other', response)),
  'is the body of a Request': async ({ body }) => {
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    return new Request('http://a.example/', init).text();
  },
  'is read by the methods of the prototype': async (response) => {
    const copy = Response.prototype.clone.call(response);
    return [await Response.prototype.text.call(response), await Response.prototype.blob.call(copy)];
  },
  'is asked by the getters of the prototype': (response) =>
    ['status', 'ok', 'url', 'type', 'redirected', 'statusText', 'bodyUsed'].map((name) =>
      Object.getOwnPropertyDescriptor(Response.prototype, name)?.get?.call(response),
    ),
  'is refused by structuredClone': (response) => structuredClone(response),
  'is refused by a MessagePort': (response) => {
    const { port1, port2 } = new MessageChannel();
    try {
      port1.postMessage(response);
    } finally {
      port1.close();
      port2.close();
    }
  },
  'is JSON of nothing': (response) => JSON.stringify(response),
  'has no keys of its own': (response) => [
    Object.keys(response),
    Object.getOwnPropertyNames(response),
    { ...response },
    'json' in response,
    Object.hasOwn(response, 'clone'),
    Object.isExtensible(response),
    Object.isFrozen(response),
  ],
  'is printed': (response) => [inspect(response), inspect(response, { depth: 0 }), `${response}`],
  'takes no other status': (response) => {
    Object.assign(response, { status: 500 });
  },
  'takes a property of its own': (response) => {
    Object.assign(response, { mine: 1 });
    return 'mine' in response.clone();
  },
  'has headers that are those of its clone': async (response) => {
    const copy = response.clone();
    return [copy.headers === response.headers, [...copy.headers]];
  },
  'has 1 headers, 1 body': (response) => {
    const { headers, body } = response;
    return [response.headers === headers, response.body === body];
  },
  'is awaited in vain': async (response) => (await response) === response,
  'is read with its methods taken off': async ({ text }) => Reflect.apply(text, undefined, []),
};

const table: Record<string, Play> = {};
for (const [name, [type, body]] of Object.entries(contents)) {
  for (const method of methods) {
    table[`${method}() ${name}`] = async (stage) => {
      const server = await stage.serve(reply(200, type ? [`content-type: ${type}`] : [], body));
      const response = await stage.fetch(server.at('/'));
      const seen = await read(response, method);
      return { seen, used: response.bodyUsed, head: headOf(response) };
    };
  }
}
for (const [name, use] of Object.entries(uses)) {
  table[`a Response ${name}`] = async (stage) => {
    const server = await stage.serve(reply(200, ['x-a: 1'], '{"a":1}'));
    const response = await stage.fetch(server.at('/'));
    return outcome(() => use(response));
  };
}

export const readingCases: Area = { name: 'readings', cases: table };
