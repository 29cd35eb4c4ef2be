import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...base.test,
    include: ['test/{decisions,strategies}/**/*.test.ts'],
    env: { MUTATED: 'yes' },
    testTimeout: 60_000,
  },
});
