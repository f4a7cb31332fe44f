import type { TestProject } from 'vitest/node';
import { withBuildLock } from '../../../build/build-lock.ts';
import { buildMirror } from '../../../build/mirror.ts';
import { ensureBaseSystem } from '../../../src/lab/base-system.ts';
import { baseSystemsDirectory } from '../../../src/lab/paths.ts';
import { canRunLab, ensurePrerequisites } from '../../../src/lab/prerequisites.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether this machine can run lab hosts. */
    hasLab: boolean;
    /** Inventory of the cluster that the tests share; empty where there is none. */
    inventory: string;
    mirror: string;
  }
}

export const report = (line: string): void => {
  process.stdout.write(`  ${line}\n`);
};

/** What hosts are made of; of several processes that want it one makes it, and the others wait. Gives the mirror, or none where lab hosts cannot run. */
export async function prepareLabs(project: TestProject): Promise<string | undefined> {
  const capability = canRunLab();
  project.provide('hasLab', capability.ok);
  project.provide('inventory', '');
  project.provide('mirror', '');
  if (!capability.ok) {
    if (process.env.CI !== undefined) throw new Error(`lab hosts cannot run here, and CI must not skip them: ${capability.reason}`);
    report(`end-to-end tests are skipped: ${capability.reason}`);
    return undefined;
  }
  const { directory } = await buildMirror({ kubernetes: '1.37.1', report });
  // Before other releases are: who asks for it later would wait for one of those.
  await buildMirror({ kubernetes: '1.37.1', only: ['kube-bench'], report });
  await withBuildLock(baseSystemsDirectory(), report, async () => {
    await ensurePrerequisites({ install: true, report });
    await ensureBaseSystem({ report });
  });
  project.provide('mirror', directory);
  return directory;
}
