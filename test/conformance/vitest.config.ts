import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.ts';
import { Tally } from '../support/tally.ts';

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  resolve: root.resolve ?? {},
  test: {
    include: ['test/conformance/**/*.test.ts'],
    reporters: ['default', new Tally()],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
