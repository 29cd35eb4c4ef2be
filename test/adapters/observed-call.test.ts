import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { SpanKind, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ObservedCall } from '../../src/adapters/observed-call.ts';
import { sdk } from '../../src/adapters/opentelemetry.ts';
import { Stop } from '../../src/core/stop.ts';
import { contextOf, outgoing } from '../core/given.ts';
import { registerSdk, spansOf, unregisterSdk } from '../support/telemetry.ts';

const listener = () => {};
afterEach(() => {
  unsubscribe('undici:request:create', listener);
  unregisterSdk();
});

const answered = async () => new Response();
const observe = (context = contextOf()) => new ObservedCall(outgoing(), context, 'test', sdk());

describe('an attempt', () => {
  test('that is stopped before it leaves has 0 spans', async () => {
    const registered = registerSdk();
    const stop = Stop.never.child();
    stop.abort('gone');
    const context = contextOf({ stop });
    const send = vi.fn(() => Promise.reject('gone'));
    await expect(observe(context).attempt(send, outgoing(), context)).rejects.toBe('gone');
    expect(send).toHaveBeenCalledTimes(1);
    expect(spansOf(registered, SpanKind.CLIENT)).toEqual([]);
  });

  test('gets marks of its own, and the request of the call has 0', async () => {
    registerSdk();
    const send = vi.fn(answered);
    const request = outgoing();
    await observe().attempt(send, request, contextOf());
    expect(request.marks).toBeUndefined();
    expect(send.mock.calls).toEqual([
      [{ ...request, marks: { traceparent: expect.any(String) } }, contextOf()],
    ]);
  });

  test('of which a span is made after the fact began and ended when it did, by 1 clock', async () => {
    subscribe('undici:request:create', listener);
    const end = vi.fn();
    const span = { spanContext: () => ({}), setAttribute: () => {}, setStatus: () => {}, end };
    const startSpan = vi.fn((_name: string, _options: { startTime?: number }) => span);
    registerSdk({ traces: false });
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as never });
    const call = observe();
    const before = performance.now();
    let answeredAt = Number.NaN;
    const send = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      answeredAt = performance.now();
      return new Response();
    };
    await call.attempt(send, outgoing(), contextOf());
    expect(startSpan).toHaveBeenCalledTimes(2);
    const { startTime = Number.NaN } = startSpan.mock.calls[1]?.[1] ?? {};
    expect(startTime).toBeGreaterThanOrEqual(before);
    expect(startTime).toBeLessThan(answeredAt);
    expect(end.mock.calls[0]?.[0]).toBeGreaterThanOrEqual(answeredAt);
  });
});
