import { Request as ForeignRequest } from 'undici';
import { describe, expect, test } from 'vitest';
import {
  type FetchInit,
  type FetchInput,
  headerOf,
  isRequest,
  markedInit,
  markedRecord,
  type Outgoing,
  outgoingOf,
  withDefaultHeaders,
} from '../../src/core/outgoing.ts';

const address = 'https://api.test/users?page=1';

function given(input: FetchInput, init?: FetchInit): Outgoing {
  return outgoingOf(input, init, new URL(isRequest(input) ? input.url : String(input)));
}
const foreign = (init?: object) => new ForeignRequest(address, init) as unknown as Request;

/** What would leave, read by the platform itself. */
const asSent = ({ input, init }: Outgoing) => new Request(input, init as RequestInit);

describe('a method', () => {
  test.each([
    [undefined, 'GET'],
    ['get', 'GET'],
    ['Post', 'POST'],
    ['patch', 'PATCH'],
    ['query', 'QUERY'],
    ['DELETE', 'DELETE'],
  ])('given as %j is known as %s, in 1 spelling', (method, expected) => {
    expect(given(address, method === undefined ? {} : { method }).method).toBe(expected);
    expect(given(address, { body: null, ...(method && { method }) }).method).toBe(expected);
  });

  test('stays in the init as it was given: fetch spells 6 of them itself', () => {
    expect(given(address, { method: 'patch' }).init.method).toBe('patch');
  });

  test('of a Request is its own, unless 1 init says otherwise', () => {
    const request = new Request(address, { method: 'PUT' });
    expect(given(request).method).toBe('PUT');
    expect(given(request, { method: 'delete' }).method).toBe('DELETE');
    expect(given(foreign({ method: 'PUT' })).method).toBe('PUT');
  });
});

describe('an input', () => {
  test('that is text stays the 1 text that it was', () => {
    expect(given(address).input).toBe(address);
  });

  test('that is a URL can change afterwards, 1 time, and is sent as it was', () => {
    const url = new URL(address);
    const { input } = outgoingOf(url, undefined, new URL(url));
    url.pathname = '/changed';
    expect(String(input)).toBe(address);
  });

  test('that is the platform’s Request is handed on itself, 1 object', () => {
    const request = new Request(address);
    expect(given(request).input).toBe(request);
  });

  test('that is another undici’s Request is taken apart, its 3 parts kept', async () => {
    const body = JSON.stringify({ a: 1 });
    const headers = { 'x-id': '1', 'content-type': 'application/json' };
    const outgoing = given(foreign({ method: 'POST', headers, body }));
    expect(String(outgoing.input)).toBe(address);
    const sent = asSent(outgoing);
    expect([sent.method, sent.headers.get('x-id')]).toEqual(['POST', '1']);
    expect(await sent.text()).toBe(body);
  });

  test('is told to be a Request by its name, in 3 realms', () => {
    class Mine extends Request {}
    expect(isRequest(new Request(address))).toBe(true);
    expect(isRequest(foreign())).toBe(true);
    expect(isRequest(new Mine(address))).toBe(true);
    expect(isRequest(address)).toBe(false);
    expect(isRequest(new URL(address))).toBe(false);
    expect(isRequest(null as never)).toBe(false);
  });
});

describe('an init over a foreign Request', () => {
  test('stands over it, key by key, 2 of 3 here', async () => {
    const request = foreign({ method: 'POST', headers: { 'x-id': '1' }, body: 'theirs' });
    const outgoing = given(request, { method: 'PUT', body: 'mine' });
    const sent = asSent(outgoing);
    expect([sent.method, sent.headers.get('x-id'), await sent.text()]).toEqual([
      ...['PUT', '1', 'mine'],
    ]);
  });

  test('says nothing with undefined, as in fetch, 4 times', async () => {
    const request = foreign({ method: 'POST', headers: { 'x-id': '1' }, body: 'theirs' });
    const silent = { method: undefined, headers: undefined, body: undefined, signal: undefined };
    const outgoing = given(request, silent as unknown as FetchInit);
    const sent = asSent(outgoing);
    expect(sent.method).toBe('POST');
    expect(outgoing.method).toBe('POST');
    expect(sent.headers.get('x-id')).toBe('1');
    expect(await sent.text()).toBe('theirs');
  });
});

