import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heard, intercepted, turn } from './dispatch.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets a retry go out that waits no longer than 10 ms. */
async function goOn() {
  await turn();
  await vi.advanceTimersByTimeAsync(10);
  await turn();
}

describe('a handler', () => {
  it('hears of 1 beginning, 1 answer and 1 end, though there were 3 attempts', async () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    dispatch(heard);
    expect(heard.events).toEqual(['begun']);
    sent[0]?.answer(503, 'no');
    sent[0]?.end();
    await goOn();
    sent[1]?.fail(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    await goOn();
    sent[2]?.answer(200, 'one', 'two');
    await turn();
    sent[2]?.end();
    await turn();
    expect(heard.events).toEqual(['begun', '200', 'one', 'two', 'end']);
    expect(sent).toHaveLength(3);
  });

  it('hears 0 of what a given up attempt does late', async () => {
    const { sent, dispatch } = intercepted({
      timeout: { attempt: 50 },
      retry: { backoff: { base: 1, cap: 1 } },
    });
    const heard = new Heard();
    dispatch(heard);
    await vi.advanceTimersByTimeAsync(50);
    await goOn();
    expect(sent).toHaveLength(2);
    sent[0]?.answer(200, 'late');
    expect(sent[0]?.aborted).toBe(true);
    sent[0]?.end();
    sent[1]?.answer(200, 'good');
    sent[1]?.end();
    await turn();
    expect(heard.events).toEqual(['begun', '200', 'good', 'end']);
  });

  it('hears the identical error, after the 2 chunks that came before it', async () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    dispatch(heard);
    const broken = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    sent[0]?.answer(200, 'one', 'two');
    sent[0]?.fail(broken);
    await turn();
    expect(heard.events).toEqual(['begun', '200', 'one', 'two', 'error']);
    expect(heard.error).toBe(broken);
  });

  it('that throws in 1 of 3 places hears of that once, and the connection is given up', async () => {
    for (const place of ['onResponseStart', 'onResponseData', 'onResponseEnd'] as const) {
      const { sent, dispatch } = intercepted();
      const heard = new Heard();
      const bug = new TypeError('not a function');
      vi.spyOn(heard, place).mockImplementation(() => {
        throw bug;
      });
      dispatch(heard);
      sent[0]?.answer(200, 'one');
      if (place === 'onResponseEnd') sent[0]?.end();
      await turn();
      expect([place, heard.error]).toEqual([place, bug]);
      expect(heard.events.filter((event) => event === 'error')).toHaveLength(1);
      expect(sent[0]?.aborted).toBe(place !== 'onResponseEnd');
    }
  });

  it('that throws at the beginning hears of it, and 0 requests are sent', async () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    vi.spyOn(heard, 'onRequestStart').mockImplementation(() => {
      throw new TypeError('not a function');
    });
    dispatch(heard);
    await turn();
    expect([heard.events, sent.length]).toEqual([['error'], 0]);
  });

  it('hears the error of a dispatch that throws, once', async () => {
    const { dispatch, breakBy } = intercepted();
    const bug = new TypeError('no such dispatcher');
    breakBy(bug);
    const heard = new Heard();
    dispatch(heard);
    await turn();
    expect(heard.events).toEqual(['begun', 'error']);
    expect(heard.error).toBe(bug);
  });
});

