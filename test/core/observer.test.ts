import { describe, expect, test, vi } from 'vitest';
import type { CallObserver } from '../../src/core/context.ts';
import { observed } from '../../src/core/observer.ts';
import { contextOf, outgoing } from './given.ts';

describe('an attempt', () => {
  test('is sent as it is where nobody observes its call, 1 time', async () => {
    const send = vi.fn(async () => new Response());
    const [request, context] = [outgoing(), contextOf()];
    await observed(send)(request, context);
    expect(send).toHaveBeenCalledExactlyOnceWith(request, context);
  });

  test('is left to whoever observes its call, 1 time, with the way to send it', async () => {
    const send = vi.fn(async () => new Response());
    const attempt = vi.fn<CallObserver['attempt']>((send, request, context) =>
      send(request, context),
    );
    const context = contextOf({ observer: { call: (send) => send(), attempt, end: () => {} } });
    const request = outgoing();
    await observed(send)(request, context);
    expect(attempt).toHaveBeenCalledExactlyOnceWith(send, request, context);
    expect(send).toHaveBeenCalledExactlyOnceWith(request, context);
  });
});
