import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RevocableDispatch } from '../../src/adapters/revocable-dispatch.ts';
import { type OpenPool, transport } from '../../src/adapters/transport.ts';
import type { EventName } from '../../src/core/events.ts';
import { outgoingOf } from '../../src/core/outgoing.ts';
import { Stop } from '../../src/core/stop.ts';
import { contextOf, outgoing, runtimeOf } from '../core/given.ts';
import { pass, useFakeClock } from '../support/clock.ts';
import { hang, networkError, type Script, script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

function sending(fetch: typeof globalThis.fetch, openPool?: OpenPool, ...names: EventName[]) {
  const { runtime, told } = runtimeOf(...names);
  return { send: transport(() => fetch, openPool, runtime), told };
}
const initOf = ({ requests }: Script, index = 0) =>
  requests[index]?.init as RequestInit & { dispatcher?: unknown };

describe('an attempt', () => {
  test('is 1 fetch, with what the caller gave', async () => {
    const fetch = script(200);
    const { send } = sending(fetch);
    const request = outgoing({ method: 'PUT', headers: { a: '1' }, body: 'x' });
    const response = await send(request, contextOf());
    expect(response.status).toBe(200);
    expect(fetch.requests).toHaveLength(1);
    expect(fetch.requests[0]?.input).toBe(request.input);
    expect(initOf(fetch)).toEqual({ method: 'PUT', headers: { a: '1' }, body: 'x' });
  });

  test('gives the Response itself, whatever its status, 3 of them', async () => {
    for (const status of [204, 404, 503]) {
      const response = new Response(null, { status });
      const { send } = sending(async () => response);
      expect(await send(outgoing(), contextOf())).toBe(response);
    }
  });

  test('gives the error itself, 1 of the network', async () => {
    const error = networkError('ECONNRESET');
    await expect(sending(script(error)).send(outgoing(), contextOf())).rejects.toBe(error);
  });

  test('gives what a fetch throws before there is 1 promise', async () => {
    const error = new TypeError('at once');
    const { send } = sending(() => {
      throw error;
    });
    await expect(send(outgoing(), contextOf())).rejects.toBe(error);
  });

  test('looks its fetch up each time, 2 here', async () => {
    const [first, second] = [script(200), script(201)];
    const fetches = [first, second];
    const send = transport(() => fetches.shift() ?? first, undefined, runtimeOf().runtime);
    expect((await send(outgoing(), contextOf())).status).toBe(200);
    expect((await send(outgoing(), contextOf())).status).toBe(201);
  });
});

describe('the log of an attempt', () => {
  test('is written when it begins and when it ends, 25 ms later', async () => {
    const { send } = sending(
      () => new Promise((resolve) => setTimeout(() => resolve(new Response()), 25)),
    );
    const context = contextOf();
    const work = send(outgoing(), context);
    expect(context.log.attempts).toEqual([{ attempt: 1, at: 0, outcome: 'pending', duration: 0 }]);
    await pass(25);
    await work;
    expect(context.log.attempts).toEqual([{ attempt: 1, at: 0, outcome: '200', duration: 25 }]);
  });

  test('keeps the error of an attempt that failed, under its code, 1 of 2', async () => {
    const error = networkError('ECONNRESET');
    const { send } = sending(script(error, 200));
    const context = contextOf();
    await send(outgoing(), context).catch(() => {});
    await send(outgoing(), { ...context, attempt: 2 });
    expect(context.log.attempts).toEqual([
      { attempt: 1, at: 0, outcome: 'ECONNRESET', duration: 0, error },
      { attempt: 2, at: 0, outcome: '200', duration: 0 },
    ]);
  });

  test('and 2 events tell the same, and no secret', async () => {
    const { send, told } = sending(script(503), undefined, 'attempt.started', 'attempt.ended');
    await send(outgoing(), contextOf({ attempt: 2 }));
    const about = {
      client: 'test',
      origin: 'https://api.test',
      id: '1',
      method: 'GET',
      path: '/users/1',
      attempt: 2,
      hedge: false,
    };
    expect(told).toEqual([
      ['attempt.started', about],
      ['attempt.ended', { ...about, outcome: '503', duration: 0 }],
    ]);
    expect(JSON.stringify(told)).not.toContain('secret');
  });
});

describe('an attempt that is stopped', () => {
  test('before it began makes 0 requests and 0 entries', async () => {
    const fetch = script(200);
    const stop = Stop.never.child();
    stop.abort('early');
    const context = contextOf({ stop });
    await expect(sending(fetch).send(outgoing(), context)).rejects.toBe('early');
    expect(fetch.requests).toHaveLength(0);
    expect(context.log.attempts).toHaveLength(0);
  });

  test('ends at once with the reason, 0 ms later, and tells its fetch', async () => {
    const fetch = script(hang);
    const stop = Stop.never.child();
    const context = contextOf({ stop });
    const work = sending(fetch).send(outgoing(), context);
    await pass(10);
    stop.abort('enough');
    await expect(work).rejects.toBe('enough');
    expect(initOf(fetch).signal?.aborted).toBe(true);
    expect(initOf(fetch).signal?.reason).toBe('enough');
    expect(context.log.attempts).toEqual([
      { attempt: 1, at: 0, outcome: 'error', duration: 10, error: 'enough' },
    ]);
  });

  test('ends at once where its fetch is deaf, and what it answers is thrown away: 1 body', async () => {
    const cancel = vi.fn();
    const { promise, resolve } = Promise.withResolvers<Response>();
    const stop = Stop.never.child();
    const work = sending(() => promise).send(outgoing(), contextOf({ stop }));
    stop.abort('enough');
    await expect(work).rejects.toBe('enough');
    resolve(new Response(new ReadableStream({ cancel })));
    await pass(0);
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('leaves 0 unhandled rejections where its deaf fetch fails later', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { promise, reject } = Promise.withResolvers<Response>();
    const stop = Stop.never.child();
    const work = sending(() => promise).send(outgoing(), contextOf({ stop }));
    stop.abort('enough');
    await expect(work).rejects.toBe('enough');
    reject(new Error('late'));
    await new Promise((done) => setImmediate(done));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).toHaveBeenCalledTimes(0);
  });
});

describe('what a fetch is given to hear its stop by', () => {
  test('is nothing where nobody can stop it: 0 keys more', async () => {
    const fetch = script(200);
    await sending(fetch).send(outgoing(), contextOf());
    expect(initOf(fetch)).toEqual({});
  });

  test('is 1 signal, where the fetch is not Node’s own', async () => {
    const fetch = script(200);
    const stop = Stop.never.child();
    await sending(fetch).send(outgoing(), contextOf({ stop }));
    expect(initOf(fetch)).toEqual({ signal: stop.signal });
  });

  test('is 1 signal where the caller can still abort the reading of the body', async () => {
    const fetch = script(200);
    const controller = new AbortController();
    const stop = Stop.by(controller.signal);
    await sending(fetch).send(outgoing(), contextOf({ stop }));
    expect(initOf(fetch).signal).toBe(stop.signal);
    controller.abort('stop');
    expect(initOf(fetch).signal?.reason).toBe('stop');
    stop.release();
  });
});

describe('Node’s own fetch', () => {
  /** Begins 1 request and never answers it; ends it when it is told to. */
  const connection = () => {
    const abort = vi.fn();
    const dispatch = vi.fn((_: unknown, handler: Parameters<RevocableDispatch['dispatch']>[1]) => {
      handler.onConnect?.(abort, null);
      handler.onRequestStart?.({ abort }, null);
      return true;
    });
    return { abort, dispatcher: { dispatch } };
  };
  const begun = async ({ dispatcher }: ReturnType<typeof connection>) => {
    for (let turn = 0; turn < 100 && dispatcher.dispatch.mock.calls.length === 0; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(dispatcher.dispatch).toHaveBeenCalledTimes(1);
  };

  test('is stopped by its dispatcher, 1 abort, where nobody reads on', async () => {
    const revocable = vi.spyOn(RevocableDispatch.prototype, 'dispatch');
    const pool = connection();
    const stop = Stop.never.child();
    const { send } = sending(globalThis.fetch, async () => ({
      dispatcher: pool.dispatcher,
      wire: () => undefined,
    }));
    const work = send(outgoing({}, 'https://api.test/'), contextOf({ stop }));
    await begun(pool);
    expect(revocable).toHaveBeenCalledTimes(1);
    stop.abort('enough');
    await expect(work).rejects.toBe('enough');
    expect(pool.abort).toHaveBeenCalledExactlyOnceWith('enough');
  });

  test('is stopped by 1 signal where the caller has one, or where the input is a Request', async () => {
    const revocable = vi.spyOn(RevocableDispatch.prototype, 'dispatch');
    const url = 'https://api.test/';
    const request = outgoingOf(new Request(url), undefined, new URL(url));
    for (const [lasting, given] of [
      [true, outgoing({}, url)],
      [false, request],
    ] as const) {
      const pool = connection();
      const stop = Stop.never.child(lasting);
      const { send } = sending(globalThis.fetch, async () => ({
        dispatcher: pool.dispatcher,
        wire: () => undefined,
      }));
      const work = send(given, contextOf({ stop }));
      await begun(pool);
      stop.abort('enough');
      await expect(work).rejects.toBe('enough');
      expect(pool.abort).toHaveBeenCalled();
    }
    expect(revocable).toHaveBeenCalledTimes(0);
  });
});

describe('connections of the client’s own', () => {
  const dispatcher = { dispatch: () => true };
  const connections = { dispatcher, wire: () => undefined };

  test('are opened at the first attempt and not before, 1 time each', async () => {
    const openPool = vi.fn(async () => connections);
    const fetch = script(200);
    const { send } = sending(fetch, openPool);
    expect(openPool).toHaveBeenCalledTimes(0);
    await send(outgoing(), contextOf());
    expect(openPool).toHaveBeenCalledTimes(1);
    expect(initOf(fetch).dispatcher).toBe(dispatcher);
  });

  test('stand under the 1 dispatcher that the caller gave', async () => {
    const openPool = vi.fn(async () => connections);
    const own = { dispatch: () => true };
    const fetch = script(200);
    await sending(fetch, openPool).send(outgoing({ dispatcher: own } as object), contextOf());
    expect(openPool).toHaveBeenCalledTimes(0);
    expect(initOf(fetch).dispatcher).toBe(own);
  });

  test('that can’t be opened are the attempt’s 1 error', async () => {
    const error = new Error('no undici');
    const fetch = script(200);
    const context = contextOf();
    const { send } = sending(fetch, () => Promise.reject(error));
    await expect(send(outgoing(), context)).rejects.toBe(error);
    expect(fetch.requests).toHaveLength(0);
    expect(context.log.attempts).toMatchObject([{ outcome: 'Error', error }]);
  });

  test('that are opened when the attempt was stopped are used for 0 requests', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof connections>();
    const fetch = script(200);
    const stop = Stop.never.child();
    const work = sending(fetch, () => promise).send(outgoing(), contextOf({ stop }));
    stop.abort('early');
    resolve(connections);
    await expect(work).rejects.toBe('early');
    expect(fetch.requests).toHaveLength(0);
  });
});
