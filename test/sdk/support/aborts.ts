import { createClient, resilientFetch } from 'resilient-fetch';
import { expect, test } from 'vitest';
import { silence, status } from './faults.ts';
import { play, type Scene } from './scene.ts';

/** What holds where the SDK's caller aborts. */
export function aborts(scene: Scene): void {
  const { read, write, abortable = true } = scene;
  const act = read ?? write;
  if (!act || abortable !== true) return;
  const abortNow = (abort: AbortController) => abort.abort();

  test('ends a call that waits for its answer with its own error, and the 1 connection', async () => {
    const bare = await play(scene, act, globalThis.fetch, [silence], abortNow);
    const { error, requests } = await play(scene, act, resilientFetch, [silence], abortNow);
    expect(bare.error).toBeDefined();
    expect(error).toEqual(bare.error);
    expect(requests).toHaveLength(1);
  });

  test('ends a wait of 20 s before a retry with the same error, after 1 request', async () => {
    const bare = await play(scene, act, globalThis.fetch, [silence], abortNow);
    const fetch = createClient();
    const abort = new AbortController();
    fetch.on('retry.scheduled', () => abort.abort());
    const waiting: typeof act = (given, origin) => act(given, origin, abort.signal);
    const later = status(429, { 'retry-after': '20' });
    const { error, requests, took } = await play(scene, waiting, fetch, [later]);
    expect(error).toEqual(bare.error);
    expect(requests).toHaveLength(1);
    expect(took).toBeLessThan(10_000);
  });
}
