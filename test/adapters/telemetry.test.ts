import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { script } from '../support/script.ts';
import { registerSdk, spansOf, unregisterSdk } from '../support/telemetry.ts';
import { rejection, until } from '../support/wire-call.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const url = 'https://api.test/';

// each test gets a library that has never made a call
beforeEach(() => vi.resetModules());
afterEach(() => {
  vi.doUnmock('../../src/adapters/observed-client.ts');
  unregisterSdk();
});

const fresh = () => import('../../src/index.ts');

describe('the first calls', () => {
  test('wait for OpenTelemetry to be loaded, and are all told of: 20 at once', async () => {
    const { createClient } = await fresh();
    const sdk = registerSdk();
    const client = createClient({ name: 'first', fetch: script(200) });
    await Promise.all(Array.from({ length: 20 }, () => client(url)));
    expect([spansOf(sdk, 'GET').length, spansOf(sdk, 'resilient_fetch GET').length]).toEqual([
      20, 20,
    ]);
    const points = await sdk.points('resilient_fetch.call.duration', 'first');
    expect(points).toMatchObject([{ value: 20 }]);
  });

  test('can be aborted meanwhile, at once: 0 requests and 0 spans of it', async () => {
    let load: (() => void) | undefined;
    vi.doMock('../../src/adapters/observed-client.ts', async (original) => {
      await new Promise<void>((resolve) => {
        load = resolve;
      });
      return original();
    });
    const { createClient } = await fresh();
    const sdk = registerSdk();
    const fetch = script(200);
    const client = createClient({ fetch });
    const caller = new AbortController();
    const aborted = rejection(client(url, { signal: caller.signal }));
    const other = client(url);
    await until(() => load !== undefined);
    caller.abort('gone');
    expect(await aborted).toBe('gone');
    expect(client.health().inFlight).toBe(1);
    load?.();
    expect((await other).status).toBe(200);
    expect(fetch.requests).toHaveLength(1);
    expect([sdk.begun, sdk.spans.length]).toEqual([2, 2]);
  });

  test('are answered where it can’t be loaded, with 1 warning', async () => {
    vi.doMock('../../src/adapters/observed-client.ts', () => {
      throw new Error('not there');
    });
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { createClient } = await fresh();
    registerSdk();
    const client = createClient({ fetch: script(200) });
    const responses = await Promise.all([client(url), client(url)]);
    expect([...responses, await client(url)].map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(warned).toHaveBeenCalledTimes(1);
  });
});

describe('without an SDK', () => {
  test('nothing is loaded and 0 events are made', async () => {
    const loaded = vi.fn();
    vi.doMock('../../src/adapters/observed-client.ts', async (original) => {
      loaded();
      return original();
    });
    const { createClient } = await fresh();
    const { Emitter } = await import('../../src/core/events.ts');
    const emit = vi.spyOn(Emitter.prototype, 'emit');
    const backoff = { base: 1, cap: 1 } as const;
    const client = createClient({ fetch: script(503, 503, 200), retry: { backoff } });
    await client(url);
    expect([loaded.mock.calls.length, emit.mock.calls.length]).toEqual([0, 0]);
    registerSdk();
    await client(url);
    expect(loaded).toHaveBeenCalledTimes(1);
    expect(emit).toHaveBeenCalledTimes(0);
  });
});

describe('a client that nobody holds', () => {
  test('is not held by telemetry: 0 of 3 are left', async () => {
    const { createClient } = await fresh();
    const sdk = registerSdk({ delta: true });
    const held = await (async () => {
      const clients = Array.from({ length: 3 }, () =>
        createClient({ name: 'lost', fetch: script(200) }),
      );
      const child = clients[0]?.extend({ name: 'child' });
      await Promise.all([...clients, child].map((client) => client?.(url)));
      expect(await sdk.points('resilient_fetch.calls.in_flight', 'lost')).toHaveLength(1);
      return clients.map((client) => new WeakRef(client));
    })();
    await until(() => {
      collect();
      return held.every((client) => client.deref() === undefined);
    });
    expect(await sdk.points('resilient_fetch.calls.in_flight', 'lost')).toEqual([]);
  });
});
