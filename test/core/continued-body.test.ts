import { describe, expect, test } from 'vitest';
import { readThrough, watchBody } from '../../src/core/body-watch.ts';
import type { Continuation, Rest } from '../../src/core/continuation.ts';
import { ContinuedBody } from '../../src/core/continued-body.ts';

const lost = new Error('lost');

/** A stream of these chunks, one at each read, and then its end, or its failure. */
function streamOf(chunks: readonly string[], failure?: Error): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk !== undefined) controller.enqueue(new TextEncoder().encode(chunk));
      else if (failure) controller.error(failure);
      else controller.close();
      if (chunk === undefined) controller.byobRequest?.respond(0);
    },
  });
}

/** A body that breaks off after its chunks, and goes on as it is told. */
function bodyOf(chunks: readonly string[], ...parts: (Rest | Error | undefined)[]) {
  const asked: number[] = [];
  let cancelled = 0;
  const continuation: Continuation = {
    async goOn(_, offset) {
      asked.push(offset);
      const part = parts[asked.length - 1];
      if (part instanceof Error) throw part;
      return part;
    },
    cancel: () => {
      cancelled++;
    },
    fork: () => continuation,
  };
  const response = new Response(streamOf(chunks, lost));
  readThrough(response, new ContinuedBody(continuation));
  const body = response.body as ReadableStream<Uint8Array>;
  return { response, body, asked, cancelled: () => cancelled };
}

const text = (result: { value?: Uint8Array | undefined }) =>
  Buffer.from(result.value ?? []).toString();
const rest = (chunks: string[], failure?: Error, end?: number) => ({
  body: streamOf(chunks, failure),
  end,
});

describe('a body that is continued', () => {
  test('asks 2 times, for what is missing after the bytes that were read', async () => {
    const { response, asked } = bodyOf(['ab', 'c'], rest(['de'], lost), rest(['f']));
    expect(await response.text()).toBe('abcdef');
    expect(asked).toEqual([3, 5]);
  });

  test('asks 1 time for 3 reads that failed together, and gives them their chunks in order', async () => {
    const { body, asked } = bodyOf(['a'], rest(['b', 'c', 'd']));
    const reader = body.getReader();
    const reads = await Promise.all([1, 2, 3, 4].map(() => reader.read()));
    expect(reads.map(text)).toEqual(['a', 'b', 'c', 'd']);
    expect(asked).toEqual([1]);
  });

  test('asks again where a part has less than its end says: 2 of 6 bytes, and 2', async () => {
    const { response, asked } = bodyOf(
      ['ab'],
      rest(['cd'], undefined, 6),
      rest(['ef'], undefined, 6),
    );
    expect(await response.text()).toBe('abcdef');
    expect(asked).toEqual([2, 4]);
  });

  test('fails with what it broke off with where a part is longer than it said: 0 of its 2 last bytes', async () => {
    let left = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('cd')),
      cancel: () => void left++,
    });
    const { body, asked } = bodyOf(['ab'], { body: endless, until: 6, end: 6 });
    const reader = body.getReader();
    const reads = await Promise.allSettled([1, 2, 3, 4, 5].map(() => reader.read()));
    expect(
      reads.map((read) => (read.status === 'fulfilled' ? text(read.value) : read.reason)),
    ).toEqual(['ab', 'cd', 'cd', lost, lost]);
    await expect(reader.closed).rejects.toBe(lost);
    expect({ asked, left }).toEqual({ asked: [2], left: 1 });
  });

  test('ends where nothing was missing, after 1 question', async () => {
    const { body, asked } = bodyOf(['ab'], undefined);
    const reader = body.getReader();
    await reader.read();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    await reader.closed;
    expect(asked).toEqual([2]);
  });

  test('tells a watch that it is over 1 time, at its very end', async () => {
    const { response, body } = bodyOf(['a'], rest(['b']));
    const ends: boolean[] = [];
    watchBody(response, { ended: (finished) => ends.push(finished) });
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    expect(ends).toEqual([]);
    await reader.read();
    await reader.closed;
    expect(ends).toEqual([true]);
  });

  test('tells a watch that it is over 1 time, where it does not go on', async () => {
    const { response } = bodyOf(['a'], new Error('gone'));
    const ends: boolean[] = [];
    watchBody(response, { ended: (finished) => ends.push(finished) });
    await expect(response.text()).rejects.toThrow('gone');
    expect(ends).toEqual([true]);
  });

  test('fills the buffers that it is brought, 4 bytes at a time, also those that were lost with a part', async () => {
    const { body } = bodyOf(['abcd', 'e'], rest(['fgh']));
    const reader = body.getReader({ mode: 'byob' });
    const parts: string[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(new ArrayBuffer(8), 2, 4));
      if (done) break;
      expect(value.byteOffset).toBe(2);
      parts.push(text({ value }));
    }
    expect(parts).toEqual(['abcd', 'e', 'fgh']);
  });

  test('goes on for a 2nd reader, where the 1st let go while it was waiting', async () => {
    const gate = Promise.withResolvers<Rest>();
    const response = new Response(streamOf(['a'], lost));
    const continuation: Continuation = {
      goOn: () => gate.promise,
      cancel() {},
      fork: () => continuation,
    };
    readThrough(response, new ContinuedBody(continuation));
    const body = response.body as ReadableStream<Uint8Array>;
    const first = body.getReader();
    expect(text(await first.read())).toBe('a');
    const read = first.read();
    await new Promise((resolve) => setImmediate(resolve));
    first.releaseLock();
    gate.resolve(rest(['b']));
    await expect(read).rejects.toThrow(TypeError);
    await expect(first.closed).rejects.toThrow(TypeError);
    const second = body.getReader();
    expect(text(await second.read())).toBe('b');
    expect((await second.read()).done).toBe(true);
  });
});

