import { defineConfig } from 'vitest/config';

const source = (path: string) => new URL(`./src/${path}`, import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^resilient-fetch$/, replacement: source('index.ts') },
      { find: /^resilient-fetch\/dashboard$/, replacement: source('dashboard.ts') },
      { find: /^resilient-fetch\/saga$/, replacement: source('saga.ts') },
      { find: /^resilient-fetch\/server$/, replacement: source('server.ts') },
      { find: /^resilient-fetch\/testing$/, replacement: source('testing.ts') },
      { find: /^resilient-fetch\/undici$/, replacement: source('undici.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // what has a script of its own, as it takes long or needs what npm has not, and the packages that some of those install
    exclude: [
      'test/{browser,conformance,mutation,netem,prometheus,properties,proxies,sdk,soak}/**',
      '**/node_modules/**',
    ],
    // most tests wait for sockets and for processes of their own, so no core is kept free for vitest itself
    maxWorkers: '100%',
    testTimeout: 10_000,
    restoreMocks: true,
  },
});
