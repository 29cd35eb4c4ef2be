import { createClient } from 'resilient-fetch';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type Dispatcher,
  isNodeFetch,
  RevocableDispatch,
  seesDispatcher,
} from '../../src/adapters/revocable-dispatch.ts';

type Handler = Parameters<Dispatcher['dispatch']>[1];

/** A dispatcher that remembers what it was given and begins a request when it is told to. */
function targetOf(details: Partial<Dispatcher> = {}) {
  const dispatch = vi.fn((_options: unknown, _handler: Handler) => true);
  return Object.assign({ dispatch }, details);
}

const protocols = {
  'the old protocol': (abort: (reason: unknown) => void) => ({
    handler: { onConnect: vi.fn() } as Handler,
    begin: (handler: Handler) => handler.onConnect?.(abort, 'context'),
    begun: [abort, 'context'],
  }),
  'the new protocol': (abort: (reason: unknown) => void) => {
    const controller = { abort };
    return {
      handler: { onRequestStart: vi.fn() } as Handler,
      begin: (handler: Handler) => handler.onRequestStart?.(controller, 'context'),
      begun: [controller, 'context'],
    };
  },
};

describe.each(Object.entries(protocols))('in %s', (_, protocol) => {
  test('a request is handed on, 1 time, with its options', () => {
    const { handler } = protocol(vi.fn());
    const target = targetOf();
    const options = { path: '/' };
    expect(new RevocableDispatch(target).dispatch(options, handler)).toBe(true);
    expect(target.dispatch).toHaveBeenCalledExactlyOnceWith(options, handler);
  });

  test('what fetch does at the beginning of a request is still done, 1 time', () => {
    const { handler, begin, begun } = protocol(vi.fn());
    const original = handler.onConnect ?? handler.onRequestStart;
    new RevocableDispatch(targetOf()).dispatch({}, handler);
    begin(handler);
    expect(original).toHaveBeenCalledExactlyOnceWith(...begun);
  });

  test('a request under way is aborted with the reason, 1 time', () => {
    const abort = vi.fn();
    const { handler, begin } = protocol(abort);
    const dispatch = new RevocableDispatch(targetOf());
    dispatch.dispatch({}, handler);
    begin(handler);
    expect(abort).toHaveBeenCalledTimes(0);
    dispatch.end('stop');
    expect(abort).toHaveBeenCalledExactlyOnceWith('stop');
  });

  test('a request that was let go of is aborted 0 times', () => {
    const abort = vi.fn();
    const { handler, begin } = protocol(abort);
    const dispatch = new RevocableDispatch(targetOf());
    dispatch.dispatch({}, handler);
    begin(handler);
    dispatch.release();
    dispatch.end('late');
    expect(abort).toHaveBeenCalledTimes(0);
  });

  test('a request that begins after the revocation is aborted at once, 1 time', () => {
    const abort = vi.fn();
    const { handler, begin } = protocol(abort);
    const dispatch = new RevocableDispatch(targetOf());
    dispatch.end('early');
    dispatch.dispatch({}, handler);
    begin(handler);
    expect(abort).toHaveBeenCalledExactlyOnceWith('early');
  });

  test('a revocation without a reason is one all the same: 1 abort', () => {
    const abort = vi.fn();
    const { handler, begin } = protocol(abort);
    const dispatch = new RevocableDispatch(targetOf());
    dispatch.end(undefined);
    dispatch.dispatch({}, handler);
    begin(handler);
    expect(abort).toHaveBeenCalledExactlyOnceWith(undefined);
  });

  test('the 2nd request of a redirect is the one that is aborted', () => {
    const [first, second] = [vi.fn(), vi.fn()];
    const dispatch = new RevocableDispatch(targetOf());
    for (const abort of [first, second]) {
      const { handler, begin } = protocol(abort);
      dispatch.dispatch({}, handler);
      begin(handler);
    }
    dispatch.end('stop');
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
  });
});

describe('a dispatch', () => {
  test('says false where its target says that it is busy, 1 time', () => {
    const target = { dispatch: () => false };
    expect(new RevocableDispatch(target).dispatch({}, {})).toBe(false);
  });

  test('is mocked where its target is, in 2 cases', () => {
    expect(new RevocableDispatch(targetOf({ isMockActive: true })).isMockActive).toBe(true);
    expect(new RevocableDispatch(targetOf()).isMockActive).toBe(false);
  });
});

describe('marks', () => {
  test('are set on the way, over 1 of 2 headers, and nothing of fetch’s is changed', () => {
    const target = targetOf();
    const options = { path: '/', headers: { a: 'b', Traceparent: 'mine' } };
    const dispatch = new RevocableDispatch(target, { traceparent: 'ours' });
    dispatch.dispatch(options, {});
    expect(target.dispatch.mock.calls[0]?.[0]).toEqual({
      path: '/',
      headers: { a: 'b', traceparent: 'ours' },
    });
    expect(options.headers).toEqual({ a: 'b', Traceparent: 'mine' });
  });
});

