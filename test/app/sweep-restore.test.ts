import { beforeAll, describe, expect, test } from 'vitest';
import { runWorkflow } from '../../src/app/run-workflow.ts';
import { restoreMarkPath } from '../../src/cluster/restore.ts';
import { RefusedError } from '../../src/errors.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import type { MemoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import type { ModelCluster } from './support/model-cluster.ts';
import { later, Restorable } from './support/restorable.ts';
import { wanted } from './support/run-init.ts';
import { controlPlanes, everybody } from './support/sweep-verb.ts';

const every = Number(process.env.SWEEP_EVERY ?? 17);

interface Case {
  readonly what: string;
  /** What happened to the cluster after its backup. */
  readonly befalls: (model: ModelCluster) => void;
  /** Much of it is what `init` does, and is tried there. */
  readonly sparse?: number;
}

const wipe = (model: ModelCluster, names: readonly string[]): void => {
  for (const name of names) model.hosts.get(name)?.machine.wipe();
};
const cases: readonly Case[] = [
  { what: 'a cluster that runs goes back in time', befalls: () => undefined },
  { what: 'quorum lost for good, two of three hosts new', befalls: (model) => wipe(model, ['cp-2', 'cp-3']) },
  { what: 'all hosts are new', befalls: (model) => wipe(model, everybody), sparse: 5 },
];

describe.each(cases)('restore: $what', { timeout: 600_000 }, ({ befalls, sparse = 1 }) => {
  const load = useMirror();
  let given: Restorable;
  let steps: number;
  let actions: number;

  const isMarked = (model: ModelCluster): boolean => [...model.hosts.values()].some(({ machine }) => machine.texts.has(restoreMarkPath));

  beforeAll(async () => {
    given = await Restorable.make(await load('three-control-planes.yaml'));
    befalls(given.origin);
    const model = given.origin.copy();
    const { plan } = await given.restore(model, given.state());
    steps = plan.steps.filter((step) => step.actions.length > 0).length;
    actions = plan.steps.reduce((sum, step) => sum + step.actions.length, 0);
    expectRestored(model);
  }, 60_000);

  function expectRestored(model: ModelCluster): void {
    expect(model.etcd.broken).toEqual([]);
    expect(model.objects.has(later)).toBe(false);
    expect([...model.nodes.keys()].sort()).toEqual(everybody);
    expect(model.etcd.members.map(({ name, isLearner }) => `${name} ${isLearner}`).sort()).toEqual(
      controlPlanes.map((name) => `${name} false`),
    );
    expect(model.hasApi()).toBe(true);
    expect(isMarked(model)).toBe(false);
    for (const name of controlPlanes) expect(model.etcd.isReady(name), name).toBe(true);
  }

  /** All of the old, or all of the restored data: nobody serves anything else. */
  function expectNoMixture(model: ModelCluster): void {
    expect(model.etcd.broken).toEqual([]);
    if (model.hasApi()) expect(model.objects.has(later)).toBe(model.etcd.serving === '');
  }

  async function finish(model: ModelCluster, kept: MemoryState): Promise<void> {
    expectNoMixture(model);
    model.stepsLeft = Number.POSITIVE_INFINITY;
    model.actionsLeft = Number.POSITIVE_INFINITY;
    await given.restore(model, kept);
    expectRestored(model);
    const again = await runWorkflow(await given.session(model, kept), initWorkflow, wanted);
    expect(again.plan.steps.map(({ id }) => id)).toEqual([]);
  }

  test('killed after each of its steps, the next run finishes it', async () => {
    for (let killed = 0; killed < steps; killed++) {
      const model = given.origin.copy();
      const kept = given.state();
      model.stepsLeft = killed;
      await expect(given.restore(model, kept), `killed after ${killed} steps`).rejects.toThrow();
      await finish(model, kept).catch((cause) => {
        throw new Error(`killed after ${killed} steps`, { cause });
      });
    }
  });

  test('cut off in the middle of steps, the next run finishes it', async () => {
    for (let cut = 0; cut < actions; cut += every * sparse) {
      const model = given.origin.copy();
      const kept = given.state();
      model.actionsLeft = cut;
      await expect(given.restore(model, kept), `cut after ${cut} actions`).rejects.toThrow();
      await finish(model, kept).catch((cause) => {
        throw new Error(`cut after ${cut} actions`, { cause });
      });
    }
  });

  test('from its mark on, nothing else is begun, and it goes on without the backup', async () => {
    let marked = 0;
    for (let killed = 0; killed < steps; killed++) {
      const model = given.origin.copy();
      const kept = given.state();
      model.stepsLeft = killed;
      await expect(given.restore(model, kept)).rejects.toThrow();
      model.stepsLeft = Number.POSITIVE_INFINITY;
      if (!isMarked(model)) continue;
      marked++;
      await expect(given.session(model, kept).then((opened) => runWorkflow(opened, initWorkflow, wanted))).rejects.toThrow(RefusedError);
      await given.restore(model, kept, null);
      expectRestored(model);
    }
    expect(marked).toBeGreaterThan(5);
  });
});
