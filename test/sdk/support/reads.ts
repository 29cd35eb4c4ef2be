import { resilientFetch } from 'resilient-fetch';
import { expect, test } from 'vitest';
import { cut, status, survivable } from './faults.ts';
import { play, type Scene, shapeOf } from './scene.ts';

/** What holds of a call that may be repeated. */
export function reads(scene: Scene): void {
  const { read } = scene;
  if (!read) return;

  test.each([...survivable])(
    'reads the same after %s, by 2 equal requests',
    async (name, fault) => {
      const bare = await play(scene, read, globalThis.fetch);
      const { value, error, requests } = await play(scene, read, resilientFetch, [fault]);
      expect(error).toBeUndefined();
      expect(value).toEqual(bare.value);
      const [shape] = bare.requests.map(shapeOf);
      expect(requests.map(shapeOf)).toEqual([shape, shape]);
      const [first, second] = requests.map(({ at }) => at);
      const waited = Number(second) - Number(first);
      if (name.includes('Retry-After')) expect(waited).toBeGreaterThanOrEqual(999);
    },
  );

  test('gets its own error for a 404 after 1 request', async () => {
    const bare = await play(scene, read, globalThis.fetch, [status(404)]);
    const { error, requests } = await play(scene, read, resilientFetch, [status(404)]);
    expect(error).toEqual(bare.error);
    expect(requests).toHaveLength(1);
  });

  test('gets its own error for a 503 that stays, after 4 requests', async () => {
    const soon = status(503, { 'retry-after-ms': '1' });
    const bare = await play(scene, read, globalThis.fetch, [soon]);
    const { error, requests } = await play(scene, read, resilientFetch, Array(9).fill(soon));
    expect(error).toEqual(bare.error);
    expect(requests).toHaveLength(4);
  });

  test('makes of a 200 whose body breaks off what it makes of it anyway, after 1 request', async () => {
    const bare = await play(scene, read, globalThis.fetch, [cut(200)]);
    const { error, value, requests } = await play(scene, read, resilientFetch, [cut(200)]);
    expect({ error, value }).toEqual({ error: bare.error, value: bare.value });
    expect(requests).toHaveLength(1);
  });
}
