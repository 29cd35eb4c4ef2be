import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Context } from '../../src/core/context.ts';
import { TimeoutError, type TimeoutKind } from '../../src/core/errors.ts';
import type { Send } from '../../src/core/pipeline.ts';
import { Stop } from '../../src/core/stop.ts';
import { type Bound, timed } from '../../src/core/timed.ts';
import { pass, useFakeClock } from '../support/clock.ts';
import { contextOf, logOf, outgoing, runtimeOf } from './given.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const { runtime } = runtimeOf();
const bound = (kind: TimeoutKind, milliseconds: number): Bound => ({ kind, milliseconds, runtime });

/** Answers after so long, or rejects with the reason of its stop, as everything below a timeout does. */
function answering(after: number, seen: Context[] = []): Send {
  return (_, context) => {
    seen.push(context);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(new Response('late')), after);
      context.stop.onAbort(() => {
        clearTimeout(timer);
        reject(context.stop.reason);
      });
    });
  };
}

const settled = (work: Promise<Response>) =>
  work.then(
    (response) => ({ response, at: performance.now() }),
    (error: unknown) => ({ error, at: performance.now() }),
  );

describe('a timeout', () => {
  test('of 100 ms ends what takes 1,000, at 100', async () => {
    const start = performance.now();
    const work = settled(timed(bound('attempt', 100), answering(1_000), outgoing(), contextOf()));
    await pass(100);
    const { error, at } = (await work) as { error: TimeoutError; at: number };
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 'attempt', milliseconds: 100 });
    expect(at - start).toBe(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of 100 ms gives what came after 99, and leaves 0 timers', async () => {
    const work = settled(timed(bound('total', 100), answering(99), outgoing(), contextOf()));
    await pass(99);
    expect(await work).toHaveProperty('response');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('passes a failure on as it is, and leaves 0 timers', async () => {
    const failure = new Error('network');
    const work = timed(bound('total', 100), () => Promise.reject(failure), outgoing(), contextOf());
    await expect(work).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves 0 timers where the strategy below throws at once', async () => {
    const failure = new Error('at once');
    const next: Send = () => {
      throw failure;
    };
    await expect(timed(bound('total', 100), next, outgoing(), contextOf())).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('counts the 2 requests that had left, and gives the last real failure as the cause', async () => {
    const reset = new Error('reset');
    const attempts = [
      { attempt: 1, at: 0, outcome: 'ECONNRESET', duration: 5, error: reset },
      { attempt: 2, at: 9, outcome: 'pending', duration: 0 },
    ];
    const context = contextOf({ log: logOf({ attempts }) });
    const work = settled(timed(bound('total', 100), answering(1_000), outgoing(), context));
    await pass(100);
    expect(await work).toMatchObject({ error: { attempts: 2, cause: reset } });
  });

  test('stops only what is below it, so 1 other call goes on', async () => {
    const stop = Stop.never.child();
    const context = contextOf({ stop });
    const late = settled(timed(bound('attempt', 100), answering(1_000), outgoing(), context));
    const early = settled(timed(bound('attempt', 2_000), answering(1_000), outgoing(), context));
    await pass(1_000);
    expect(await late).toHaveProperty('error');
    expect(await early).toHaveProperty('response');
    expect(stop.aborted).toBe(false);
  });

  test('hands inward a stop of its own and a copy of the context, 1 of each', async () => {
    const seen: Context[] = [];
    const context = contextOf();
    const work = settled(timed(bound('attempt', 100), answering(1, seen), outgoing(), context));
    await pass(1);
    await work;
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toBe(context);
    expect(seen[0]?.stop).not.toBe(context.stop);
    expect(seen[0]).toMatchObject({ id: '1', attempt: 1, origin: 'https://api.test' });
  });

  test('tells what is below it when it ends, in 100 ms, or earlier where that was said', async () => {
    const seen: Context[] = [];
    const start = performance.now();
    for (const deadline of [Number.POSITIVE_INFINITY, start + 1_000, start + 50]) {
      const context = contextOf({ deadline });
      const work = settled(timed(bound('total', 100), answering(0, seen), outgoing(), context));
      await pass(0);
      await work;
    }
    expect(seen.map(({ deadline }) => deadline - start)).toEqual([100, 100, 50]);
  });

  test('lets go of its parent after 1 failure, and not after an answer that is still read', async () => {
    const stops: Stop[] = [];
    const stop = Stop.never.child();
    const next =
      (end: () => Promise<Response>): Send =>
      (_, context) => {
        stops.push(context.stop);
        return end();
      };
    const context = contextOf({ stop });
    const failing = next(() => Promise.reject(new Error('network')));
    await settled(timed(bound('total', 100), failing, outgoing(), context));
    const answered = next(async () => new Response('body'));
    await settled(timed(bound('total', 100), answered, outgoing(), context));
    stop.abort('late');
    expect(stops.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  test('hears the caller within 1 step, with the caller’s own reason', async () => {
    const controller = new AbortController();
    const context = contextOf({ stop: Stop.by(controller.signal) });
    const work = settled(timed(bound('total', 10_000), answering(5_000), outgoing(), context));
    await pass(10);
    controller.abort('mine');
    expect(await work).toMatchObject({ error: 'mine' });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of 50 ms inside one of 100 ends first, and says which it was', async () => {
    const inner: Send = (request, context) =>
      timed(bound('attempt', 50), answering(1_000), request, context);
    const work = settled(timed(bound('total', 100), inner, outgoing(), contextOf()));
    await pass(50);
    expect(await work).toMatchObject({ error: { timeout: 'attempt' } });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what is told of a timeout', () => {
  const about = { client: 'test', origin: 'https://api.test', id: '1', method: 'GET' };
  const told = { ...about, path: '/users/1', timeout: 'attempt', after: 100 };

  test('is 1 event where it ran out', async () => {
    const { runtime, told: events } = runtimeOf('timeout.expired');
    const own: Bound = { kind: 'attempt', milliseconds: 100, runtime };
    const work = settled(timed(own, answering(1_000), outgoing(), contextOf()));
    await pass(100);
    await work;
    expect(events).toEqual([['timeout.expired', told]]);
  });

  test('is nothing where the answer came, another stop did, or the work failed: 0 events', async () => {
    const { runtime, told: events } = runtimeOf('timeout.expired');
    const own: Bound = { kind: 'attempt', milliseconds: 100, runtime };
    const stop = Stop.never.child();
    const failing: Send = () => Promise.reject(new Error('network'));
    const slowToStop: Send = (_, { stop }) =>
      new Promise((_, reject) => stop.onAbort(() => setTimeout(reject, 60, 'gone')));
    const works = [
      timed(own, answering(50), outgoing(), contextOf()),
      timed(own, answering(1_000), outgoing(), contextOf({ stop })),
      timed(own, slowToStop, outgoing(), contextOf({ stop })),
      timed(own, failing, outgoing(), contextOf()),
    ].map(settled);
    await pass(60);
    stop.abort('gone');
    await pass(100);
    await Promise.all(works);
    expect(events).toEqual([]);
  });
});