describe('an init', () => {
  test('loses its key resilience, and keeps the 2 that are not ours', () => {
    const init = { resilience: { retry: 1 }, retry: 7, timeout: 7 } as FetchInit;
    expect(given(address, init).init).toEqual({ retry: 7, timeout: 7 });
  });

  test('is not changed by us: 0 keys', () => {
    const init = Object.freeze({ headers: Object.freeze({ a: '1' }), method: 'post' });
    const before = JSON.stringify(init);
    given(address, init);
    expect(JSON.stringify(init)).toBe(before);
  });

  test('is 1 of its own for each call, so that a fetch that writes into it tells no other call', () => {
    for (const init of [undefined, {}]) {
      const [first, second] = [given(address, init), given(address, init)];
      Object.assign(first.init, { headers: { authorization: 'secret' } });
      expect(second.init).toEqual({});
      expect(given(address, init).init).toEqual({});
    }
  });

  test('that is a Request is read by its 15 names', async () => {
    const init = new Request('https://other.test', {
      method: 'PUT',
      headers: { 'x-id': '1' },
      body: 'whole',
      redirect: 'manual',
    });
    const outgoing = given(address, init as FetchInit);
    expect(outgoing.method).toBe('PUT');
    const sent = asSent(outgoing);
    expect(sent.url).toBe(address);
    expect([sent.method, sent.headers.get('x-id'), sent.redirect, await sent.text()]).toEqual([
      ...['PUT', '1', 'manual', 'whole'],
    ]);
  });

  test('that hides 1 key is read by its names too', () => {
    const init = Object.defineProperty({}, 'method', { value: 'PUT', enumerable: false });
    expect(asSent(given(address, init)).method).toBe('PUT');
  });

  test.each([7, 'init', true])('that is none is refused by the platform, 1 of 3: %s', (init) => {
    expect(() => given(address, init as never)).toThrow(TypeError);
  });

  test('without a prototype is as good as any, with 1 header', () => {
    const init = Object.assign(Object.create(null), { headers: { a: '1' } });
    expect(headerOf(given(address, init), 'a')).toBe('1');
  });

  test('of a class is read through its 2 getters', () => {
    class Init {
      get method() {
        return 'DELETE';
      }
      get headers() {
        return { 'x-id': '1' };
      }
    }
    const outgoing = given(address, new Init() as FetchInit);
    expect(outgoing.method).toBe('DELETE');
    expect(headerOf(outgoing, 'x-id')).toBe('1');
  });
});

describe('a signal', () => {
  const { signal } = new AbortController();

  test('is taken out of the init: each attempt brings 1 of its own', () => {
    const outgoing = given(address, { signal });
    expect(outgoing.signal).toBe(signal);
    expect('signal' in outgoing.init).toBe(false);
  });

  test('of a Request is the 1 it has, unless the init has one or says null', () => {
    const request = new Request(address, { signal });
    const other = new AbortController().signal;
    expect(given(request).signal).toBe(request.signal);
    expect(given(request, { signal: other }).signal).toBe(other);
    expect(given(request, { signal: null }).signal).toBeUndefined();
    expect(given(request, { signal: undefined } as unknown as FetchInit).signal).toBe(
      request.signal,
    );
  });

  test('of a foreign Request stops too, in 1 step', () => {
    const controller = new AbortController();
    const outgoing = given(foreign({ signal: controller.signal }));
    controller.abort('stop');
    expect(outgoing.signal?.aborted).toBe(true);
    expect(outgoing.signal?.reason).toBe('stop');
  });

  test('that is none is refused as the platform refuses it, in 4 forms', () => {
    for (const signal of [{}, 'signal', { aborted: false }, new EventTarget()]) {
      const init = { signal } as unknown as RequestInit;
      let refusal: unknown;
      try {
        new Request(address, init);
      } catch (error) {
        refusal = error;
      }
      expect(() => given(address, init)).toThrow(refusal as Error);
    }
  });

  test('of a polyfill is as good, for a fetch that takes 1', () => {
    const signal = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} };
    expect(given(address, { signal } as unknown as RequestInit).signal).toBe(signal);
  });

  test('is undefined where there are 0', () => {
    expect(given(address).signal).toBeUndefined();
    expect(given(address, { signal: null }).signal).toBeUndefined();
  });
});

