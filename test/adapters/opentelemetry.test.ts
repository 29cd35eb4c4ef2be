import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { marksOf, scopeOfCall, sdk, spanOfCall, within } from '../../src/adapters/opentelemetry.ts';
import { registerSdk, unregisterSdk } from '../support/telemetry.ts';

afterEach(unregisterSdk);

describe('what is registered', () => {
  test('is made something of once, and anew where another takes its place: 5 times here', () => {
    const seen = new Set([sdk(), sdk()]);
    registerSdk({ traces: false });
    seen.add(sdk()).add(sdk());
    expect(sdk().tracer).toBeUndefined();
    registerSdk({ metrics: false, scopes: false });
    seen.add(sdk()).add(sdk());
    expect(sdk().tracer).toBeDefined();
    unregisterSdk();
    seen.add(sdk());
    expect(sdk().tracer).toBeUndefined();
    registerSdk();
    seen.add(sdk()).add(sdk());
    expect(seen.size).toBe(5);
  });
});

describe('within a scope', () => {
  const run = () => vi.fn(() => Promise.resolve(1));
  const manager = (run: (scope: unknown, callback: () => void) => void) =>
    context.setGlobalContextManager({
      active: () => ROOT_CONTEXT,
      with: run,
      disable() {},
    } as never);

  test('something is run 1 time, and what it gives is given', async () => {
    registerSdk();
    const scope = ROOT_CONTEXT.setValue(Symbol(), 1);
    const seen = vi.fn(() => Promise.resolve(context.active()));
    expect(await within(scope, seen)).toBe(scope);
    expect(seen).toHaveBeenCalledTimes(1);
  });

  test.each<[string, (scope: unknown, callback: () => void) => void]>([
    ['fails', () => Promise.reject(new Error('x')).catch(() => {})],
    [
      'throws before',
      () => {
        throw new Error('x');
      },
    ],
    [
      'throws after',
      (_, callback) => {
        callback();
        throw new Error('x');
      },
    ],
    [
      'runs it twice',
      (_, callback) => {
        callback();
        callback();
      },
    ],
    ['runs it later', (_, callback) => queueMicrotask(callback)],
    ['never runs it', () => {}],
  ])('it is run 1 time by a keeper of scopes that %s', async (_, keep) => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    manager(keep);
    const work = run();
    expect(await within(ROOT_CONTEXT, work)).toBe(1);
    await Promise.resolve();
    expect(work).toHaveBeenCalledTimes(1);
  });
});

describe('the scope of a call', () => {
  test('knows the call’s span, also where 1 other span has been begun', () => {
    registerSdk();
    const tracer = trace.getTracer('test');
    const [call, other] = [tracer.startSpan('call'), tracer.startSpan('other')];
    expect(spanOfCall()).toBeUndefined();
    const scope = scopeOfCall(call, ROOT_CONTEXT);
    expect(trace.getSpan(scope)).toBe(call);
    context.with(trace.setSpan(scope, other), () => expect(spanOfCall()).toBe(call));
  });
});

describe('the marks of a scope', () => {
  test('are 0 where there is nothing to tell', () => {
    expect(marksOf(ROOT_CONTEXT)).toBeUndefined();
    registerSdk();
    expect(marksOf(ROOT_CONTEXT)).toBeUndefined();
  });

  test('are in lower case, however the 1 who makes them writes them', () => {
    propagation.setGlobalPropagator({
      inject: (_, carrier, setter) => setter.set(carrier, 'X-Trace-Id', '1'),
      extract: (scope) => scope,
      fields: () => [],
    });
    expect(marksOf(ROOT_CONTEXT)).toEqual({ 'x-trace-id': '1' });
  });
});
