import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openScope, scope } from '../src/index.ts';

const rejected = (work: PromiseLike<unknown>) =>
  work.then(
    () => expect.unreachable('it should have failed'),
    (error) => error,
  );

test('runs 3 deferred functions last in first out, each after the one before has ended, and then gives the result', async () => {
  const told: string[] = [];
  const result = await scope(({ defer }) => {
    for (const name of ['first', 'second', 'third']) {
      defer(async () => {
        told.push(`${name} begins`);
        await delay(1);
        told.push(`${name} ends`);
      });
    }
    return 7;
  });
  expect(result).toBe(7);
  expect(told.map((line) => line.split(' ')[0])).toEqual(
    ['third', 'second', 'first'].flatMap((name) => [name, name]),
  );
});

test('runs 2 deferred functions after an error too, and the error is the one that was thrown', async () => {
  const told: number[] = [];
  const thrown = new Error('no stock');
  const work = scope(({ defer }) => {
    defer(() => told.push(1));
    defer(() => told.push(2));
    throw thrown;
  });
  expect(await rejected(work)).toBe(thrown);
  expect(told).toEqual([2, 1]);
});

test('aborts its signal with the caller’s reason, waits for the body, and cleans up 1 time', async () => {
  const controller = new AbortController();
  const told: string[] = [];
  const work = scope(
    async ({ defer, signal }) => {
      defer(() => told.push('cleaned up'));
      await delay(60_000, undefined, { signal }).catch(() => told.push('stopped'));
      await delay(5);
      told.push('left');
      signal.throwIfAborted();
    },
    { signal: controller.signal },
  );
  const reason = new Error('the user has left');
  controller.abort(reason);
  expect(await rejected(work)).toBe(reason);
  expect(told).toEqual(['stopped', 'left', 'cleaned up']);
});

test('is not begun under a signal that has aborted: its body runs 0 times', async () => {
  let runs = 0;
  const reason = new Error('too late');
  expect(await rejected(scope(() => runs++, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(() => openScope({ signal: AbortSignal.abort(reason) })).toThrow(reason);
  expect(runs).toBe(0);
});

describe('2 errors in clean-up', () => {
  const failing = (name: string) => () => {
    throw new Error(name);
  };

  test('after an error mask none of the 3, and stop no other clean-up', async () => {
    const told: number[] = [];
    const work = scope(({ defer }) => {
      defer(() => told.push(1));
      defer(failing('close'));
      defer(failing('flush'));
      throw new Error('body');
    });
    expect(await rejected(work)).toMatchObject({
      name: 'SuppressedError',
      error: { message: 'close' },
      suppressed: {
        name: 'SuppressedError',
        error: { message: 'flush' },
        suppressed: { message: 'body' },
      },
    });
    expect(told).toEqual([1]);
  });

  test('after a success are 1 error that holds both; a single one comes as it is', async () => {
    const both = scope(({ defer }) => {
      defer(failing('close'));
      defer(failing('flush'));
    });
    expect(await rejected(both)).toMatchObject({
      error: { message: 'close' },
      suppressed: { message: 'flush' },
    });
    expect(await rejected(scope(({ defer }) => defer(failing('only'))))).toMatchObject({
      name: 'Error',
      message: 'only',
    });
  });

  test('mask nothing either where what was thrown is undefined: 1 of the 2 errors is that', async () => {
    const work = scope(({ defer }) => {
      defer(failing('close'));
      throw undefined;
    });
    expect(await rejected(work)).toMatchObject({ error: { message: 'close' } });
    expect(await rejected(work)).toHaveProperty('suppressed', undefined);
  });
});

test('aborts its signal when it ends, before the 1st clean-up, and leaves 0 listeners with the caller', async () => {
  const { signal: outer } = new AbortController();
  const listeners = new Set<unknown>();
  const add = outer.addEventListener.bind(outer);
  outer.addEventListener = (type: string, listener: never) => {
    listeners.add(listener);
    add(type, listener);
  };
  const remove = outer.removeEventListener.bind(outer);
  outer.removeEventListener = (type: string, listener: never) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  let atCleanUp = false;
  const kept = await scope(
    ({ defer, signal }) => {
      expect(signal.aborted).toBe(false);
      expect(listeners.size).toBe(1);
      defer(() => {
        atCleanUp = signal.aborted;
      });
      return signal;
    },
    { signal: outer },
  );
  expect([atCleanUp, kept.aborted, kept.reason.name]).toEqual([true, true, 'AbortError']);
  expect(listeners.size).toBe(0);
});

test('takes 2 kinds of resources in charge and disposes of each once, the last first', async () => {
  const told: string[] = [];
  const now = { [Symbol.dispose]: () => told.push('now') };
  const later = { [Symbol.asyncDispose]: async () => void told.push('later') };
  await scope(({ use }) => {
    expect(use(now)).toBe(now);
    expect(use(later)).toBe(later);
    expect(use(null)).toBe(null);
    expect(use(undefined)).toBe(undefined);
    expect(() => use({} as Disposable)).toThrow('Symbol.dispose');
  });
  expect(told).toEqual(['later', 'now']);
});

test('takes nothing any more once it has ended: 1 ReferenceError, as the language’s own stack gives', async () => {
  const { defer } = await scope((work) => work);
  expect(() => defer(() => {})).toThrow(ReferenceError);
});

test('refuses what is no function, 1 of 1', async () => {
  const work = scope(({ defer }) => defer('close' as never));
  expect(await rejected(work)).toBeInstanceOf(TypeError);
});

describe('openScope', () => {
  test('cleans up where it is disposed of, 1 time though that is done twice', async () => {
    const told: number[] = [];
    const work = openScope();
    work.defer(() => told.push(1));
    work.defer(() => told.push(2));
    await work[Symbol.asyncDispose]();
    await work[Symbol.asyncDispose]();
    expect(told).toEqual([2, 1]);
    expect(work.signal.aborted).toBe(true);
  });

  test('works with `await using` where the runtime has that: 2 errors, none masked', async () => {
    const native = awaitUsing();
    const work = openScope();
    work.defer(() => {
      throw new Error('close');
    });
    const error = native
      ? await rejected(native(work))
      : await rejected(work[Symbol.asyncDispose]());
    expect(error).toMatchObject(
      native
        ? { name: 'SuppressedError', error: { message: 'close' }, suppressed: { message: 'body' } }
        : { message: 'close' },
    );
  });
});

/** A function whose block ends a scope and fails, compiled by the runtime itself; nothing on Node 22. */
function awaitUsing(): ((work: AsyncDisposable) => Promise<void>) | undefined {
  try {
    return new Function(
      'work',
      "return (async () => { await using scope = work; throw new Error('body'); })()",
    ) as (work: AsyncDisposable) => Promise<void>;
  } catch {
    return undefined;
  }
}
