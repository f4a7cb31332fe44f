import { defineConfig } from 'vitest/config';

/** One project a tier: unit and golden touch no network, ssh runs an in-process server, e2e needs lab hosts. */
const tier = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, environment: 'node' as const, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      // A test that hangs is given up; how fast it is on a busy machine is no question of these tests.
      tier('unit', ['test/**/*.test.ts'], {
        testTimeout: 60_000,
        exclude: ['test/golden/**', 'test/ssh/**', 'test/e2e/**'],
      }),
      tier('golden', ['test/golden/*.test.ts'], { testTimeout: 60_000 }),
      // Once more where a process on this machine was in the way: these tests start hundreds of them side by side.
      tier('ssh', ['test/ssh/**/*.test.ts'], { retry: 1 }),
      tier('e2e', ['test/e2e/**/*.test.ts'], {
        fileParallelism: false,
        globalSetup: ['test/e2e/support/global-setup.ts'],
        testTimeout: 600_000,
        hookTimeout: 600_000,
      }),
    ],
  },
});
