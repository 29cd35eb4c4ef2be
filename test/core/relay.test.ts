import { describe, expect, test, vi } from 'vitest';
import { define, iterate, passageFrom, relayed } from '../../src/core/relay.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

const chunk = (text: string) => new TextEncoder().encode(text);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A reader whose stream gives so many chunks and counts how many it was asked for. */
function readerOf(chunks: number) {
  const pulls = vi.fn();
  let left = chunks;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls();
        if (left-- > 0) controller.enqueue(chunk('drop '));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, reader: stream.getReader(), pulls };
}

/** A reader that is not the platform's, and tells of its end in an order of its own. */
function foreignReader(reads: (() => Promise<{ done: boolean; value?: Uint8Array }>)[]) {
  const { promise: closed, resolve: close, reject: fail } = Promise.withResolvers<void>();
  closed.catch(() => {});
  const read = () => (reads.shift() ?? (async () => ({ done: true })))();
  const reader = { read, closed, cancel: async () => {}, releaseLock() {} };
  return { reader: reader as unknown as Reader, close, fail };
}

describe('a passage', () => {
  test('reads nothing before it is read: 0 chunks, then 1', async () => {
    const { reader, pulls } = readerOf(3);
    const outer = passageFrom(reader, true).getReader();
    await nextTurn();
    expect(pulls).toHaveBeenCalledTimes(0);
    await outer.read();
    await nextTurn();
    expect(pulls).toHaveBeenCalledTimes(1);
  });

  test('gives the chunk of a read under way before the end that overtook it: 1 of 1', async () => {
    const { promise, resolve } = Promise.withResolvers<{ done: boolean; value: Uint8Array }>();
    const { reader, close } = foreignReader([() => promise]);
    const outer = passageFrom(reader, true).getReader();
    const first = outer.read();
    await nextTurn();
    close();
    await nextTurn();
    resolve({ done: false, value: chunk('last') });
    expect(await first).toEqual({ done: false, value: chunk('last') });
    expect(await outer.read()).toEqual({ done: true, value: undefined });
  });

  test('ends 1 time, where the reader says so 2 times', async () => {
    const { reader, close } = foreignReader([]);
    const outer = passageFrom(reader, true).getReader();
    expect(await outer.read()).toEqual({ done: true, value: undefined });
    close();
    await nextTurn();
    await expect(outer.closed).resolves.toBeUndefined();
  });

  test('that was cancelled hears nothing of an end that comes after, in 1 turn', async () => {
    const { reader, fail } = foreignReader([]);
    const outer = passageFrom(reader, true).getReader();
    await outer.cancel();
    fail(new Error('too late'));
    await nextTurn();
    await expect(outer.closed).resolves.toBeUndefined();
  });

  test('fails with the reader, though nobody reads: 1 error', async () => {
    const { reader, fail } = foreignReader([]);
    const outer = passageFrom(reader, true).getReader();
    const failure = new Error('terminated');
    fail(failure);
    await expect(outer.closed).rejects.toBe(failure);
  });
});

describe('a relayed reader', () => {
  test('lets go of both when it lets go: 2 locks', () => {
    const { stream, reader } = readerOf(1);
    const outer = relayed(reader, true);
    expect(stream.locked).toBe(true);
    outer.releaseLock();
    expect(stream.locked).toBe(false);
  });
});

describe('an iteration', () => {
  test('gives 3 chunks and lets go of the stream', async () => {
    const { stream, reader } = readerOf(3);
    const chunks = [];
    for await (const each of iterate(reader, true)) chunks.push(each);
    expect([chunks.length, stream.locked]).toEqual([3, false]);
  });
});

describe('a method that is defined on 1 object', () => {
  test('is hidden from whoever lists its properties, and left out where it takes none', () => {
    const [open, frozen] = [{}, Object.freeze({})];
    for (const target of [open, frozen]) define(target, 'read', () => 7);
    expect((open as { read: () => number }).read()).toBe(7);
    expect([Object.keys(open), Reflect.ownKeys(frozen)]).toEqual([[], []]);
  });
});
