import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { 'resilient-fetch': new URL('./src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    testTimeout: 10_000,
    restoreMocks: true,
  },
});
