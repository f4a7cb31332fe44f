import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildMirror } from '../../../build/mirror.ts';
import { loadInventory } from '../../../src/inventory/load-inventory.ts';
import { labDown } from '../../../src/lab/lab-down.ts';
import { labUp } from '../../../src/lab/lab-up.ts';
import { canRunLab } from '../../../src/lab/prerequisites.ts';
import { runKcluster } from './run-kcluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Inventory of the cluster that the tests share; empty where the machine cannot run lab hosts. */
    inventory: string;
    mirror: string;
  }
}

const lab = 'e2e';

/** One real cluster for all end-to-end tests: one control plane, two workers, brought up by the command line. */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const report = (line: string): void => {
    process.stdout.write(`  ${line}\n`);
  };
  const capability = canRunLab();
  if (!capability.ok) {
    if (process.env.CI !== undefined) throw new Error(`lab hosts cannot run here, and CI must not skip them: ${capability.reason}`);
    report(`end-to-end tests are skipped: ${capability.reason}`);
    project.provide('inventory', '');
    project.provide('mirror', '');
    return undefined;
  }
  const ready = process.env.KCLUSTER_E2E_INVENTORY;
  if (ready !== undefined) return useReadyCluster(project, ready);
  const { directory } = await buildMirror({ kubernetes: '1.37.1', report });
  await labDown(lab, report);
  const { inventory } = await labUp({ name: lab, controlPlanes: 1, workers: 2, etcd: 0, mirror: directory, install: true, report });
  const { code, stderr, stdout } = await runKcluster(['init', '--yes', '-i', inventory]);
  report(stdout);
  if (code !== 0) {
    await labDown(lab, report);
    throw new Error(`kcluster init ended with ${code}\n${stderr}`);
  }
  project.provide('inventory', inventory);
  project.provide('mirror', directory);
  return process.env.KEEP_LAB === undefined ? () => labDown(lab, report).then(() => undefined) : undefined;
}

/** A cluster that is there already, for work on the tests themselves: nothing is built, booted or taken down. */
async function useReadyCluster(project: TestProject, inventory: string): Promise<undefined> {
  const { artifacts } = await loadInventory(inventory);
  project.provide('inventory', path.resolve(inventory));
  project.provide('mirror', artifacts.mirror ?? '');
  return undefined;
}