describe('a controller', () => {
  const reason = new Error('the page was left');

  it('aborts 1 attempt, and tells at once', () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    dispatch(heard);
    sent[0]?.handler.onRequestStart?.(sent[0], null);
    heard.controller?.abort(reason);
    expect(heard.events).toEqual(['begun', 'error']);
    expect(heard.error).toBe(reason);
    expect(sent[0]?.reason).toBe(reason);
    expect(heard.controller).toMatchObject({ aborted: true, reason });
  });

  it('aborts in a backoff: 1 request in all', async () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    dispatch(heard);
    sent[0]?.answer(503);
    sent[0]?.end();
    await turn();
    heard.controller?.abort(reason);
    expect(heard.error).toBe(reason);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sent.length, heard.events]).toEqual([1, ['begun', 'error']]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('aborts an attempt that has no connection yet when it would get one', () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    dispatch(heard);
    heard.controller?.abort(reason);
    expect(heard.error).toBe(reason);
    sent[0]?.handler.onRequestStart?.(sent[0], null);
    expect(sent[0]?.reason).toBe(reason);
    expect(heard.events).toEqual(['begun', 'error']);
  });

  it('aborts in a body, and the handler hears 0 of what comes after', async () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    dispatch(heard);
    sent[0]?.answer(200, 'one');
    await turn();
    heard.controller?.abort(reason);
    sent[0]?.data('two');
    await turn();
    expect(heard.events).toEqual(['begun', '200', 'one', 'error']);
    expect(sent[0]?.reason).toBe(reason);
  });

  it('that aborts without a reason gives undici’s code, and after the end does nothing', async () => {
    const { sent, dispatch } = intercepted();
    const [left, whole] = [new Heard(), new Heard()];
    dispatch(left);
    left.controller?.abort(undefined);
    expect(left.error).toMatchObject({ name: 'AbortError', code: 'UND_ERR_ABORTED' });
    dispatch(whole);
    sent[1]?.answer(200);
    sent[1]?.end();
    await turn();
    whole.controller?.abort(reason);
    expect(whole.events).toEqual(['begun', '200', 'end']);
  });

  it('that is paused holds 64 KiB, and then the connection', async () => {
    const { sent, dispatch } = intercepted();
    const heard = new Heard();
    dispatch(heard);
    sent[0]?.answer(200, 'one');
    await turn();
    heard.controller?.pause();
    expect(heard.controller?.paused).toBe(true);
    await turn();
    for (let chunk = 0; chunk < 3; chunk++) sent[0]?.data('x'.repeat(32 * 1024));
    await turn();
    expect(heard.events.length).toBeLessThanOrEqual(4);
    expect(sent[0]?.paused).toBe(false);
    sent[0]?.data('x'.repeat(32 * 1024));
    expect(sent[0]?.paused).toBe(true);
    heard.controller?.resume();
    await turn();
    expect([heard.events.length, sent[0]?.paused]).toEqual([7, false]);
    sent[0]?.end();
    await turn();
    expect(heard.events.at(-1)).toBe('end');
  });
});

describe('a dispatch', () => {
  it('says that it is full where the one behind it says so at once', () => {
    const { dispatch, isFull } = intercepted();
    expect(dispatch(new Heard())).toBe(true);
    isFull();
    expect(dispatch(new Heard())).toBe(false);
  });

  it('hands on all that a request says, but for 1 option that is ours', () => {
    const { sent, dispatch } = intercepted();
    const options = { headersTimeout: 5_000, blocking: true, reset: true, expectContinue: true };
    dispatch(new Heard(), { ...options, resilience: { retry: 1 } } as object);
    expect(sent[0]?.options).toMatchObject(options);
    expect(sent[0]?.options).not.toHaveProperty('resilience');
  });

  it('leaves 3 kinds of requests to undici alone', () => {
    const { sent, dispatch } = intercepted();
    const kinds = [{ upgrade: 'websocket' }, { method: 'CONNECT' }, { origin: 'ws:/broken' }];
    for (const kind of kinds) {
      const heard = new Heard();
      dispatch(heard, kind);
      expect(sent.at(-1)?.handler).toBe(heard);
    }
  });

  it('takes a path that begins with 2 slashes for no host', async () => {
    const { sent, dispatch } = intercepted({
      circuitBreaker: { consecutiveFailures: 1 },
      retry: false,
    });
    const heard = new Heard();
    dispatch(heard, { path: '//b.test/' });
    sent[0]?.fail(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    await turn();
    const refused = new Heard();
    dispatch(refused);
    await turn();
    expect(refused.error).toMatchObject({ origin: 'http://a.test' });
  });

  it('gives up where the stream of its body fails before anybody reads it', async () => {
    const { dispatch } = intercepted();
    const heard = new Heard();
    const body = new Readable({ read() {} });
    dispatch(heard, { method: 'POST', body });
    const broken = new Error('the disk is gone');
    body.destroy(broken);
    await turn();
    expect(heard.error).toBe(broken);
    expect(body.listenerCount('error')).toBe(0);
  });
});
