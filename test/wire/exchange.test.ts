import { randomBytes } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { bodyLifeOf } from '../../src/core/body-life.ts';
import { discard } from '../../src/core/discard.ts';
import { isNeverSent } from '../../src/core/never-sent.ts';
import { Stop } from '../../src/core/stop.ts';
import { classifyError } from '../../src/decisions/classify.ts';
import { fakeDispatch } from '../support/fake-dispatch.ts';
import { collect } from '../support/heap.ts';
import { rejection, until } from '../support/wire-call.ts';

const kibibytes = (count: number) => Buffer.alloc(count * 1024, 'x');

describe('a body that comes faster than it is read', () => {
  it('has its connection wait from more than 64 KiB on, and go on with 64 KiB or less', async () => {
    const { call, at } = fakeDispatch().send();
    at.start().head().data(kibibytes(64));
    expect(at.controller.pause).toHaveBeenCalledTimes(0);
    at.data(kibibytes(16));
    expect(at.controller.pause).toHaveBeenCalledTimes(1);
    const reader = (await call).body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(64 * 1024);
    expect(at.controller.resume).toHaveBeenCalled();
  });

  for (const [title, handsOver] of [
    ['is handed on without a copy where nobody else has it: 1 of 2 pieces, as one is a part', true],
    ['is copied where somebody else may have it: 2 of 2 pieces', false],
  ] as const) {
    it(title, async () => {
      const { call, at } = fakeDispatch(handsOver).send();
      at.start().head();
      const reader = (await call).body?.getReader();
      const whole = new Uint8Array(kibibytes(8).buffer.slice(0));
      const part = new Uint8Array(new ArrayBuffer(16), 4, 8);
      const reads = [reader?.read(), reader?.read()];
      at.data(whole, part);
      expect(whole.byteLength).toBe(8 * 1024);
      expect((await reads[0])?.value).toEqual(new Uint8Array(kibibytes(8)));
      expect((await reads[1])?.value).toEqual(new Uint8Array(8));
      expect(whole.buffer.detached).toBe(handsOver);
      expect(part.buffer.detached).toBe(false);
    });
  }

  it('is asked for without a pause where it is read at once: 10 chunks of 64 KiB', async () => {
    const { call, at } = fakeDispatch().send();
    at.start().head();
    const read = (await call).arrayBuffer();
    for (let count = 0; count < 10; count++) at.data(kibibytes(64));
    at.end();
    expect((await read).byteLength).toBe(640 * 1024);
    expect(at.controller.pause).toHaveBeenCalledTimes(0);
  });

  for (const [title, headers, piece] of [
    ['is given up when nobody can read it any more: 1 abort', {}, kibibytes(80)],
    [
      'is given up as well where it would fit into the buffer, but does not come: 1 abort',
      { 'content-length': '8' },
      'half',
    ],
  ] as const) {
    it(title, async () => {
      const { send } = fakeDispatch();
      const at = await (async () => {
        const { call, at } = send();
        at.start().head(headers).data(piece);
        await call;
        return at;
      })();
      await until(() => {
        collect();
        return at.controller.abort.mock.calls.length === 1;
      });
    });
  }

  it('is read to its end by a text() whose Response was dropped: 0 aborts in 5 collections', async () => {
    const { send } = fakeDispatch();
    const { at, reading } = await (async () => {
      const { call, at } = send();
      at.start().head().data(kibibytes(80));
      return { at, reading: (await call).text() };
    })();
    for (let round = 0; round < 5; round++) {
      await pass(1);
      collect();
    }
    at.end();
    expect(await reading).toHaveLength(80 * 1024);
    expect(at.controller.abort).toHaveBeenCalledTimes(0);
  });

  it('is kept while its stream, a reader or a clone is: 0 aborts in 20 collections', async () => {
    const { send } = fakeDispatch();
    const uses: ((response: Response) => unknown)[] = [
      (response) => response.body,
      (response) => response.body?.getReader(),
      (response) => response.clone(),
      (response) => new Response(response.body, response),
    ];
    const kept: unknown[] = [];
    for (const use of uses) {
      const { call, at } = send();
      at.start().head().data(kibibytes(80));
      kept.push([use(await call), at]);
    }
    for (let round = 0; round < 20; round++) {
      await pass(1);
      collect();
    }
    for (const [, at] of kept as [unknown, { controller: { abort: unknown } }][]) {
      expect(at.controller.abort).toHaveBeenCalledTimes(0);
    }
  });
});

describe('a reader that asks and is cancelled in the same turn', () => {
  it('where all has come hears of the end, and 0 errors are thrown at the process', async () => {
    const thrown = vi.fn();
    process.on('uncaughtException', thrown);
    const { call, at } = fakeDispatch().send();
    at.start().head().end();
    const reader = (await call).body?.getReader();
    await pass(1);
    const read = reader?.read();
    await reader?.cancel();
    expect(await read).toEqual({ done: true, value: undefined });
    await pass(5);
    process.off('uncaughtException', thrown);
    expect(thrown).toHaveBeenCalledTimes(0);
  });
});

