import { defineConfig } from 'vitest/config';
import { Tally } from '../support/tally.ts';

const file = (path: string) => new URL(path, import.meta.url).pathname;

/** Every SDK over one form of the library: what is given to it is what would be published. */
const over = (name: string, path: string) => ({
  extends: true as const,
  resolve: { alias: [{ find: /^resilient-fetch$/, replacement: file(path) }] },
  test: { name },
});

export default defineConfig({
  root: file('../..'),
  test: {
    include: ['test/sdk/*.test.ts'],
    reporters: ['default', new Tally()],
    testTimeout: 30_000,
    projects: [
      over("over the platform's fetch", '../../dist/index.js'),
      over('over a pool', './support/over-a-pool.ts'),
    ],
  },
});