describe('headers', () => {
  test('given in any of 4 ways can change afterwards and are sent as they were', () => {
    const plain: Record<string, string> = { 'x-id': '1' };
    const list: [string, string][] = [['x-id', '1']];
    const headers = new Headers({ 'x-id': '1' });
    const map = new Map([['x-id', '1']]);
    const all = [plain, list, headers, map].map((each) =>
      given(address, { headers: each } as FetchInit),
    );
    plain['x-id'] = '2';
    plain['x-more'] = '2';
    const [first] = list;
    if (first) first[1] = '2';
    list.push(['x-more', '2']);
    headers.set('x-id', '2');
    map.set('x-id', '2');
    for (const outgoing of all) {
      expect(headerOf(outgoing, 'X-Id')).toBe('1');
      expect(headerOf(outgoing, 'x-more')).toBeNull();
    }
  });

  test('that fetch would refuse are still refused by it, in 4 cases', () => {
    const wrong = [[['alone']], [['a', 'b', 'c']], { 'a b': '1' }, { a: '1\n2' }];
    for (const headers of wrong) {
      const send = () => asSent(given(address, { headers } as unknown as FetchInit));
      expect(() => new Request(address, { headers } as unknown as RequestInit)).toThrow(TypeError);
      expect(send, JSON.stringify(headers)).toThrow(TypeError);
    }
  });

  test('that are texts of 2 letters are no pairs, to fetch and here', () => {
    const outgoing = given(address, { headers: ['ab'] as unknown as [string, string][] });
    expect(() => asSent(outgoing)).toThrow(TypeError);
  });

  test('are looked up in a Request where the init has 0', () => {
    const request = new Request(address, { headers: { 'x-id': '1' } });
    expect(headerOf(given(request), 'x-id')).toBe('1');
    expect(headerOf(given(request, { headers: { a: 'b' } }), 'x-id')).toBeNull();
    expect(headerOf(given(address), 'x-id')).toBeNull();
  });

  test('of a client stand under the caller’s own, 1 of 2 here', () => {
    const defaults = { 'x-id': 'client', 'x-more': 'client' };
    const outgoing = given(address, { headers: { 'X-ID': 'mine' } });
    const dressed = withDefaultHeaders(outgoing, defaults);
    expect(headerOf(dressed, 'x-id')).toBe('mine');
    expect(headerOf(dressed, 'x-more')).toBe('client');
    expect(headerOf(outgoing, 'x-more')).toBeNull();
  });

  test('of a client stand under those of a Request too, 1 of 2 here', () => {
    const request = new Request(address, { headers: { 'x-id': 'mine' } });
    const dressed = withDefaultHeaders(given(request), { 'x-id': 'client', 'x-more': 'client' });
    expect(headerOf(dressed, 'x-id')).toBe('mine');
    expect(headerOf(dressed, 'x-more')).toBe('client');
    expect(request.headers.get('x-more')).toBeNull();
  });
});

