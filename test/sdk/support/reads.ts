import { resilientFetch } from 'resilient-fetch';
import { expect, test } from 'vitest';
import { everythingOn } from './everything-on.ts';
import type { Fault } from './failing-server.ts';
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

  test('reads the same where every part of a client is on, after a 503: 2 requests', async () => {
    const bare = await play(scene, read, globalThis.fetch);
    await using fetch = everythingOn();
    const { value, error, requests } = await play(scene, read, fetch, [status(503)]);
    expect({ value, error }).toEqual({ value: bare.value, error: undefined });
    expect(requests).toHaveLength(2);
  });

  const soon = status(503, { 'retry-after-ms': '1' });
  const lasting: [string, number, Fault][] = [
    ['a 404', 1, status(404)],
    ['a 503 that stays', 4, soon],
    ['a 200 whose body breaks off', 1, cut(200)],
  ];
  test.each(lasting)(
    'makes of %s what it makes of it anyway, after %i requests',
    async (_, count, fault) => {
      const bare = await play(scene, read, globalThis.fetch, [fault]);
      const { value, error, requests } = await play(scene, read, resilientFetch, all(fault));
      expect({ value, error }).toEqual({ value: bare.value, error: bare.error });
      expect(requests).toHaveLength(count);
    },
  );
}

const all = (fault: Fault): Fault[] => Array(10).fill(fault);
