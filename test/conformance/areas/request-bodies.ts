import { Readable } from 'node:stream';
import { reply } from '../answers.ts';
import { callOf } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

const text = (value: string) => new TextEncoder().encode(value);

function form(...entries: [string, string | Blob, string?][]): FormData {
  const form = new FormData();
  for (const [name, value, file] of entries) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, file);
  }
  return form;
}

/** Gives the chunks one after another, each when it is asked for. */
function stream(...chunks: readonly unknown[]): ReadableStream {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      if (left.length === 0) controller.close();
      else controller.enqueue(left.shift());
    },
  });
}

async function* generated(...chunks: readonly unknown[]) {
  yield* chunks;
}

/** Made anew for each run. */
const whole: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'an empty string': () => '',
  'a string': () => 'the body',
  'a string beyond ASCII': () => 'déjà vu ☃ 😀',
  'a string with half a character': () => 'half \ud83d and \ude00',
  'a string with a BOM': () => '\ufeffmarked',
  'a string of 300,000 bytes': () => 'abc'.repeat(100_000),
  'a String object': () => new String('boxed'),
  'a number': () => 7,
  'a boolean': () => false,
  'a bigint': () => 7n,
  'a symbol': () => Symbol('body'),
  'an array': () => [1, 2, 3],
  'an object': () => ({ a: 1 }),
  'an object with a toString': () => ({ toString: () => 'told' }),
  'an object whose toString throws': () => ({
    toString() {
      throw new RangeError('not told');
    },
  }),
  'a Date': () => new Date(0),
  'a Map': () => new Map([['a', 1]]),
  'a Set': () => new Set([1]),
  'a function': () => () => 'called',
  'a Promise': () => Promise.resolve('later'),
  'an iterator that is not async': () =>
    (function* () {
      yield text('part');
    })(),
  'a Buffer': () => Buffer.from('buffer'),
  'a Uint8Array': () => text('bytes'),
  'a part of a Uint8Array': () => text('## a view ##').subarray(3, 9),
  'an empty Uint8Array': () => new Uint8Array(0),
  'a Uint16Array': () => Uint16Array.of(1, 2, 65_535),
  'a Float64Array': () => Float64Array.of(1.5),
  'a BigInt64Array': () => BigInt64Array.of(-1n),
  'a DataView': () => new DataView(text('## data ##').buffer, 3, 4),
  'an ArrayBuffer': () => text('memory').buffer,
  'an ArrayBuffer that can grow': () => new ArrayBuffer(4, { maxByteLength: 8 }),
  'a SharedArrayBuffer': () => new SharedArrayBuffer(4),
  'a view of a SharedArrayBuffer': () => new Uint8Array(new SharedArrayBuffer(4)),
  'a detached ArrayBuffer': () => {
    const { buffer } = text('gone');
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  },
  'a Blob': () => new Blob(['bl', 'ob']),
  'a Blob with a type': () => new Blob(['{}'], { type: 'Application/JSON' }),
  'an empty Blob': () => new Blob([]),
  'a slice of a Blob': () => new Blob(['## slice ##']).slice(3, 8, 'text/x-slice'),
  'a File': () => new File(['file'], 'a.txt', { type: 'text/plain' }),
  'a URLSearchParams': () => new URLSearchParams({ q: 'a b&c', é: '☃' }),
  'an empty URLSearchParams': () => new URLSearchParams(),
  'an empty FormData': () => form(),
  'a FormData of 2 texts': () => form(['a', '1'], ['a', '2']),
  'a FormData with line ends': () => form(['a\r\nb', '1\n2\r3\r\n4']),
  'a FormData with quotes': () => form(['a"b', '"1"'], ['f', new Blob(['x']), 'q"uo\nte.txt']),
  'a FormData beyond ASCII': () => form(['é☃', 'déjà vu'], ['f', new Blob(['x']), '☃.txt']),
  'a FormData with a file': () => form(['f', new File(['file'], 'a.txt', { type: 'text/x-a' })]),
  'a FormData with a blob': () => form(['f', new Blob(['blob'])]),
  'a FormData with a blob and a name': () => form(['f', new Blob(['blob'], { type: 'a/b' }), 'n']),
  'a FormData with an empty file and bytes of all kinds': () =>
    form(
      ['e', new File([], '')],
      ['n', new File(['named'], '', { type: 'a/b' })],
      ['b', new Blob([Uint8Array.from({ length: 256 }, (_, i) => i)])],
    ),
  'a subclass of FormData': () => new (class extends FormData {})(),
};

