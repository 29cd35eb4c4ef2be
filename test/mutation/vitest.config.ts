import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

export default defineConfig({
  ...base,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...base.test,
    include: [
      'test/{decisions,strategies,pipeline}/**/*.test.ts',
      'test/{retry,retryable}.test.ts',
    ],
    // what tries hundreds of scenarios sees much, but would see each mutant for seconds
    exclude: ['test/pipeline/{everything,invariants,telemetry}.test.ts'],
    env: { MUTATED: 'yes' },
    testTimeout: 60_000,
  },
});
