import { expect, test } from 'vitest';
import { joinSteps } from '../../src/app/join-steps.ts';
import { runWorkflow } from '../../src/app/run-workflow.ts';
import { hostPaths } from '../../src/engine/host-paths.ts';
import { joinWorkflow } from '../../src/workflows/init.ts';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit, wanted } from './support/run-init.ts';

const load = useMirror();

/** A cluster without its last worker, and that worker's host. */
async function bringUpWithout(last: string) {
  const cluster = await load('one-control-plane-two-workers.yaml');
  const model = new ModelCluster(cluster);
  const state = memoryState();
  const hosts = new Map([...model.hosts].filter(([name]) => name !== last));
  await runInit(model, state, {}, { cluster: { ...cluster, nodes: cluster.nodes.filter(({ name }) => name !== last) }, hosts });
  const join = async () => runWorkflow(await openModelSession(model, { state }), joinWorkflow, { ...wanted, makeSteps: joinSteps([]) });
  return { model, state, join };
}

test('a join that is cut off anywhere is finished by join, and init finds nothing to do', { timeout: 240_000 }, async () => {
  const counting = await bringUpWithout('worker-2');
  const before = counting.model.done.length;
  await counting.join();
  const total = counting.model.done.length - before;
  expect(total).toBeGreaterThan(40);
  const { model, state, join } = await bringUpWithout('worker-2');
  let runs = 0;
  for (let left = 1; runs < 40; left += 2) {
    runs++;
    model.actionsLeft = left;
    const done = await join().then(
      () => true,
      () => false,
    );
    model.actionsLeft = Number.POSITIVE_INFINITY;
    if (done) break;
  }
  expect(runs).toBeGreaterThan(5);
  expect(runs).toBeLessThan(40);
  expect((await runInit(model, state, { dryRun: true })).plan.steps).toEqual([]);
  for (const { machine } of model.hosts.values()) expect(machine.files.has(hostPaths.joining)).toBe(false);
});

test('what is missing behind the last unit is for join to bring, and of nobody else', { timeout: 60_000 }, async () => {
  const { model, join } = await bringUpWithout('worker-2');
  await join();
  const machineOf = (name: string) => {
    const machine = model.hosts.get(name)?.machine;
    if (machine === undefined) throw new Error(`no ${name}`);
    return machine;
  };
  // As a kill right before the end leaves it; on the other worker somebody removed the same.
  for (const name of ['worker-1', 'worker-2']) machineOf(name).remove('/opt/kcluster/bin/crictl');
  expect((await join()).plan.steps).toEqual([]);
  const mark = { type: 'file', mode: 0o600, owner: 'root', group: 'root', sizeBytes: 8, sha256: 'a'.repeat(64) } as const;
  machineOf('worker-2').files.set(hostPaths.joining, mark);
  const { plan } = await join();
  expect(plan.steps.map(({ id }) => id)).toEqual(['crictl/install@worker-2', 'host/finish@worker-2']);
  expect(machineOf('worker-2').files.has('/opt/kcluster/bin/crictl')).toBe(true);
  expect((await join()).plan.steps).toEqual([]);
});
