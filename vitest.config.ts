import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * End-to-end tests run in two lanes side by side. In this one are files that wait most of their time, for timers and deadlines, and have
 * hosts of their own. All others share the processors badly and are in the other lane: in the order of their names, but for what is named
 * here. Upgrades come last of those that wait: another Kubernetes release is built until then. The one over many releases is a tier of
 * its own: from empty caches building all of them takes longer than everything else.
 */
const waiting = ['endpoint', 'backup', 'upgrade', 'upgrade-external', 'upgrade-faults'];
const long = ['upgrade-chain'];
const lastOfShared = ['external-etcd-given', 'etcd-care', 'snapshot', 'restore-external', 'restore', 'life', 'faults', 'topologies'];

const fileOf = (name: string): string => `test/e2e/${name}.test.ts`;
const placeOf = ({ moduleId }: TestSpecification): number =>
  [...waiting, ...lastOfShared].findIndex((name) => moduleId.endsWith(fileOf(name)));

/** End-to-end tests in that order; the rest as Vitest thinks best. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isOurs = ({ project }: TestSpecification): boolean => project.name.startsWith('e2e');
    const others = await super.sort(files.filter((file) => !isOurs(file)));
    const ours = files.filter(isOurs).toSorted((a, b) => placeOf(a) - placeOf(b) || a.moduleId.localeCompare(b.moduleId));
    return [...others, ...ours];
  }
}

/** One project a tier: unit and golden touch no network, ssh runs an in-process server, e2e needs lab hosts. */
const tier = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, environment: 'node' as const, ...extra },
});

const oneByOne = { fileParallelism: false, testTimeout: 600_000, hookTimeout: 600_000 };

export default defineConfig({
  test: {
    sequence: { sequencer: InOrder },
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
        ...oneByOne,
        exclude: [...waiting, ...long].map(fileOf),
        globalSetup: ['test/e2e/support/global-setup.ts'],
      }),
      tier('upgrade', long.map(fileOf), { ...oneByOne, globalSetup: ['test/e2e/support/labs-setup.ts'] }),
      tier('e2e-waiting', waiting.map(fileOf), { ...oneByOne, globalSetup: ['test/e2e/support/labs-setup.ts'] }),
    ],
  },
});