describe('an abort', () => {
  const reason = { mine: true };

  it('before the request began rejects at once, and ends it when it begins: 1 abort', async () => {
    const stop = Stop.never.child(true);
    const { call, at } = fakeDispatch().send({}, stop);
    stop.abort(reason);
    expect(await rejection(call)).toBe(reason);
    at.start();
    expect(at.controller.abort).toHaveBeenCalledExactlyOnceWith(reason);
  });

  it('before the headers rejects at once: 1 abort', async () => {
    const stop = Stop.never.child(true);
    const { call, at } = fakeDispatch().send({}, stop);
    at.start();
    stop.abort(reason);
    expect(await rejection(call)).toBe(reason);
    expect(at.controller.abort).toHaveBeenCalledExactlyOnceWith(reason);
  });

  for (const [name, read] of Object.entries({
    'text()': (response: Response) => response.text(),
    'a reader': (response: Response) => response.body?.getReader().read(),
    'closed of a reader': (response: Response) => response.body?.getReader().closed,
    'a clone': (response: Response) => response.clone().text(),
  })) {
    it(`while the body comes ends ${name}: 1 abort`, async () => {
      const stop = Stop.never.child(true);
      const { call, at } = fakeDispatch().send({}, stop);
      at.start().head();
      const work = rejection(Promise.resolve(read(await call)));
      stop.abort(reason);
      expect(await work).toBe(reason);
      expect(at.controller.abort).toHaveBeenCalledExactlyOnceWith(reason);
    });
  }

  it('when all has come and nothing was read rejects the read, and aborts 0 requests', async () => {
    const stop = Stop.never.child(true);
    const { call, at } = fakeDispatch().send({}, stop);
    at.start().head().data('x').end();
    const response = await call;
    stop.abort(reason);
    expect(await rejection(response.text())).toBe(reason);
    expect(at.controller.abort).toHaveBeenCalledTimes(0);
  });

  it('when the headers are there is not heard where only they were bounded: 0 aborts', async () => {
    const stop = Stop.never.child(false);
    const { call, at } = fakeDispatch().send({}, stop);
    at.start().head();
    const response = await call;
    stop.abort(reason);
    at.data('x').end();
    expect(await response.text()).toBe('x');
    expect(at.controller.abort).toHaveBeenCalledTimes(0);
  });
});

describe('an exchange that fails', () => {
  const broken = (syscall: string) =>
    Object.assign(new Error('broken'), { code: 'ECONNRESET', syscall });

  it('before its beginning was never sent: 0 bytes', async () => {
    const { call, at } = fakeDispatch().send({ method: 'POST', body: 'order' });
    at.fail(broken('read'));
    const error = await rejection(call);
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } });
    expect([isNeverSent(error), classifyError(error)]).toEqual([true, 'never-sent']);
  });

  it('in the writing of its 5 bytes was never sent', async () => {
    const { call, at } = fakeDispatch().send({ method: 'POST', body: 'order' });
    at.start().fail(broken('write'));
    expect(classifyError(await rejection(call))).toBe('never-sent');
  });

  it('in the writing to a connection of HTTP/2, which has many, may have been acted on, 1 time', async () => {
    const { call, at } = fakeDispatch().send({ method: 'POST', body: 'order' });
    at.start().fail(Object.assign(broken('write'), { http2ErrorCode: 2 }));
    expect(classifyError(await rejection(call))).toBe('ambiguous');
  });

  const doubtful: Record<string, [RequestInit, string]> = {
    'in the reading': [{}, 'read'],
    'in the writing of 8 KiB': [{ method: 'POST', body: kibibytes(8) }, 'write'],
    'in the writing of a stream': [
      { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' },
      'write',
    ],
  };
  for (const [name, [init, syscall]] of Object.entries(doubtful)) {
    it(`${name} may have been acted on, 1 time`, async () => {
      const { call, at } = fakeDispatch().send(init);
      at.start().fail(broken(syscall));
      expect(classifyError(await rejection(call))).toBe('ambiguous');
    });
  }

  it('in the body gives the 1 chunk that came, and then its error', async () => {
    const { call, at } = fakeDispatch().send();
    at.start().head().data('one').fail(broken('read'));
    const reader = (await call).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('one');
    const error = await rejection(Promise.resolve(reader?.read()));
    expect(error).toMatchObject({ message: 'terminated', cause: { code: 'ECONNRESET' } });
  });
});

