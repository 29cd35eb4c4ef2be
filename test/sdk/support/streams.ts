import { resilientFetch } from 'resilient-fetch';
import { expect, test } from 'vitest';
import { everythingOn } from './everything-on.ts';
import { failingServer } from './failing-server.ts';
import { status } from './faults.ts';
import { items } from './items.ts';
import { Pace } from './pace.ts';
import type { Scene, Stream } from './scene.ts';

/** What holds of a stream: it is one as seen through here. */
export function streams({ service, stream, abortable = true, sendsRequest = false }: Scene): void {
  if (!stream) return;

  test(`streams ${items} items, each sent when the one before it was seen`, async () => {
    const bare = await read(stream, globalThis.fetch);
    expect(bare).toHaveLength(items);
    expect(await read(stream, resilientFetch)).toEqual(bare);
  });

  test(`streams ${items} items where every part of a client is on, and the body is watched`, async () => {
    await using fetch = everythingOn();
    expect(await read(stream, fetch)).toEqual(await read(stream, globalThis.fetch));
  });

  if (!sendsRequest) {
    test(`streams ${items} items after a 429`, async () => {
      const bare = await read(stream, globalThis.fetch);
      expect(await read(stream, resilientFetch, 1)).toEqual(bare);
    });
  }

  if (abortable) {
    test('closes the connection when it is aborted after 2 items', async () => {
      const bare = await abortAfterTwo(stream, globalThis.fetch);
      expect(await abortAfterTwo(stream, resilientFetch)).toEqual(bare);
      await using fetch = everythingOn();
      expect(await abortAfterTwo(stream, fetch)).toEqual(bare);
    });
  }

  async function read(open: Stream, fetch: typeof globalThis.fetch, rejections = 0) {
    const pace = new Pace();
    const faults = Array(rejections).fill(status(429));
    await using server = await failingServer(faults, service, pace);
    const seen: unknown[] = [];
    for await (const item of open(fetch, server.origin, new AbortController().signal)) {
      seen.push(item);
      pace.hear();
    }
    expect(server.requests).toHaveLength(rejections + 1);
    return seen;
  }

  /** How it ends: by the SDK's own error, or as if there were no more. */
  async function abortAfterTwo(open: Stream, fetch: typeof globalThis.fetch) {
    const pace = new Pace();
    await using server = await failingServer([], service, pace);
    const abort = new AbortController();
    let end = 'no more';
    try {
      for await (const _ of open(fetch, server.origin, abort.signal)) {
        if (pace.count === 1) abort.abort();
        else pace.hear();
      }
    } catch (error) {
      end = String(error);
    }
    await server.requests[0]?.dropped;
    return { end, heard: pace.count, requests: server.requests.length };
  }
}
