import { beforeAll, describe, expect, test } from 'vitest';
import { type RestoreSource, runRestore } from '../../src/app/run-restore.ts';
import { runWorkflow } from '../../src/app/run-workflow.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { restoreMarkPath } from '../../src/cluster/restore.ts';
import { RefusedError } from '../../src/errors.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import { type MemoryState, memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { wanted } from './support/run-init.ts';
import { everybody, runInitAgain } from './support/sweep-verb.ts';

const every = Number(process.env.SWEEP_EVERY ?? 17);
const later = 'ConfigMap/default/later';
const only = (cluster: Cluster, names: readonly string[]): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.filter(({ name }) => names.includes(name)),
});

interface Case {
  readonly what: string;
  /** What happened to the cluster after its backup. */
  readonly befalls: (model: ModelCluster) => void;
  /** Much of it is what `init` does, and is tried there. */
  readonly sparse?: number;
}

const cases: readonly Case[] = [
  { what: 'a cluster that runs goes back in time', befalls: () => undefined },
  {
    what: 'a cluster that lost its quorum for good, on hosts of which two are new',
    befalls: (model) => {
      for (const name of ['cp-2', 'cp-3']) model.hosts.get(name)?.machine.wipe();
    },
  },
  {
    what: 'all hosts are new',
    sparse: 5,
    befalls: (model) => {
      for (const { machine } of model.hosts.values()) machine.wipe();
    },
  },
];

describe.each(cases)('restore: $what', { timeout: 600_000 }, ({ befalls, sparse = 1 }) => {
  const load = useMirror();
  let cluster: Cluster;
  let origin: ModelCluster;
  let made: ReadonlyMap<string, string>;
  let source: RestoreSource;
  let steps: number;
  let actions: number;
  let runs = 0;

  const state = (): MemoryState => memoryState(Object.fromEntries(made));
  const session = (model: ModelCluster, kept: MemoryState) =>
    openModelSession(model, { state: kept, cluster, verb: 'etcd snapshot restore', runId: `20260101T00${String(1000 + runs++)}-abcdef` });
  const restore = async (model: ModelCluster, kept: MemoryState, from: RestoreSource | undefined = source) =>
    runRestore(await session(model, kept), { ...wanted, adopt: false, ...(from === undefined ? {} : { source: from }) });
  const isMarked = (model: ModelCluster): boolean => [...model.hosts.values()].some(({ machine }) => machine.texts.has(restoreMarkPath));

  beforeAll(async () => {
    cluster = only(await load('three-control-planes.yaml'), everybody);
    origin = new ModelCluster(cluster);
    const first = memoryState();
    await runInitAgain(await openModelSession(origin, { state: first, cluster }));
    made = first.files;
    const files = new Map(
      [...(origin.hosts.get('cp-1')?.machine.texts ?? [])].map(([path, text]) => [`host${path}`, Buffer.from(text)] as const),
    );
    origin.takeSnapshot();
    const seen = await openModelSession(origin, { state: memoryState(Object.fromEntries(made)), cluster });
    source = {
      name: 'prod-20260101T000000Z-cp-1',
      cluster: cluster.name,
      clusterId: seen.secrets.digests().get('ca.crt') ?? '',
      versions: { etcd: '3.6.0', kubernetes: '1.30.0' },
      files,
      takenAt: new Date(),
      snapshot: { sha256: 'ab'.repeat(32), sizeBytes: 4096, hash: 1, revision: 5, keys: 3 },
      file: '/nonexistent/snapshot.db',
    };
    origin.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'later' } });
    origin.etcd.mayEnd = true;
    befalls(origin);
    const model = origin.copy();
    const { plan } = await restore(model, state());
    steps = plan.steps.filter((step) => step.actions.length > 0).length;
    actions = plan.steps.reduce((sum, step) => sum + step.actions.length, 0);
    expectRestored(model);
  }, 60_000);

  function expectRestored(model: ModelCluster): void {
    expect(model.etcd.broken).toEqual([]);
    expect(model.objects.has(later)).toBe(false);
    expect([...model.nodes.keys()].sort()).toEqual(everybody);
    expect(model.etcd.members.map(({ name, isLearner }) => `${name} ${isLearner}`).sort()).toEqual([
      'cp-1 false',
      'cp-2 false',
      'cp-3 false',
    ]);
    expect(model.hasApi()).toBe(true);
    expect(isMarked(model)).toBe(false);
    for (const name of ['cp-1', 'cp-2', 'cp-3']) expect(model.etcd.isReady(name), name).toBe(true);
  }

  /** All of the old, or all of the restored data: nobody serves anything else, and nothing of the old is gone from the disks. */
  function expectNoMixture(model: ModelCluster): void {
    expect(model.etcd.broken).toEqual([]);
    if (model.hasApi()) expect(model.objects.has(later)).toBe(model.etcd.serving === '');
  }

  async function finish(model: ModelCluster, kept: MemoryState): Promise<void> {
    expectNoMixture(model);
    model.stepsLeft = Number.POSITIVE_INFINITY;
    model.actionsLeft = Number.POSITIVE_INFINITY;
    await restore(model, kept);
    expectRestored(model);
    const again = await runWorkflow(await session(model, kept), initWorkflow, wanted);
    expect(again.plan.steps.map(({ id }) => id)).toEqual([]);
  }

  test('killed after each of its steps, the next run finishes it', async () => {
    for (let killed = 0; killed < steps; killed++) {
      const model = origin.copy();
      const kept = state();
      model.stepsLeft = killed;
      await expect(restore(model, kept), `killed after ${killed} steps`).rejects.toThrow();
      await finish(model, kept).catch((cause) => {
        throw new Error(`killed after ${killed} steps`, { cause });
      });
    }
  });

  test('cut off in the middle of steps, the next run finishes it', async () => {
    for (let cut = 0; cut < actions; cut += every * sparse) {
      const model = origin.copy();
      const kept = state();
      model.actionsLeft = cut;
      await expect(restore(model, kept), `cut after ${cut} actions`).rejects.toThrow();
      await finish(model, kept).catch((cause) => {
        throw new Error(`cut after ${cut} actions`, { cause });
      });
    }
  });

  test('from its mark on, nothing else is begun, and it goes on without the backup', async () => {
    let marked = 0;
    for (let killed = 0; killed < steps; killed++) {
      const model = origin.copy();
      const kept = state();
      model.stepsLeft = killed;
      await expect(restore(model, kept)).rejects.toThrow();
      model.stepsLeft = Number.POSITIVE_INFINITY;
      if (!isMarked(model)) continue;
      marked++;
      await expect(session(model, kept).then((opened) => runWorkflow(opened, initWorkflow, wanted))).rejects.toThrow(RefusedError);
      await runRestore(await session(model, kept), { ...wanted, adopt: false });
      expectRestored(model);
    }
    expect(marked).toBeGreaterThan(5);
  });
});
