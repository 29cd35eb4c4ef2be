import { defineConfig } from 'vitest/config';
import { Tally } from '../support/tally.ts';

const built = (name: string) => new URL(`../../dist/${name}`, import.meta.url).pathname;

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  // What is given to them is what would be published.
  resolve: { alias: [{ find: /^resilient-fetch$/, replacement: built('index.js') }] },
  test: {
    include: ['test/sdk/*.test.ts'],
    reporters: ['default', new Tally()],
    testTimeout: 30_000,
  },
});