const streamed: Readonly<Record<string, () => unknown>> = {
  'an empty stream': () => stream(),
  'a stream of 3 chunks': () => stream(text('one '), text('two '), text('three')),
  'a stream with an empty chunk': () => stream(text('one'), new Uint8Array(0), text('two')),
  'a stream of Buffers': () => stream(Buffer.from('one'), Buffer.from('two')),
  'a stream of strings': () => stream('one', 'two'),
  'a stream of an ArrayBuffer': () => stream(text('one').buffer),
  'a stream of a Uint16Array': () => stream(Uint16Array.of(1)),
  'a stream of null': () => stream(null),
  'a stream of bytes': () =>
    new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(text('bytes'));
        controller.close();
      },
    }),
  'a stream that is locked': () => {
    const locked = stream(text('one'));
    locked.getReader();
    return locked;
  },
  'a stream that was cancelled': () => {
    const cancelled = stream(text('one'));
    cancelled.cancel().catch(() => {});
    return cancelled;
  },
  'a stream that fails at once': () =>
    new ReadableStream({ start: (controller) => controller.error(new RangeError('dry')) }),
  'a stream that fails with a string': () =>
    new ReadableStream({ start: (controller) => controller.error('dry') }),
  'a stream whose pull throws': () =>
    new ReadableStream({
      pull() {
        throw new RangeError('dry');
      },
    }),
  'the body of a Response': () => new Response('answered').body,
  'the body of a Request': () =>
    new Request('http://a.example', { method: 'POST', body: 'asked' }).body,
  'the readable end of a compressor': () =>
    new Blob(['to compress']).stream().pipeThrough(new CompressionStream('deflate-raw')),
  'an async generator': () => generated(text('one '), text('two')),
  'an async generator of nothing': () => generated(),
  'an async generator that throws': () =>
    (async function* () {
      yield* [];
      throw new RangeError('dry');
    })(),
  'an async iterable': () => ({ [Symbol.asyncIterator]: () => generated(text('again')) }),
  'an async iterable that throws when asked': () => ({
    [Symbol.asyncIterator]() {
      throw new RangeError('dry');
    },
  }),
  'a Readable of Node': () => Readable.from([Buffer.from('one '), Buffer.from('two')]),
  'a Readable of Node, destroyed': () => Readable.from([Buffer.from('one')]).destroy(),
};

function sent(make: () => unknown, more: object = {}): Play {
  return async (stage) => {
    const server = await stage.serve(reply());
    const init = { method: 'POST', body: make(), ...more };
    return callOf(() => stage.fetch(server.at('/b'), init as RequestInit));
  };
}

const own = { headers: { 'Content-Type': 'x/own' } };
const typed = ['a string', 'a Blob with a type', 'a URLSearchParams', 'a Buffer', 'a File'];

export const requestBodyCases: Area = {
  name: 'request bodies',
  cases: Object.fromEntries([
    ...Object.entries(whole).map(([name, make]) => [name, sent(make)]),
    ...Object.entries(streamed).map(([name, make]) => [name, sent(make, { duplex: 'half' })]),
    ...Object.entries(streamed).map(([name, make]) => [`${name}, without duplex`, sent(make)]),
    ...typed.map((name) => [
      `${name}, under a content type of its own`,
      sent(whole[name] ?? String, own),
    ]),
    ...['a string', 'a Blob', 'a stream of 3 chunks'].map((name) => [
      `${name}, under keepalive`,
      sent(whole[name] ?? streamed[name] ?? String, { keepalive: true, duplex: 'half' }),
    ]),
    ...['full', 'HALF', null, undefined, ''].map((duplex) => [
      `a stream, with duplex ${JSON.stringify(duplex)}`,
      sent(streamed['a stream of 3 chunks'] ?? String, { duplex }),
    ]),
  ]),
};
