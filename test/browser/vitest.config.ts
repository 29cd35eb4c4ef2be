import { defineConfig } from 'vitest/config';

const built = (path: string) => new URL(`../../dist/${path}`, import.meta.url).pathname;

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  // What is published and not its sources: the page is only there when it is built.
  resolve: {
    alias: [
      { find: /^resilient-fetch$/, replacement: built('index.js') },
      { find: /^resilient-fetch\/dashboard$/, replacement: built('dashboard.js') },
    ],
  },
  test: {
    include: ['test/browser/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
