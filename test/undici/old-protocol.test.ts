import { describe, expect, it, vi } from 'vitest';
import { fromOld, isOld, toOld } from '../../src/undici/old-protocol.ts';
import type { Controller } from '../../src/undici/protocol.ts';
import { Dispatched, Heard } from './dispatch.ts';

const raw = ['x-one', 'a', 'X-Two', 'b', 'x-two', 'c'].map((text) => Buffer.from(text));

describe('the protocol of undici 6', () => {
  it('is told from that of 8 by 1 method', () => {
    expect(isOld({ onConnect() {} })).toBe(true);
    expect(isOld({ onConnect() {}, onRequestStart() {} })).toBe(false);
    expect(isOld(new Heard())).toBe(false);
  });

  it('gives a handler of 8 the same 5 events, and its pause and its abort back', () => {
    const heard = new Heard();
    const headers = vi.spyOn(heard, 'onResponseStart');
    const old = toOld(heard);
    const abort = vi.fn();
    const resume = vi.fn();
    old.onConnect?.(abort, {});
    expect(old.onHeaders?.(200, raw, resume, 'OK')).toBe(true);
    expect(headers.mock.calls[0]?.slice(1)).toEqual([
      200,
      { 'x-one': 'a', 'x-two': ['b', 'c'] },
      'OK',
    ]);
    heard.controller?.pause();
    expect(old.onData?.(Buffer.from('one'))).toBe(false);
    heard.controller?.resume();
    heard.controller?.resume();
    expect(resume).toHaveBeenCalledTimes(1);
    old.onComplete?.(raw);
    old.onError?.(new Error('late'));
    expect(heard.events).toEqual(['begun', '200', 'one', 'end', 'error']);
    heard.controller?.abort('left');
    heard.controller?.abort('left again');
    expect(abort.mock.calls).toEqual([['left']]);
    expect(heard.controller).toMatchObject({ aborted: true, reason: 'left', rawTrailers: raw });
  });

  it('says of headers that 1 of 2 handlers has paused', () => {
    const pausing = new Heard();
    vi.spyOn(pausing, 'onResponseStart').mockImplementation((controller) => controller.pause());
    const said = [pausing, new Heard()].map((heard) => {
      return toOld(heard).onHeaders?.(200, raw, () => {}, 'OK');
    });
    expect(said).toEqual([false, true]);
  });

  it('hears of 1 answer in its own words, and can hold it back', () => {
    const old = {
      onConnect: vi.fn<(abort: (reason?: unknown) => void, context: unknown) => void>(),
      onHeaders: vi.fn(() => false),
      onData: vi.fn(() => true),
      onComplete: vi.fn(),
      onError: vi.fn(),
    };
    const handler = fromOld(old);
    const connection: Controller = new Dispatched({}, {});
    handler.onRequestStart?.(connection, null);
    handler.onResponseStart?.(connection, 200, { 'x-two': ['b', 'c'] }, 'OK');
    const texts = ['x-two', 'b', 'x-two', 'c'].map((text) => Buffer.from(text));
    expect(old.onHeaders.mock.calls[0]).toEqual([200, texts, expect.any(Function), 'OK']);
    expect(connection.paused).toBe(true);
    handler.onResponseEnd?.(connection, {});
    expect(old.onComplete.mock.calls).toEqual([[[]]]);
    old.onConnect.mock.calls[0]?.[0]('left');
    expect(connection.reason).toBe('left');
  });
});