describe('without a target', () => {
  const slots = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
  const globals = globalThis as unknown as Record<symbol, unknown>;
  const before = slots.map((slot) => Object.getOwnPropertyDescriptor(globalThis, slot));
  afterEach(() => {
    slots.forEach((slot, index) => {
      delete globals[slot];
      const descriptor = before[index];
      if (descriptor) Object.defineProperty(globalThis, slot, descriptor);
    });
  });
  const install = (old: unknown, recent: unknown) => {
    [old, recent].forEach((dispatcher, index) => {
      Object.defineProperty(globalThis, slots[index] ?? '', {
        value: dispatcher,
        configurable: true,
        writable: true,
      });
    });
  };

  test('the process’s own dispatcher is asked, the one of 2 that speaks the protocol', () => {
    const [old, recent] = [targetOf(), targetOf()];
    install(old, recent);
    new RevocableDispatch().dispatch({}, { onConnect: () => {} });
    expect([old.dispatch.mock.calls.length, recent.dispatch.mock.calls.length]).toEqual([1, 0]);
    new RevocableDispatch().dispatch({}, { onRequestStart: () => {} });
    expect([old.dispatch.mock.calls.length, recent.dispatch.mock.calls.length]).toEqual([1, 1]);
  });

  test('it is asked at each request, so that 1 that is set later counts', () => {
    const [first, second] = [targetOf(), targetOf()];
    install(first, undefined);
    const dispatch = new RevocableDispatch();
    install(second, undefined);
    dispatch.dispatch({}, { onConnect: () => {} });
    expect([first.dispatch.mock.calls.length, second.dispatch.mock.calls.length]).toEqual([0, 1]);
  });

  test('and without 1 in the process either, there is a TypeError', () => {
    install(undefined, undefined);
    expect(() => new RevocableDispatch().dispatch({}, {})).toThrow(TypeError);
    expect(new RevocableDispatch().isMockActive).toBe(false);
  });

  test('it is mocked where the process’s own is, in 2 slots', () => {
    install(targetOf({ isMockActive: true }), undefined);
    expect(new RevocableDispatch().isMockActive).toBe(true);
    install(undefined, targetOf({ isMockActive: true }));
    expect(new RevocableDispatch().isMockActive).toBe(true);
  });
});

describe('Node’s own fetch', () => {
  test('is known by its source, and 5 others are known not to be it', () => {
    expect(isNodeFetch(globalThis.fetch)).toBe(true);
    const others: (typeof globalThis.fetch)[] = [
      async () => new Response(),
      async (...given) => globalThis.fetch(...given),
      globalThis.fetch.bind(globalThis),
      new Proxy(globalThis.fetch, {}),
      vi.fn(),
    ];
    expect(others.map(isNodeFetch)).toEqual([false, false, false, false, false]);
  });

  test('is looked at 1 time, and its verdict is remembered', () => {
    const source = vi.spyOn(Function.prototype, 'toString');
    const own = async () => new Response();
    isNodeFetch(own);
    isNodeFetch(own);
    const looks = source.mock.contexts.filter((context) => context === own).length;
    source.mockRestore();
    expect(looks).toBe(1);
  });
});

describe('a context of its own, as jest gives each test file', () => {
  const slots = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
  const globals = globalThis as unknown as Record<symbol, unknown>;

  /** What one sees where the process's dispatcher is out of sight. */
  function unseen<T>(look: () => T): T {
    void new Headers();
    const before = slots.map((slot) => globals[slot]);
    for (const slot of slots) if (slot in globals) globals[slot] = undefined;
    try {
      return look();
    } finally {
      slots.forEach((slot, index) => {
        if (slot in globals) globals[slot] = before[index];
      });
    }
  }

  test('hides the dispatcher of the process, 1 or 2 of them', () => {
    expect(unseen(seesDispatcher)).toBe(false);
    expect(seesDispatcher()).toBe(true);
  });

  test('is sent into with a signal, and with 0 dispatchers', async () => {
    const sent: RequestInit[] = [];
    const own = async (_: unknown, init: RequestInit = {}) => {
      sent.push(init);
      return new Response('ok', { headers: { from: "'internal/deps/undici/undici'" } });
    };
    expect(isNodeFetch(own as typeof fetch)).toBe(true);
    const client = createClient({ fetch: own as typeof fetch });
    const url = 'https://api.example.com/';
    await unseen(() => client(url));
    await client(url);
    expect(sent.map((init) => Object.keys(init))).toEqual([['signal'], ['dispatcher']]);
  });
});
