import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { discard, kept } from '../../src/core/discard.ts';
import { pass, useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** An answer that gives so many chunks of 1,000 bytes, and then ends or hangs. */
function answer(chunks: number, headers: Record<string, string>, hangs = false) {
  const cancel = vi.fn();
  let given = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (given < chunks) {
          given++;
          controller.enqueue(new Uint8Array(1_000));
          return;
        }
        if (hangs) return new Promise(() => {});
        controller.close();
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
  const response = new Response(stream, { headers });
  return { response, cancel, read: () => given };
}

describe('a response that nobody will read', () => {
  test('is drained where its length is known to be 3,000', async () => {
    const { response, cancel, read } = answer(3, { 'content-length': '3000' });
    discard(response);
    await pass(0);
    expect([read(), cancel.mock.calls.length]).toEqual([3, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['0', true],
    ['65536', true],
    ['65537', false],
    ['1000000000000', false],
    ['many', false],
    ['-1', true],
  ])('with a content-length of %s is drained: %s', async (length, drained) => {
    const { response, cancel } = answer(1, { 'content-length': length });
    discard(response);
    await pass(0);
    expect(cancel).toHaveBeenCalledTimes(drained ? 0 : 1);
  });

  test('is cancelled where its length is not known, without 1 chunk read', async () => {
    const { response, cancel, read } = answer(3, {});
    discard(response);
    await pass(0);
    expect([read(), cancel.mock.calls.length]).toEqual([0, 1]);
  });

  test('is given up after 1,000 ms where it hangs', async () => {
    const { response, cancel } = answer(1, { 'content-length': '3000' }, true);
    discard(response);
    await pass(999);
    expect(cancel).toHaveBeenCalledTimes(0);
    await pass(1);
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is given up after 16 times 64 KiB, whatever its length said', async () => {
    const { response, cancel, read } = answer(10_000, { 'content-length': '3000' });
    discard(response);
    await pass(0);
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(read()).toBe(1_049);
  });

  test('returns at once: the 1st chunk was not asked for yet', () => {
    const { response } = answer(3, { 'content-length': '3000' }, true);
    expect(discard(response)).toBeUndefined();
  });

  test('is left alone where it has 0 bodies, or a reader', () => {
    discard(new Response(null, { status: 204 }));
    const { response, cancel } = answer(1, {});
    response.body?.getReader();
    discard(response);
    expect(cancel).toHaveBeenCalledTimes(0);
  });

  test('is nobody’s failure where it fails: 0 unhandled rejections', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    for (const headers of [{ 'content-length': '3000' }, {}] as Record<string, string>[]) {
      const stream = new ReadableStream({
        pull: (controller) => controller.error(new Error('reset')),
        cancel: () => Promise.reject(new Error('no')),
      });
      discard(new Response(stream, { headers }));
    }
    await pass(2_000);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).toHaveBeenCalledTimes(0);
  });

  test('2 times is nobody’s failure either', async () => {
    const { response } = answer(1, { 'content-length': '1000' });
    discard(response);
    discard(response);
    await pass(0);
    expect(response.bodyUsed).toBe(true);
  });
});

describe('an outcome that is to wait for another attempt', () => {
  test('is kept where it is an error, or an answer of 10 bytes, unread', () => {
    const error = { error: new Error('reset') };
    expect(kept(error)).toBe(error);
    const small = new Response('0123456789', { headers: { 'content-length': '10' } });
    const outcome = { response: small };
    expect(kept(outcome)).toBe(outcome);
    expect(small.bodyUsed).toBe(false);
  });

  test('is let go of where it would hold its connection: 60,001 bytes', async () => {
    const { response, cancel, read } = answer(60, { 'content-length': '60001' });
    expect(kept({ response })).toBeUndefined();
    await pass(0);
    expect(read() > 0 || cancel.mock.calls.length > 0).toBe(true);
  });
});