describe('a body that is cancelled', () => {
  test('before it broke off cancels its own stream: 0 questions', async () => {
    const { body, asked } = bodyOf(['a', 'b']);
    await body.cancel();
    expect((await body.getReader().read()).done).toBe(true);
    expect(asked).toEqual([]);
  });

  test('when it broke off unseen is no failure: 0 questions', async () => {
    const { body, asked } = bodyOf([]);
    await new Promise((resolve) => setImmediate(resolve));
    await body.cancel();
    expect((await body.getReader().read()).done).toBe(true);
    expect(asked).toEqual([]);
  });

  test('in its 2nd part cancels that', async () => {
    let reason: unknown;
    const part = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('b')),
      cancel(given) {
        reason = given;
      },
    });
    const { body } = bodyOf(['a'], { body: part, end: undefined });
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    reader.releaseLock();
    await body.cancel('enough');
    expect(reason).toBe('enough');
    expect((await body.getReader().read()).done).toBe(true);
  });

  test('while it asks says so, 1 time', async () => {
    const response = new Response(streamOf(['a'], lost));
    let cancelled = 0;
    const continuation: Continuation = {
      goOn: () => new Promise(() => {}),
      cancel: () => {
        cancelled++;
      },
      fork: () => continuation,
    };
    readThrough(response, new ContinuedBody(continuation));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    await reader.cancel();
    await reader.cancel();
    expect(cancelled).toBe(1);
  });
});

test('a branch goes on by itself, from the byte where the body was left: 1 question each', async () => {
  const { body, asked } = bodyOf(['ab', 'c'], rest(['de']), rest(['de']));
  const reader = body.getReader();
  await reader.read();
  reader.releaseLock();
  const texts = await Promise.all(body.tee().map((branch) => new Response(branch).text()));
  expect(texts).toEqual(['cde', 'cde']);
  expect(asked).toEqual([3, 3]);
});

test('a body that is locked already, or not there, is left alone: 2 of 2', () => {
  const response = new Response('a');
  response.body?.getReader();
  const continued = () => new ContinuedBody({} as Continuation);
  expect(readThrough(response, continued())).toBe(false);
  expect(readThrough(new Response(null), continued())).toBe(false);
});
