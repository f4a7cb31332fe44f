import { beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import { InternalError, KclusterError } from '../../src/errors.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { pictureOf } from '../app/support/model-picture.ts';
import { only, Standing, withNode } from './support/standing.ts';

const load = useMirror();
let cluster: Cluster;
beforeAll(async () => {
  cluster = only(await load('three-control-planes.yaml'), ['cp-1', 'cp-2', 'cp-3', 'worker-1']);
});

describe('roles', { timeout: 60_000 }, () => {
  test('the control-plane role taken from a node that holds etcd deletes no data: it is refused', async () => {
    const standing = await Standing.of(cluster);
    const before = pictureOf(standing.model);
    const taken = withNode(cluster, 'cp-3', { roles: ['worker'] });
    for (const verb of ['init', 'join'] as const) {
      const run = verb === 'init' ? standing.init({ cluster: taken }) : standing.join([], { cluster: taken });
      await expect(run).rejects.toMatchObject({ exitCode: 8, message: expect.stringContaining('it holds a member of etcd') });
    }
    expect(pictureOf(standing.model)).toEqual(before);
  });

  test('a worker that takes the place of a dead control plane joins its etcd, and founds none', async () => {
    const standing = await Standing.of(cluster);
    standing.switchOff('cp-3');
    await standing.remove('cp-3', true);
    const promoted = withNode(only(cluster, ['cp-1', 'cp-2', 'worker-1']), 'worker-1', { roles: ['control-plane', 'etcd', 'worker'] });
    await standing.init({ cluster: promoted });
    expect([standing.members(), standing.model.etcd.broken]).toEqual([['cp-1', 'cp-2', 'worker-1'], []]);
    expect((await standing.init({ cluster: promoted })).plan.steps).toEqual([]);
  });

  test('with the dead one still in the inventory nothing is done that would cost the cluster', async () => {
    const standing = await Standing.of(cluster);
    standing.switchOff('cp-3');
    const promoted = withNode(withNode(cluster, 'worker-1', { roles: ['control-plane', 'etcd', 'worker'] }), 'cp-3', { state: 'down' });
    await standing.init({ cluster: promoted }).catch((error: unknown) => expect(error).toBeInstanceOf(KclusterError));
    expect([standing.model.etcd.broken, standing.model.etcd.hasQuorum()]).toEqual([[], true]);
    expect(standing.members()).toEqual(expect.arrayContaining(['cp-1', 'cp-2']));
  });
});

describe('who leaves', { timeout: 60_000 }, () => {
  test('the only node is not removed', async () => {
    const standing = await Standing.of(cluster, ['cp-1', 'worker-1']);
    await expect(standing.remove('cp-1', false, { cluster: only(cluster, ['cp-1', 'worker-1']) })).rejects.toBeInstanceOf(KclusterError);
    expect([standing.members(), standing.model.done]).toEqual([['cp-1'], []]);
  });

  test('the only control plane is replaced: the new one votes before the old one goes', async () => {
    const inventory = only(cluster, ['cp-1', 'cp-2', 'worker-1']);
    const standing = await Standing.of(inventory, ['cp-1', 'worker-1']);
    await standing.join(['cp-2']);
    expect(standing.members()).toEqual(['cp-1', 'cp-2']);
    await standing.remove('cp-1');
    expect([standing.members(), standing.model.etcd.broken]).toEqual([['cp-2'], []]);
    expect((await standing.init({ cluster: only(cluster, ['cp-2', 'worker-1']) })).plan.steps).toEqual([]);
  });

  test.each([
    { from: ['cp-1', 'cp-2'], leaves: 'cp-2' },
    { from: ['cp-1', 'cp-2', 'cp-3'], leaves: 'cp-1' },
  ])('$leaves of $from leaves nothing hanging: the others serve, and know of it no more', async ({ from, leaves }) => {
    const inventory = only(cluster, [...from, 'worker-1']);
    const standing = await Standing.of(inventory);
    await standing.remove(leaves);
    const rest = from.filter((name) => name !== leaves);
    expect([standing.members(), standing.model.etcd.hasQuorum(), standing.model.hasApi()]).toEqual([rest, true, true]);
    expect((await standing.init({ cluster: only(cluster, [...rest, 'worker-1']) })).plan.steps).toEqual([]);
  });

  test('an even number of members keeps nobody from being removed, nor the cluster from being reset', async () => {
    const inventory = only(cluster, ['cp-1', 'cp-2', 'worker-1']);
    await (await Standing.of(inventory)).remove('cp-2');
    expect((await (await Standing.of(inventory)).reset()).applied).toBe(true);
  });

  test('one node alone is cordoned, drained and reset', async () => {
    const standing = await Standing.of(cluster);
    await standing.remove('worker-1');
    const marks = [...standing.model.nodes.values()].map(({ spec }) => (spec as { unschedulable?: boolean } | undefined)?.unschedulable);
    expect(marks).toEqual([undefined, undefined, undefined]);
  });
});

describe('what is not ours', { timeout: 60_000 }, () => {
  test('files of others on workers stay through joins and removals', async () => {
    const standing = await Standing.of(cluster, ['cp-1', 'cp-2', 'worker-1']);
    const theirs = { type: 'file', mode: 0o600, owner: 'root', group: 'root', sizeBytes: 9 } as const;
    const paths = ['/var/lib/storage/replicas/one', '/opt/theirs/tool', '/etc/kubernetes/theirs', '/var/lib/kubelet/theirs'];
    for (const path of paths) standing.machine('worker-1').files.set(path, theirs);
    await standing.join(['cp-3']);
    await standing.remove('cp-2');
    expect(paths.filter((path) => !standing.machine('worker-1').files.has(path))).toEqual([]);
  });
});

describe('who joins', { timeout: 60_000 }, () => {
  test('a control plane that is added restarts nothing of those that are there', async () => {
    const standing = await Standing.of(cluster, ['cp-1', 'cp-2', 'worker-1']);
    await standing.join();
    expect(standing.members()).toEqual(['cp-1', 'cp-2', 'cp-3']);
    const restarted = ['cp-1', 'cp-2', 'worker-1'].flatMap((name) => standing.machine(name).starts.map((unit) => `${name} ${unit}`));
    expect(restarted.filter((line) => !line.endsWith('kcluster-network.service'))).toEqual([]);
  });

  test('a new host that answers only some of what it is asked is no defect', async () => {
    const origin = await Standing.of(cluster, ['cp-1', 'cp-2', 'worker-1']);
    const nothing: Observations = emptyObservations();
    for (const field of Object.keys(nothing) as (keyof Observations)[]) {
      const host = origin.model.hosts.get('cp-3');
      if (host !== undefined) host.override = { [field]: nothing[field] };
      const outcome = await origin.init({}, { dryRun: true }).catch((error: unknown) => error);
      expect([field, outcome instanceof InternalError || (outcome instanceof Error && !(outcome instanceof KclusterError))]).toEqual([
        field,
        false,
      ]);
    }
  });
});