describe('marks', () => {
  const marks = { traceparent: 'ours' };
  const marked = (outgoing: Outgoing) => markedInit({ ...outgoing, marks }).headers;

  test('stand over the caller’s own, in the 3 forms in which those may be', () => {
    const foreign = new Headers({ 'x-id': '1', traceparent: 'mine' });
    const forms: [FetchInit['headers'], unknown][] = [
      [
        { 'X-Id': '1', Traceparent: 'mine' },
        { 'X-Id': '1', ...marks },
      ],
      [
        [
          ['X-Id', '1'],
          ['TraceParent', 'mine'],
          ['x-id', '2'],
        ],
        [
          ['X-Id', '1'],
          ['x-id', '2'],
          ['traceparent', 'ours'],
        ],
      ],
      [
        foreign,
        [
          ['traceparent', 'ours'],
          ['x-id', '1'],
        ],
      ],
    ];
    for (const [headers, expected] of forms) {
      const outgoing = given(address, { headers } as FetchInit);
      const sent = marked(outgoing);
      expect(sent instanceof Headers ? [...sent] : sent).toEqual(expected);
      expect(headerOf(outgoing, 'traceparent')).toBe('mine');
    }
    expect(foreign.get('traceparent')).toBe('mine');
  });

  test('stand over those of a Request, which keeps its own 2', () => {
    const request = new Request(address, { headers: { 'x-id': '1', traceparent: 'mine' } });
    expect([...new Headers(marked(given(request)))]).toEqual([
      ['traceparent', 'ours'],
      ['x-id', '1'],
    ]);
    expect(request.headers.get('traceparent')).toBe('mine');
  });

  test('are all the headers there are where the caller gave 0', () => {
    expect(marked(given(address))).toBe(marks);
    expect(marked(given(address, { method: 'POST' }))).toBe(marks);
  });

  test('change nothing where there are 0', () => {
    const outgoing = given(address, { headers: { a: 'b' } });
    expect(markedInit(outgoing)).toBe(outgoing.init);
  });

  test('take the place of a name in any case, in a record of 3', () => {
    expect(markedRecord({ a: 1, TraceParent: 2, b: 3 }, marks)).toEqual({ a: 1, b: 3, ...marks });
  });
});

