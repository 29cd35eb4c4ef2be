import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { OneShotBody } from '../../src/core/one-shot.ts';

function streamOf(...chunks: unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    pull(controller) {
      if (chunks.length === 0) controller.close();
      else controller.enqueue(chunks.shift());
    },
  });
}

async function* generatorOf(...chunks: unknown[]): AsyncGenerator<unknown> {
  yield* chunks;
}

function oneShot(body: unknown): OneShotBody {
  const wrapped = OneShotBody.from(body);
  if (!wrapped) throw new Error('not taken for a body that can be sent once');
  return wrapped;
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const encode = (text: string) => new TextEncoder().encode(text);

describe('what can be sent once', () => {
  test.each([
    ['a stream', () => streamOf(encode('1'))],
    ['a generator', () => generatorOf('1')],
    ['a Node stream', () => Readable.from(['1'])],
    ['an object that gives chunks', () => ({ [Symbol.asyncIterator]: () => generatorOf('1') })],
    ['the body of a Response', () => new Response('1').body],
    [
      'the body of a Request',
      () => new Request('http://a.test', { method: 'PUT', body: '1' }).body,
    ],
  ])('is %s, and gives its 1 chunk', async (_, body) => {
    expect(await textOf(oneShot(body()))).toBe('1');
  });

  test.each([
    ['text', '1'],
    ['bytes', encode('1')],
    ['a buffer', Buffer.from('1')],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a Blob', new Blob(['1'])],
    ['a form', new FormData()],
    ['search parameters', new URLSearchParams('a=1')],
    ['an array', ['1']],
    ['a generator that is not asynchronous', [1].values()],
    ['a number', 1],
    ['null', null],
    ['undefined', undefined],
  ])('is not %s, 1 of 12', (_, body) => {
    expect(OneShotBody.from(body)).toBeUndefined();
  });

  test('is no stream that is locked or was read from: the platform has 2 errors for those', async () => {
    const locked = streamOf(encode('1'));
    locked.getReader();
    const read = streamOf(encode('1'), encode('2'));
    const reader = read.getReader();
    await reader.read();
    reader.releaseLock();
    const cancelled = streamOf(encode('1'));
    await cancelled.cancel();
    for (const body of [locked, read, cancelled]) {
      expect(OneShotBody.from(body)).toBeUndefined();
    }
    await expect(
      fetch('http://a.test', { method: 'PUT', body: read as never, duplex: 'half' } as RequestInit),
    ).rejects.toThrow(TypeError);
  });
});

test('a Node stream that was destroyed is left to the platform, which refuses it: 0 wrapped', () => {
  expect(OneShotBody.from(Readable.from(['1']).destroy())).toBeUndefined();
});

describe('a body that was not asked for 1 chunk', () => {
  test('is untouched, and its stream is locked as fetch locks it', () => {
    const stream = streamOf(encode('1'));
    const body = oneShot(stream);
    expect(body.touched).toBe(false);
    expect(stream.locked).toBe(true);
  });

  test('stays untouched where an iterator was made for it, 2 times', async () => {
    const body = oneShot(generatorOf('whole'));
    body[Symbol.asyncIterator]();
    await body[Symbol.asyncIterator]().return?.();
    expect(body.touched).toBe(false);
    expect(await textOf(body)).toBe('whole');
  });

  test('leaves a generator whole: 0 steps were taken', () => {
    const step = vi.fn();
    const body = oneShot(
      (async function* () {
        step();
        yield 'late';
      })(),
    );
    body[Symbol.asyncIterator]();
    expect(step).toHaveBeenCalledTimes(0);
  });

  test('is opened 1 time, when it is given, as fetch does; where that throws, it is the caller who hears of it', () => {
    const open = vi.fn(() => generatorOf('1'));
    oneShot({ [Symbol.asyncIterator]: open })[Symbol.asyncIterator]();
    expect(open).toHaveBeenCalledTimes(1);
    const broken = () => {
      throw new RangeError('dry');
    };
    expect(() => oneShot({ [Symbol.asyncIterator]: broken })).toThrow(RangeError);
  });

  test('is sent whole by the 2nd attempt when the 1st gave it up', async () => {
    for (const source of [streamOf(encode('a'), encode('b')), generatorOf('a', 'b')]) {
      const body = oneShot(source);
      await body[Symbol.asyncIterator]().return?.();
      expect(await textOf(body)).toBe('ab');
      expect(body.touched).toBe(true);
    }
  });
});

describe('a body that was abandoned', () => {
  test('ends its source 1 time with the reason, and gives 0 chunks and no end to a late attempt', async () => {
    const cancel = vi.fn();
    const stream = new ReadableStream({ cancel });
    const end = vi.fn(async () => ({ done: true, value: undefined }) as const);
    const iterable = { [Symbol.asyncIterator]: () => ({ next: end, return: end }) };
    for (const body of [oneShot(stream), oneShot(iterable)]) {
      const late = body[Symbol.asyncIterator]();
      body.abandon('left');
      body.abandon('again');
      await expect(late.next()).rejects.toThrow(TypeError);
      await late.return?.();
    }
    expect(cancel.mock.calls).toEqual([['left']]);
    expect(end.mock.calls).toEqual([['left']]);
    expect(stream.locked).toBe(false);
  });

  test('is left alone where it was asked for 1 chunk: the platform tells it', () => {
    const cancel = vi.fn();
    const body = oneShot(new ReadableStream({ cancel }));
    body[Symbol.asyncIterator]()
      .next()
      .catch(() => {});
    body.abandon('left');
    expect(cancel).toHaveBeenCalledTimes(0);
  });
});

describe('a body that was asked for 1 chunk', () => {
  test('is touched before the chunk is there', () => {
    const body = oneShot(new ReadableStream({ pull: () => new Promise(() => {}) }));
    void body[Symbol.asyncIterator]().next();
    expect(body.touched).toBe(true);
  });

  test('is touched where it has 0 chunks', async () => {
    const body = oneShot(streamOf());
    expect(await textOf(body)).toBe('');
    expect(body.touched).toBe(true);
  });

  test('lets its stream be cancelled in the middle, 1 time', async () => {
    const cancel = vi.fn();
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(encode('x')),
      cancel,
    });
    for await (const _ of oneShot(stream)) break;
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('lets its generator clean up in the middle, 1 time', async () => {
    const cleaned = vi.fn();
    const body = oneShot(
      (async function* () {
        try {
          yield '1';
          yield '2';
        } finally {
          cleaned();
        }
      })(),
    );
    for await (const _ of body) break;
    expect(cleaned).toHaveBeenCalledTimes(1);
  });

  test('gives what its source failed with as it is, after 1 chunk', async () => {
    const failure = new Error('disk full');
    const body = oneShot(
      (async function* () {
        yield '1';
        throw failure;
      })(),
    );
    await expect(textOf(body)).rejects.toBe(failure);
  });
});

describe('chunks', () => {
  test('of a generator become bytes, whichever of 5 kinds they are', async () => {
    const shared = encode('-12-').buffer;
    const body = oneShot(
      generatorOf(
        'é',
        encode('a'),
        Buffer.from('b'),
        encode('c').buffer,
        new DataView(shared, 1, 2),
      ),
    );
    expect(await textOf(body)).toBe('éabc12');
  });

  test.each([1, null, undefined, {}, ['a'], new Blob(['a'])])(
    'of a generator that are no bytes reject with a TypeError, 1 of 6: %s',
    async (chunk) => {
      await expect(textOf(oneShot(generatorOf(chunk)))).rejects.toThrow(TypeError);
    },
  );

  test('of a stream may be text and views of 3 kinds, as the platform takes them', async () => {
    const view = new DataView(encode('-12-').buffer, 1, 2);
    const body = oneShot(streamOf('é', encode('a'), Uint16Array.of(0x6362), view));
    expect(await textOf(body)).toBe('éabc12');
  });

  test.each([1, null, {}, encode('x').buffer])(
    'of a stream that are neither reject with a TypeError, as in fetch, 1 of 4: %s',
    async (chunk) => {
      await expect(textOf(oneShot(streamOf(chunk)))).rejects.toThrow(
        new TypeError('Received non-Uint8Array chunk'),
      );
    },
  );

  test('that are empty are left out, 2 of 4: Node 22 never asks for more after one', async () => {
    for (const source of [streamOf('', 'a', encode(''), 'b'), generatorOf('', 'a', '', 'b')]) {
      const sizes: number[] = [];
      for await (const chunk of oneShot(source)) sizes.push(chunk.byteLength);
      expect(sizes).toEqual([1, 1]);
    }
  });

  test('are asked for 1 at a time, as they are wanted', async () => {
    const pulled = vi.fn();
    const body = oneShot(
      (async function* () {
        for (const chunk of ['1', '2', '3']) {
          pulled();
          yield chunk;
        }
      })(),
    );
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    expect(pulled).toHaveBeenCalledTimes(1);
    await iterator.next();
    expect(pulled).toHaveBeenCalledTimes(2);
  });
});

test('a body is sent by the platform’s own Request as the 3 chunks that it is', async () => {
  const request = new Request('http://a.test', {
    method: 'PUT',
    body: oneShot(generatorOf('one ', 'two ', 'three')) as never,
    duplex: 'half',
  } as RequestInit);
  expect(await request.text()).toBe('one two three');
});
