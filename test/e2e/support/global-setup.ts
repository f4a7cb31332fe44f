import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadInventory } from '../../../src/inventory/load-inventory.ts';
import { labDown } from '../../../src/lab/lab-down.ts';
import { labUp } from '../../../src/lab/lab-up.ts';
import { prepareLabs, report } from './prepare.ts';
import { keepOpt } from './prepared-opt.ts';
import { runKcluster } from './run-kcluster.ts';

const lab = 'e2e';

/** One real cluster for the tests that share it: one control plane, two workers, brought up by the command line. */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const ready = process.env.KCLUSTER_E2E_INVENTORY;
  if (ready !== undefined) return useReadyCluster(project, ready);
  const mirror = await prepareLabs(project);
  if (mirror === undefined) return undefined;
  await labDown(lab, report);
  const { inventory } = await labUp({ name: lab, controlPlanes: 1, workers: 2, etcd: 0, mirror, install: true, report });
  const { code, stderr, stdout } = await runKcluster(['init', '--yes', '-i', inventory]);
  report(stdout);
  if (code !== 0) {
    await labDown(lab, report);
    throw new Error(`kcluster init ended with ${code}\n${stderr}`);
  }
  await keepOpt(lab, `${lab}-cp1`);
  project.provide('inventory', inventory);
  return process.env.KEEP_LAB === undefined ? () => labDown(lab, report).then(() => undefined) : undefined;
}

/** A cluster that is there already, for work on the tests themselves: nothing is built, booted or taken down. */
async function useReadyCluster(project: TestProject, inventory: string): Promise<undefined> {
  const { artifacts } = await loadInventory(inventory);
  project.provide('hasLab', true);
  project.provide('inventory', path.resolve(inventory));
  project.provide('mirror', artifacts.mirror ?? '');
  return undefined;
}
