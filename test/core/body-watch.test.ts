import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { watchBody } from '../../src/core/body-watch.ts';
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
  watchBody(response, silence, expire);
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
    watchBody(response, silence, expire);
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
    watchBody(response, silence, () => new Error('silent'));
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
