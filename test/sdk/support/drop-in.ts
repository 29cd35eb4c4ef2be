import { describe } from 'vitest';
import { aborts } from './aborts.ts';
import { reads } from './reads.ts';
import { named, type Scene } from './scene.ts';
import { streams } from './streams.ts';
import { writes } from './writes.ts';

/**
 * Holds an SDK that is given this fetch to what it does over the platform's own: the same requests, the same results,
 * the same errors; and where the server fails at first, a result all the same.
 */
export function dropIn(scene: Scene): void {
  describe.concurrent(named(scene), () => {
    reads(scene);
    writes(scene);
    streams(scene);
    aborts(scene);
  });
}
