import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';
import { Tally } from '../support/tally.ts';

export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...base.test,
    include: ['test/properties/**/*.test.ts'],
    exclude: [],
    // `PROPERTIES_RUNS` may ask for a thousand times as much
    testTimeout: 3_600_000,
    reporters: ['default', new Tally()],
  },
});
