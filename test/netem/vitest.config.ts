import { defineConfig } from 'vitest/config';
import { Tally } from '../support/tally.ts';

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['test/netem/**/*.test.ts'],
    fileParallelism: false,
    maxConcurrency: 3,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    reporters: ['default', new Tally()],
  },
});