describe('an answer', () => {
  it('makes 1 Headers, which nobody can change, and 1 stream', async () => {
    const { call, at } = fakeDispatch().send();
    at.start()
      .head({ 'x-a': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] })
      .end();
    const response = await call;
    expect(response.headers).toBe(response.headers);
    expect(response.body).toBe(response.body);
    expect(response.headers.get('x-a')).toBe('1, 2');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    for (const change of ['set', 'append', 'delete'] as const) {
      expect(() => response.headers[change]('x-a', '3')).toThrow(TypeError);
    }
    expect(response.headers.get('x-a')).toBe('1, 2');
  });

  it('gives memory of its own, and not 1 byte of what a socket has read', async () => {
    const { send } = fakeDispatch();
    for (const read of ['bytes', 'arrayBuffer'] as const) {
      const { call, at } = send();
      const socket = Buffer.from('before|body|after');
      at.start().head();
      at.handler.onResponseData(at.controller, socket.subarray(7, 11));
      at.end();
      const given = await (await call)[read]();
      const bytes = new Uint8Array(given);
      socket.fill('!');
      expect(Buffer.from(bytes).toString()).toBe('body');
      expect((given instanceof ArrayBuffer ? given : given.buffer).byteLength).toBe(4);
    }
  });

  it('that is packed 2 times is unpacked 2 times, in chunks of 1 byte', async () => {
    const { call, at } = fakeDispatch().send();
    at.start().head({ 'content-encoding': 'gzip, gzip' });
    for (const byte of gzipSync(gzipSync('packed'))) at.data(Uint8Array.of(byte));
    at.end();
    expect(await (await call).text()).toBe('packed');
  });

  for (const [coding, pack] of Object.entries({ gzip: gzipSync, deflate: deflateSync })) {
    it(`that is packed by ${coding} and read by 1 chunk is unpacked no further than by 8 MiB of 64`, async () => {
      const { call, at } = fakeDispatch().send();
      const unpacked = Buffer.alloc(64 * 1024 * 1024);
      const packed = pack(unpacked);
      at.start().head({ 'content-encoding': coding });
      const before = process.memoryUsage().arrayBuffers;
      at.data(packed).end();
      const reader = (await call).body?.getReader();
      await reader?.read();
      await pass(200);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
      await reader?.cancel();
      expect(unpacked).toHaveLength(64 * 1024 * 1024);
    });
  }

  it('that is packed by deflate ends where that does: 6 bytes of 1 chunk, and 0 of the next', async () => {
    const { call, at } = fakeDispatch().send();
    at.start().head({ 'content-encoding': 'deflate' });
    const read = (await call).text();
    at.data(deflateSync('packed'));
    await pass(5);
    at.data('behind it').end();
    expect(await read).toBe('packed');
  });

  it('is one of the platform’s to whoever makes another one like it, 1 time', async () => {
    const { call, at } = fakeDispatch().send();
    at.start().head().end();
    const response = await call;
    expect([response.constructor, response.headers.constructor]).toEqual([Response, Headers]);
    const Class = response.constructor as typeof Response;
    expect(await new Class('own', { status: 201 }).text()).toBe('own');
  });

  it('that is packed has its connection wait until its 300,000 bytes are read', async () => {
    const { call, at } = fakeDispatch().send();
    const packed = gzipSync(randomBytes(300_000));
    at.start().head({ 'content-encoding': 'gzip' });
    const response = await call;
    at.data(packed);
    expect(at.controller.pause).toHaveBeenCalledTimes(1);
    const reading = response.arrayBuffer();
    await until(() => at.controller.resume.mock.calls.length > 0);
    at.end();
    expect((await reading).byteLength).toBe(300_000);
  });

  it('knows of its body that all of it is here, and lets go of it at once: 0 aborts', async () => {
    const { call, at } = fakeDispatch().send();
    at.start().head({ 'content-length': '1' }, 503);
    const response = await call;
    expect(bodyLifeOf(response)?.arrived).toBe(false);
    at.data('x').end();
    expect(bodyLifeOf(response)?.arrived).toBe(true);
    discard(response);
    expect(response.bodyUsed).toBe(true);
    expect(at.controller.abort).toHaveBeenCalledTimes(0);
  });

  it('that was redirected has 1 request more, with 1 header less where another origin has it', async () => {
    const { send, handed } = fakeDispatch();
    const { call, at } = send({ headers: { authorization: 'me', 'x-a': '1' } });
    at.start().head({ location: 'http://b.test/on' }, 302).end();
    await until(() => handed.length === 2);
    expect(handed[1]?.options).toMatchObject({ origin: 'http://b.test', path: '/on' });
    expect(handed[1]?.options.headers).toHaveProperty('x-a', '1');
    expect(handed[1]?.options.headers).not.toHaveProperty('authorization');
    handed[1]?.start().head().data('x').end();
    const { url, type, redirected } = await call;
    expect([url, type, redirected]).toEqual(['http://b.test/on', 'cors', true]);
  });
});
