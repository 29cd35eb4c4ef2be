import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { watchBody } from '../../src/core/body-watch.ts';
import { boundSilence } from '../../src/core/silence.ts';
import { pass, useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const silence = 100;
const encode = (text: string) => new TextEncoder().encode(text);

interface Given {
  readonly response: Response;
  readonly expire: ReturnType<typeof vi.fn<() => Error>>;
  readonly cancel: ReturnType<typeof vi.fn>;
  /** What each read that took too long rejects with. */
  readonly error: Error;
}

/** An answer whose chunks come after so many milliseconds each; after the last one it ends, or hangs. */
function answer(
  waits: readonly number[],
  { hangs = false, type = undefined as 'bytes' | undefined, init = {} as ResponseInit } = {},
): Given {
  const error = new Error('silent');
  const expire = vi.fn(() => error);
  const cancel = vi.fn();
  let next = 0;
  const stream = new ReadableStream(
    {
      type: type as undefined,
      async pull(controller: ReadableStreamDefaultController) {
        const wait = waits[next++];
        if (wait === undefined) return hangs ? new Promise(() => {}) : controller.close();
        await new Promise((resolve) => setTimeout(resolve, wait));
        controller.enqueue(encode(`${next} `));
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
  const response = new Response(stream, init);
  watchBody(response, { around: (read) => boundSilence(read, silence, expire) });
  return { response, expire, cancel, error };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
  return text;
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = '';
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    text += new TextDecoder().decode(value);
  }
  return text;
}

const body = ({ body }: Response): ReadableStream<Uint8Array> => {
  if (!body) throw new Error('no body');
  return body;
};

/** Every way of reading a body as text. */
const ways: Record<string, (response: Response) => Promise<string>> = {
  'text()': (response) => response.text(),
  'arrayBuffer()': async (response) => Buffer.from(await response.arrayBuffer()).toString(),
  'bytes()': async (response) => Buffer.from(await response.bytes()).toString(),
  'blob()': async (response) => (await response.blob()).text(),
  'a reader': (response) => drain(body(response).getReader()),
  'for await': (response) => collect(body(response)),
  'values()': (response) => collect(body(response).values()),
  'pipeTo()': async (response) => {
    const chunks: Uint8Array[] = [];
    await body(response).pipeTo(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    return Buffer.concat(chunks).toString();
  },
  'pipeThrough()': (response) =>
    drain(body(response).pipeThrough(new TransformStream<Uint8Array, Uint8Array>()).getReader()),
  'clone()': (response) => response.clone().text(),
  'the original of a clone()': (response) => {
    response.clone();
    return response.text();
  },
  'a clone() of a clone()': (response) => response.clone().clone().text(),
  'one branch of tee()': (response) => collect(body(response).tee()[0]),
  'the other branch of tee()': (response) => collect(body(response).tee()[1]),
  'Readable.fromWeb()': (response) => collect(Readable.fromWeb(body(response) as never)),
  'another Response': (response) => new Response(response.body).text(),
};
const names = Object.keys(ways);
const read = (name: string, response: Response) =>
  (ways[name] ?? (() => Promise.reject(new Error(name))))(response);

const outcome = (work: Promise<unknown>) =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

describe('a body that is silent for 100 ms', () => {
  test.each(names)('fails %s with what expire gave', async (name) => {
    const { response, expire, error } = answer([10], { hangs: true });
    const work = outcome(read(name, response));
    await pass(109);
    expect(expire).toHaveBeenCalledTimes(0);
    await pass(1);
    expect(expire).toHaveBeenCalled();
    expect(await work).toEqual({ error });
  });

  test('fails json() and formData() too, and leaves 0 timers', async () => {
    for (const name of ['json', 'formData'] as const) {
      const headers = { 'content-type': 'multipart/form-data; boundary=x' };
      const { response, error } = answer([], { hangs: true, init: { headers } });
      const work = outcome(response[name]());
      await pass(100);
      expect(await work).toEqual({ error });
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test('fails a reader that brings its own buffer, of 8 bytes', async () => {
    const { response, error } = answer([], { hangs: true, type: 'bytes' });
    const reader = body(response).getReader({ mode: 'byob' });
    const work = outcome(reader.read(new Uint8Array(8)));
    await pass(100);
    expect(await work).toEqual({ error });
  });

  test('fails each of 2 branches that both are read', async () => {
    const { response, error } = answer([], { hangs: true });
    const copy = response.clone();
    const works = [outcome(response.text()), outcome(copy.text())];
    await pass(100);
    expect(await Promise.all(works)).toEqual([{ error }, { error }]);
  });
});

describe('a body that is never silent for 100 ms', () => {
  test.each(names)('is read whole by %s, and leaves 0 timers', async (name) => {
    const { response, expire } = answer([99, 99, 99]);
    const work = outcome(read(name, response));
    await pass(297);
    expect(await work).toEqual({ value: '1 2 3 ' });
    await pass(1_000);
    expect(expire).toHaveBeenCalledTimes(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('may be left unread for 1 hour: only asking for a chunk starts the clock', async () => {
    const { response, expire } = answer([10, 10]);
    const reader = body(response).getReader();
    await pass(3_600_000);
    const first = reader.read();
    await pass(10);
    await first;
    await pass(3_600_000);
    expect(expire).toHaveBeenCalledTimes(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is read into 1 buffer of the reader’s own', async () => {
    const { response } = answer([10], { type: 'bytes' });
    const reader = body(response).getReader({ mode: 'byob' });
    const work = reader.read(new Uint8Array(8));
    await pass(10);
    const { value } = await work;
    expect(new TextDecoder().decode(value)).toBe('1 ');
  });

  test('is told apart where it fails by itself: with its own error, and 0 timers', async () => {
    const failure = new TypeError('terminated');
    const response = new Response(
      new ReadableStream({
        pull: (controller) => controller.error(failure),
      }),
    );
    const expire = vi.fn(() => new Error('silent'));
    watchBody(response, { around: (read) => boundSilence(read, silence, expire) });
    await expect(response.text()).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a watched Response', () => {
  test('is the platform’s own, with its 4 properties', () => {
    const { response } = answer([], { init: { status: 201, headers: { a: '1' } } });
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.headers.get('a'), response.bodyUsed]).toEqual([
      ...[201, '1', false],
    ]);
    expect(Object.keys(response)).toEqual([]);
    expect(body(response)).toBeInstanceOf(ReadableStream);
    expect(Object.keys(body(response))).toEqual([]);
  });

  test('without a body, 204, is left alone', () => {
    const response = new Response(null, { status: 204 });
    watchBody(response, {});
    expect(Reflect.ownKeys(response)).toEqual(Reflect.ownKeys(new Response(null, { status: 204 })));
    expect(response.body).toBeNull();
  });

  test('is used after 1 reading, and says so', async () => {
    const { response } = answer([1]);
    const work = response.text();
    await pass(1);
    await work;
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(() => response.clone()).toThrow(TypeError);
  });

  test('can be cloned 24 times', async () => {
    const { response } = answer([1]);
    const copies = Array.from({ length: 24 }, () => response.clone());
    const works = [response, ...copies].map((each) => each.text());
    await pass(1);
    expect(await Promise.all(works)).toEqual(new Array(25).fill('1 '));
  });

  test('can be cancelled: its source hears of it 1 time', async () => {
    const { response, cancel } = answer([], { hangs: true });
    await body(response).cancel('enough');
    expect(cancel).toHaveBeenCalledExactlyOnceWith('enough');
  });

  test('cancels its source when a loop over it ends after 1 chunk', async () => {
    const { response, cancel } = answer([1, 1], { hangs: true });
    const loop = (async () => {
      for await (const _ of body(response)) break;
    })();
    await pass(1);
    await loop;
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(body(response).locked).toBe(false);
  });

  test('goes on after a loop that asked for preventCancel ended after 1 chunk', async () => {
    const { response, cancel } = answer([1, 1]);
    const loop = (async () => {
      for await (const _ of body(response).values({ preventCancel: true })) break;
    })();
    await pass(1);
    await loop;
    expect(cancel).toHaveBeenCalledTimes(0);
    const rest = collect(body(response));
    await pass(1);
    expect(await rest).toBe('2 ');
  });

  test('cancels its source when an iterator is given back before its 1st chunk', async () => {
    const { response, cancel } = answer([], { hangs: true });
    const iterator = body(response).values();
    expect(body(response).locked).toBe(true);
    await iterator.return?.();
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(body(response).locked).toBe(false);
  });

  test('is not locked any more when pipeTo() is over, 1 chunk later', async () => {
    const { response } = answer([1]);
    const piped = body(response).pipeTo(new WritableStream());
    expect(body(response).locked).toBe(true);
    await pass(1);
    await piped;
    expect(body(response).locked).toBe(false);
  });

  test('that is locked gives a promise that rejects to pipeTo(), in 1 step', async () => {
    const { response } = answer([1]);
    body(response).getReader();
    let piped: Promise<void> | undefined;
    expect(() => {
      piped = body(response).pipeTo(new WritableStream());
      piped.catch(() => {});
    }).not.toThrow();
    await expect(piped).rejects.toThrow(TypeError);
  });

  test('cancels its source when what it is piped into fails, with 1 reason', async () => {
    const { response, cancel } = answer([1, 1]);
    const failure = new Error('disk full');
    const piped = outcome(
      body(response).pipeTo(
        new WritableStream({
          write() {
            throw failure;
          },
        }),
      ),
    );
    await pass(2);
    expect(await piped).toEqual({ error: failure });
    expect(cancel).toHaveBeenCalledExactlyOnceWith(failure);
  });
});

describe('the end of a body', () => {
  /** An answer of so many chunks, each there when it is asked for, and what was told of its end. */
  function watchedAnswer(chunks: number, { hangs = false } = {}) {
    const ends: boolean[] = [];
    const cancel = vi.fn();
    let next = 0;
    const stream = new ReadableStream(
      {
        pull(controller) {
          if (next < chunks) controller.enqueue(encode(`${++next} `));
          else if (hangs) return new Promise(() => {});
          else controller.close();
          return undefined;
        },
        cancel,
      },
      { highWaterMark: 0 },
    );
    const response = new Response(stream);
    const watched = watchBody(response, { ended: (finished) => ends.push(finished) });
    return { response, ends, cancel, watched };
  }

  test.each(names)('is told 1 time when it was read by %s', async (name) => {
    const { response, ends, watched } = watchedAnswer(3);
    expect([watched, ends]).toEqual([true, []]);
    expect(await read(name, response)).toBe('1 2 3 ');
    await pass(0);
    expect(ends).toEqual([true]);
  });

  test('is told to each of 2 watches, in the order in which they came', async () => {
    const response = new Response('body');
    const [reads, ends]: string[][] = [[], []];
    for (const name of ['first', 'second']) {
      const around = async <T>(read: Promise<T>) => {
        const chunk = await read;
        reads?.push(name);
        return chunk;
      };
      watchBody(response, { around, ended: () => ends?.push(name) });
    }
    await response.text();
    expect(reads).toEqual(['first', 'second']);
    expect(ends).toEqual(['first', 'second']);
  });

  test('is told to 1 who comes after it', async () => {
    const { response } = watchedAnswer(1);
    await body(response).cancel();
    const ended = vi.fn();
    expect(watchBody(response, { ended })).toBe(true);
    expect(ended).toHaveBeenCalledExactlyOnceWith(false);
  });

  const leaving: Record<string, (response: Response) => unknown> = {
    'cancel()': (response) => body(response).cancel(),
    'cancel() of a reader': (response) => body(response).getReader().cancel(),
    'break in a loop': async (response) => {
      for await (const _ of body(response)) break;
    },
    'a pipe into what fails': async (response) => {
      const broken = new WritableStream({ write: () => Promise.reject(new Error('disk full')) });
      await outcome(body(response).pipeTo(broken));
    },
    'destroy() of a Readable': async (response) => {
      const readable = Readable.fromWeb(body(response) as Parameters<typeof Readable.fromWeb>[0]);
      await new Promise((resolve) => readable.once('data', resolve));
      readable.destroy();
    },
    'cancel() of a clone and of its original': (response) => {
      const copy = response.clone();
      return Promise.all([body(response).cancel(), body(copy).cancel()]);
    },
    'cancel() of both branches of tee()': (response) =>
      Promise.all(
        body(response)
          .tee()
          .map((branch) => branch.cancel()),
      ),
  };

  test.each(Object.keys(leaving))('is told 1 time, as left, at %s', async (name) => {
    const { response, ends } = watchedAnswer(2, { hangs: true });
    await leaving[name]?.(response);
    await pass(0);
    expect(ends).toEqual([false]);
  });

  test('is not told while 1 of 2 branches may still be read', async () => {
    const { response, ends } = watchedAnswer(2);
    const copy = response.clone();
    body(copy).cancel();
    await pass(0);
    expect(ends).toEqual([]);
    await response.text();
    await pass(0);
    expect(ends).toEqual([true]);
  });

  test('is not told by a reader that only let go: the next one reads on, 2 chunks', async () => {
    const { response, ends } = watchedAnswer(2);
    const reader = body(response).getReader();
    await reader.read();
    reader.releaseLock();
    for await (const _ of body(response).values({ preventCancel: true })) break;
    await pass(0);
    expect(ends).toEqual([]);
    await collect(body(response));
    await pass(0);
    expect(ends).toEqual([true]);
  });

  test('is not told by a cancel() that was refused, for the 1 reader there is', async () => {
    const { response, ends } = watchedAnswer(1);
    const reader = body(response).getReader();
    await expect(body(response).cancel()).rejects.toThrow(TypeError);
    expect(ends).toEqual([]);
    await reader.cancel();
    await expect(reader.cancel()).resolves.toBeUndefined();
    expect(ends).toEqual([false]);
  });

  test('is told when a read is given up, though its source never hears of it: after 100 ms', async () => {
    const ends: boolean[] = [];
    const { response } = answer([], { hangs: true });
    watchBody(response, { ended: (finished) => ends.push(finished) });
    const work = outcome(response.text());
    await pass(99);
    expect(ends).toEqual([]);
    await pass(1);
    await work;
    expect(ends).toEqual([true]);
  });

  test('is not told by a read that was refused for its buffer of 0 bytes', async () => {
    const ends: boolean[] = [];
    const { response } = answer([10], { type: 'bytes' });
    watchBody(response, { ended: (finished) => ends.push(finished) });
    const reader = body(response).getReader({ mode: 'byob' });
    await expect(reader.read(new Uint8Array(0))).rejects.toThrow(TypeError);
    expect(ends).toEqual([]);
  });

  test('by a failure reaches a reader that waits for nothing, and a Readable: 2 of 2', async () => {
    const failing = () => {
      let fail: (error: Error) => void = () => {};
      const stream = new ReadableStream({
        start(controller) {
          fail = (error) => controller.error(error);
        },
      });
      const response = new Response(stream);
      watchBody(response, {});
      return { response, fail };
    };
    const failure = new TypeError('terminated');
    const [one, other] = [failing(), failing()];
    const closed = outcome(body(one.response).getReader().closed);
    const readable = Readable.fromWeb(
      body(other.response) as Parameters<typeof Readable.fromWeb>[0],
    );
    const destroyed = new Promise((resolve) => readable.once('error', resolve));
    one.fail(failure);
    other.fail(failure);
    expect(await closed).toEqual({ error: failure });
    expect(await destroyed).toBe(failure);
  });
});

describe('a body that the garbage collector took', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const nothing = () => {};

  /** A body that never ends, as a connection would hold it: for ever. */
  const held: ReadableStream[] = [];

  /** What was told of the end of a body that was dropped after some use. */
  async function dropped(
    use: (response: Response) => unknown,
    keep: (stream: ReadableStream) => void = (stream) => held.push(stream),
  ): Promise<boolean[]> {
    const ends: boolean[] = [];
    await (async () => {
      const stream = new ReadableStream({
        type: 'bytes',
        pull: (controller) => controller.enqueue(encode('drop ')),
      });
      const response = new Response(stream);
      keep(stream);
      watchBody(response, { ended: (finished) => ends.push(finished) });
      await use(response);
    })();
    for (let round = 0; round < 100 && ends.length === 0; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    return ends;
  }

  const ways: Record<string, (response: Response) => unknown> = {
    unread: nothing,
    'with a reader that read 1 chunk': async (response) => {
      await body(response).getReader().read();
    },
    'with a reader that read 1 chunk and let go': async (response) => {
      const reader = body(response).getReader();
      await reader.read();
      reader.releaseLock();
    },
    'with an iterator that gave 1 chunk': async (response) => {
      await body(response).values().next();
    },
    'with a clone': (response) => {
      response.clone();
    },
    'with a clone of a clone, of which 1 chunk was read': async (response) => {
      await body(response.clone().clone()).getReader().read();
    },
    'with a pipe that nobody reads': (response) => {
      body(response).pipeThrough(new TransformStream());
    },
  };

  test.each(Object.keys(ways))('is told 1 time, as left: %s', async (name) => {
    expect(await dropped(ways[name] ?? nothing)).toEqual([false]);
  });

  test('is told 1 time, as left: with 2 branches, where no connection holds it', async () => {
    expect(await dropped((response) => body(response).tee(), nothing)).toEqual([false]);
  });

  /** What keeps a body readable, each after 1 chunk, and how to read on from there. */
  const keeping: Record<string, (response: Response) => Promise<() => Promise<unknown>>> = {
    'the Response': async (response) => () => response.text(),
    'its clone': async (response) => {
      const copy = response.clone();
      return () => copy.text();
    },
    'a reader': async (response) => {
      const reader = body(response).getReader();
      await reader.read();
      return () => drain(reader);
    },
    'a reader, after another that let go 2 times': async (response) => {
      const first = body(response).getReader();
      await first.read();
      first.releaseLock();
      const second = body(response).getReader();
      first.releaseLock();
      return () => drain(second);
    },
    'an iterator': async (response) => {
      const iterator = body(response).values();
      await iterator.next();
      return () => collect(iterator);
    },
    'the end of a pipe': async (response) => {
      const reader = body(response).pipeThrough(new TransformStream<Uint8Array>()).getReader();
      await reader.read();
      return () => drain(reader);
    },
    'the brake of a pipe': async (response) => {
      let letGo = nothing;
      const brake = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const piped = body(response).pipeTo(new WritableStream({ write: () => brake }));
      return () => {
        letGo();
        return piped;
      };
    },
    'a Readable': async (response) => {
      const stream = body(response) as Parameters<typeof Readable.fromWeb>[0];
      const readable = Readable.fromWeb(stream, { highWaterMark: 1 });
      await new Promise((resolve) => readable.once('readable', resolve));
      return () => collect(readable);
    },
    'a branch': async (response) => {
      const [branch] = body(response).tee();
      return () => collect(branch);
    },
  };

  test.each(Object.keys(keeping))(
    'is not told while %s is kept, 20 collections long',
    async (name) => {
      const ends: boolean[] = [];
      const readOn = await (() => {
        let left = 9;
        const stream = new ReadableStream<Uint8Array>(
          {
            pull: (controller) =>
              left-- > 0 ? controller.enqueue(encode('drop ')) : controller.close(),
          },
          { highWaterMark: 0 },
        );
        const response = new Response(stream);
        watchBody(response, { ended: (finished) => ends.push(finished) });
        return keeping[name]?.(response);
      })();
      for (let round = 0; round < 20; round++) {
        await new Promise((resolve) => setImmediate(resolve));
        collectGarbage();
      }
      expect(ends).toEqual([]);
      await readOn?.();
      await pass(0);
      expect(ends).toEqual([true]);
    },
  );

  test('is told when the last reader lets go, 1 time, of what nobody else can read', async () => {
    const ends: boolean[] = [];
    const stream = new ReadableStream({ pull: () => new Promise(nothing) }, { highWaterMark: 0 });
    const reader = await (async () => {
      const response = new Response(stream);
      watchBody(response, { ended: (finished) => ends.push(finished) });
      return body(response).getReader();
    })();
    for (let round = 0; round < 20; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    expect(ends).toEqual([]);
    reader.releaseLock();
    expect(ends).toEqual([false]);
  });

  test('is not told while 1 read is under way of an iterator that nobody holds', async () => {
    let feed: () => void = nothing;
    const first = (() => {
      const stream = new ReadableStream(
        {
          pull: (controller) =>
            new Promise<void>((resolve) => {
              feed = () => {
                controller.enqueue(encode('first'));
                resolve();
              };
            }),
        },
        { highWaterMark: 0 },
      );
      const response = new Response(stream);
      watchBody(response, {});
      return body(response).values().next();
    })();
    for (let round = 0; round < 20; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    feed();
    expect(await first).toMatchObject({ done: false });
  });
});
