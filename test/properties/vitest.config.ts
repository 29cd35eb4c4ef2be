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
    testTimeout: 120_000 * Number(process.env.PROPERTIES_RUNS ?? 1),
    reporters: ['default', new Tally()],
  },
});
