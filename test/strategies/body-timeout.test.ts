import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TimeoutError } from '../../src/core/errors.ts';
import { explain } from '../../src/core/explain.ts';
import { Stop } from '../../src/core/stop.ts';
import { bodyTimeout } from '../../src/strategies/body-timeout.ts';
import { contextOf, outgoing, runtimeOf } from '../core/given.ts';
import { pass, useFakeClock } from '../support/clock.ts';
import { rejection } from '../support/wire-call.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** A strategy of 100 ms around a body that never brings a byte, and the stop that the attempt was given. */
function silent(next?: () => Promise<Response>) {
  const { runtime, told } = runtimeOf('timeout.expired');
  const given: Stop[] = [];
  const send = bodyTimeout(
    100,
    runtime,
  )((_, { stop }) => {
    given.push(stop);
    return next?.() ?? Promise.resolve(new Response(new ReadableStream()));
  });
  return { send, told, inner: () => given[0] };
}

it('a read fails with a TimeoutError after 100 ms of silence, and not after 99', async () => {
  const { send, told, inner } = silent();
  const context = contextOf();
  const response = await send(outgoing(), context);
  const read = rejection(response.text());
  await pass(99);
  expect(inner()?.aborted).toBe(false);
  await pass(1);
  const error = await read;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ timeout: 'body', milliseconds: 100, attempts: 0 });
  expect(error).toMatchObject({ origin: 'https://api.test' });
  expect(explain(error)?.id).toBe(context.log.id);
  expect([inner()?.aborted, inner()?.reason]).toEqual([true, error]);
  expect(told).toMatchObject([['timeout.expired', { timeout: 'body', after: 100 }]]);
  expect(vi.getTimerCount()).toBe(0);
});

it('an attempt may be stopped when its headers are there: 1 stop that lasts', async () => {
  const { send, inner } = silent();
  await send(outgoing(), contextOf());
  expect(inner()?.lasting).toBe(true);
});

it('an attempt that failed is let go of: 1 abort later reaches it no more', async () => {
  const { send, inner } = silent(() => Promise.reject(new Error('reset')));
  const stop = Stop.by(new AbortController().signal);
  await expect(send(outgoing(), contextOf({ stop }))).rejects.toThrow('reset');
  stop.abort(new Error('gone'));
  expect(inner()?.aborted).toBe(false);
});