describe('a body', () => {
  const put = (body: unknown, more?: object) =>
    given(address, { method: 'PUT', body, ...more } as FetchInit);
  const bytesSent = async (outgoing: Outgoing) => Buffer.from(await asSent(outgoing).arrayBuffer());

  test('that can be sent again is the same for 2 attempts, in 7 forms', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('f', new Blob(['x']), 'f.txt');
    const bodies = [
      'text',
      Buffer.from('buffer'),
      new Uint8Array([1, 2, 3]),
      new Uint8Array([1, 2, 3]).buffer,
      new URLSearchParams({ a: '1' }),
      new Blob(['blob'], { type: 'text/x' }),
      form,
    ];
    for (const body of bodies) {
      const outgoing = put(body);
      expect(outgoing.replayable()).toBe(true);
      const first = asSent(outgoing);
      const second = asSent(outgoing);
      expect(first.headers.get('content-type')).toBe(second.headers.get('content-type'));
      expect(await first.bytes()).toEqual(await second.bytes());
      expect(outgoing.replayable()).toBe(true);
    }
  });

  test('that its owner changes while a retry waits is sent as it was, in 5 forms', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const buffer = Buffer.from([1, 2, 3]);
    const view = new DataView(new Uint8Array([9, 1, 2, 3, 9]).buffer, 1, 3);
    const whole = new Uint8Array([1, 2, 3]).buffer;
    const binary = [bytes, buffer, view, whole].map((body) => put(body));
    const parameters = new URLSearchParams({ a: '1' });
    const form = new FormData();
    form.append('a', '1');
    const [query, multipart] = [put(parameters), put(form)];

    bytes.fill(7);
    buffer.fill(7);
    view.setUint8(0, 7);
    new Uint8Array(whole).fill(7);
    parameters.set('a', '2');
    form.append('b', '2');
    for (const outgoing of binary) expect([...(await bytesSent(outgoing))]).toEqual([1, 2, 3]);
    expect((await bytesSent(query)).toString()).toBe('a=1');
    expect((await bytesSent(multipart)).toString()).not.toContain('name="b"');
  });

  test('whose memory was given away, or is shared, is left to the platform, 3 of 3', () => {
    const { buffer } = new TextEncoder().encode('gone');
    const view = new Uint8Array(buffer, 1, 2);
    structuredClone(buffer, { transfer: [buffer] });
    const shared = new Uint8Array(new SharedArrayBuffer(4)) as never;
    for (const body of [buffer, view, shared]) {
      expect(given(address, { method: 'PUT', body }).init.body).toBe(body);
    }
  });

  test('that is a form keeps its type, with 1 boundary', async () => {
    const form = new FormData();
    form.append('a', '1');
    const sent = asSent(put(form));
    expect(sent.headers.get('content-type')).toMatch(
      /^multipart\/form-data; boundary=----formdata-undici-0\d{11}$/,
    );
    expect([...(await sent.formData())]).toEqual([['a', '1']]);
  });

  test('that is another undici’s form is encoded as 1 of the platform’s', async () => {
    const { FormData: ForeignForm } = await import('undici');
    const form = new ForeignForm();
    form.append('a', '1');
    expect([...(await asSent(put(form)).formData())]).toEqual([['a', '1']]);
  });

  test('that is a stream can be sent again until 1 chunk was asked for', async () => {
    const stream = new Blob(['stream']).stream();
    const outgoing = put(stream, { duplex: 'half' });
    expect(outgoing.replayable()).toBe(true);
    expect((await bytesSent(outgoing)).toString()).toBe('stream');
    expect(outgoing.replayable()).toBe(false);
  });

  test('that is a generator can be sent again until 1 chunk was asked for', async () => {
    const generate = async function* () {
      yield 'one ';
      yield 'two';
    };
    const outgoing = put(generate(), { duplex: 'half' });
    expect(outgoing.replayable()).toBe(true);
    expect((await bytesSent(outgoing)).toString()).toBe('one two');
    expect(outgoing.replayable()).toBe(false);
  });

  test('that is a stream in no fit state is left to the platform, and has 0 retries', () => {
    const locked = new Blob(['x']).stream();
    locked.getReader();
    const outgoing = put(locked, { duplex: 'half' });
    expect(outgoing.init.body).toBe(locked);
    expect(outgoing.replayable()).toBe(false);
    expect(() => asSent(outgoing)).toThrow(TypeError);
  });

  test('of a Request can be sent again until it was used 1 time', async () => {
    const request = new Request(address, { method: 'PUT', body: 'body' });
    const outgoing = given(request);
    expect(outgoing.replayable()).toBe(true);
    await request.text();
    expect(outgoing.replayable()).toBe(false);
  });

  test('of the init stands over that of a Request that was used 1 time', async () => {
    const request = new Request(address, { method: 'PUT', body: 'old' });
    await request.text();
    expect(given(request, { body: 'new' }).replayable()).toBe(true);
  });

  test('of a foreign Request is sent 1 time', async () => {
    const outgoing = given(foreign({ method: 'PUT', body: 'body' }));
    expect(outgoing.replayable()).toBe(true);
    expect((await bytesSent(outgoing)).toString()).toBe('body');
    expect(outgoing.replayable()).toBe(false);
  });

  test('of 0 kinds, null or undefined, is no hindrance', () => {
    expect(put(null).replayable()).toBe(true);
    expect(put(undefined).replayable()).toBe(true);
    expect(given(foreign()).replayable()).toBe(true);
  });

  test('that is a number is sent as the text that fetch makes of it, 1 of many', async () => {
    expect((await bytesSent(put(1))).toString()).toBe('1');
  });
});
