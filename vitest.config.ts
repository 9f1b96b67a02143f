import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cmd-stream$/, replacement: new URL('./src/index.ts', import.meta.url).pathname },
      { find: /^cmd-stream\/(\w+)$/, replacement: new URL('./src/$1.ts', import.meta.url).pathname },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/interop/support/build-peers.ts'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    testTimeout: 20_000,
    pool: 'forks',
    // Most of a test waits: a worker for each core, none kept back.
    maxWorkers: '100%',
  },
});
