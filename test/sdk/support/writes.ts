import { createClient, resilientFetch } from 'resilient-fetch';
import { expect, test } from 'vitest';
import type { Fault } from './failing-server.ts';
import { reset, status } from './faults.ts';
import { type Played, play, type Scene, shapeOf } from './scene.ts';

const keysOf = ({ requests }: Played) =>
  new Set(requests.map(({ headers }) => headers['idempotency-key']));

/** What holds of a POST: intact whenever it is sent, and sent again only where that is safe. */
export function writes(scene: Scene): void {
  const { write, keyed = false, sendsRequest = false } = scene;
  if (!write) return;

  test('writes the same after a 429, byte for byte, where the body can be sent again', async () => {
    const bare = await play(scene, write, globalThis.fetch);
    const { value, error, requests } = await play(scene, write, resilientFetch, [status(429)]);
    const [shape] = bare.requests.map(shapeOf);
    expect(requests.map(shapeOf)).toEqual(sendsRequest ? [shape] : [shape, shape]);
    if (sendsRequest) expect(error).toBeDefined();
    else expect({ value, error }).toEqual({ value: bare.value, error: undefined });
  });

  const ambiguous: [string, Fault][] = [
    ['a 503', status(503)],
    ['a reset connection', reset],
  ];
  test.each(ambiguous)(
    `is sent ${keyed ? '2 times, with its own key,' : '1 time'} where it met %s`,
    async (_, fault) => {
      const bare = await play(scene, write, globalThis.fetch, [fault]);
      const played = await play(scene, write, resilientFetch, [fault]);
      const [shape] = bare.requests.map(shapeOf);
      expect(played.requests.map(shapeOf)).toEqual(keyed ? [shape, shape] : [shape]);
      if (keyed) expect(played.error).toBeUndefined();
      else expect(played.error).toEqual(bare.error);
      expect(keysOf(played).size).toBe(1);
    },
  );

  if (sendsRequest) {
    test('is sent 1 time, whole, with `idempotencyKey: true` as well: a Request is read once', async () => {
      const bare = await play(scene, write, globalThis.fetch);
      const fetch = createClient({ idempotencyKey: true });
      const { error, requests } = await play(scene, write, fetch, [status(503)]);
      expect(requests.map(({ hash }) => hash)).toEqual(bare.requests.map(({ hash }) => hash));
      expect(error).toBeDefined();
    });
    test('survives a 429, byte for byte, where the Request is taken apart: 2 requests', async () => {
      const bare = await play(scene, write, globalThis.fetch);
      const { value, error, requests } = await play(scene, write, apart, [status(429)]);
      const [shape] = bare.requests.map(shapeOf);
      expect(requests.map(shapeOf)).toEqual([shape, shape]);
      expect({ value, error }).toEqual({ value: bare.value, error: undefined });
    });
    return;
  }

  test('survives a 503 and a reset with `idempotencyKey: true`, by 3 requests with 1 key', async () => {
    const bare = await play(scene, write, globalThis.fetch);
    const fetch = createClient({ idempotencyKey: true });
    const played = await play(scene, write, fetch, [status(503), reset]);
    expect(keysOf(played).size).toBe(1);
    expect(keysOf(played)).not.toContain(undefined);
    const [hash] = bare.requests.map((request) => request.hash);
    expect(played.requests.map((request) => request.hash)).toEqual([hash, hash, hash]);
    expect(played).toMatchObject({ value: bare.value, error: undefined });
  });
}

/** What a user puts between such an SDK and this fetch, so that what it sends can be sent again. */
const apart: typeof globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const { method, headers, signal } = request;
  return resilientFetch(request.url, { method, headers, signal, body: await request.bytes() });
};
