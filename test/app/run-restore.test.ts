import { beforeAll, describe, expect, test } from 'vitest';
import { formatRestoreMark, type RestoreAim, readRestored, restoredRecordPath, restoreMarkPath } from '../../src/cluster/restore.ts';
import { ConfigurationError, RefusedError, UnreachableError } from '../../src/errors.ts';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import type { ModelCluster } from './support/model-cluster.ts';
import { later, Restorable } from './support/restorable.ts';
import { controlPlanes } from './support/sweep-verb.ts';

const load = useMirror();
let given: Restorable;
beforeAll(async () => {
  given = await Restorable.make(await load('three-control-planes.yaml'));
}, 60_000);

/** Killed once the hosts are marked. */
async function begun(model: ModelCluster): Promise<void> {
  model.stepsLeft = 8;
  await expect(given.restore(model, given.state())).rejects.toThrow();
  model.stepsLeft = Number.POSITIVE_INFINITY;
  expect(model.hosts.get('cp-1')?.machine.texts.has(restoreMarkPath)).toBe(true);
}

test('a dry run shows what would be done, in order, and changes nothing', async () => {
  const model = given.origin.copy();
  const { plan, applied } = await given.restore(model, given.state(), given.source, { dryRun: true });
  expect(applied).toBe(false);
  expect(model.done).toEqual([]);
  expect([...new Set(plan.steps.map(({ phase }) => phase))]).toEqual([
    'restore/stage',
    'restore/mark',
    'restore/fence',
    'restore/halt',
    'restore/switch',
    'etcd/run',
    'restore/check',
    'kube-apiserver/run',
    'kube-controller-manager/run',
    'kube-scheduler/run',
    'restore/refresh',
    'restore/finish',
  ]);
  expect(plan.findings.map(({ id, message }) => [id, message])).toEqual([
    ['ApiAway', expect.stringMatching(/^the API is away for about \d+ s: API servers and etcd stop on cp-1, cp-2, cp-3$/)],
  ]);
});

test('what is gone on with once nothing serves takes no API away', async () => {
  const model = given.origin.copy();
  model.stepsLeft = 14;
  await expect(given.restore(model, given.state())).rejects.toThrow();
  model.stepsLeft = Number.POSITIVE_INFINITY;
  const { plan } = await given.restore(model, given.state(), null, { dryRun: true });
  expect(plan.steps.map(({ phase }) => phase)).not.toContain('restore/fence');
  expect(plan.findings).toEqual([]);
});

test('nothing stops before everything is ready on every host, and nothing starts before all have the restored data', async () => {
  const { plan } = await given.restore(given.origin.copy(), given.state(), given.source, { dryRun: true });
  const after = new Map(plan.steps.map((step) => [step.id, step.after]));
  const all = (phase: string): string[] => controlPlanes.map((name) => `${phase}@${name}`);
  expect(after.get('restore/fence@cp-2')).toEqual(expect.arrayContaining(all('restore/mark')));
  expect(after.get('restore/halt@cp-2')).toEqual(expect.arrayContaining(all('restore/fence')));
  expect(after.get('restore/switch@cp-2')).toEqual(expect.arrayContaining(all('restore/halt')));
  expect(after.get('etcd/run@cp-1')).toEqual(expect.arrayContaining(all('restore/switch')));
  expect(after.get('etcd/run@cp-3')).toContain('etcd/run@cp-2');
  expect(after.get('kube-apiserver/run@cp-1')).toEqual(['restore/check@cp-1']);
});

test('each restore ends above the one before', async () => {
  const model = given.origin.copy();
  const kept = given.state();
  const revisions: number[] = [];
  for (const _ of [1, 2, 3]) {
    await given.restore(model, kept);
    revisions.push(readRestored(model.hosts.get('cp-3')?.machine.texts.get(restoredRecordPath)) ?? 0);
  }
  expect(revisions).toEqual([1e9 + 5, 2e9 + 5, 3e9 + 5]);
});

describe('what is under way', () => {
  test('another backup waits until it is finished', async () => {
    const model = given.origin.copy();
    await begun(model);
    const other = { ...given.source, name: 'other', snapshot: { ...given.source.snapshot, sha256: 'cd'.repeat(32) } };
    await expect(given.restore(model, given.state(), other)).rejects.toThrow(
      /a restore of prod-\S+ is under way, and other is another backup/,
    );
  });

  test('nothing: there is nothing to resume', async () => {
    await expect(given.restore(given.origin.copy(), given.state(), null)).rejects.toThrow(ConfigurationError);
  });

  test('a mark that cannot be read stops every restore', async () => {
    const model = given.origin.copy();
    await begun(model);
    model.hosts.get('cp-2')?.machine.edit(restoreMarkPath, 'torn');
    await expect(given.restore(model, given.state())).rejects.toThrow(/cp-2: .* cannot be read/);
  });

  test('two of them are nobody’s to choose between', async () => {
    const model = given.origin.copy();
    await begun(model);
    const { machine } = model.hosts.get('cp-2') ?? {};
    const mark = JSON.parse(machine?.texts.get(restoreMarkPath) ?? '{}') as RestoreAim;
    machine?.edit(restoreMarkPath, formatRestoreMark({ ...mark, id: 'other' }));
    await expect(given.restore(model, given.state())).rejects.toThrow(/in the middle of restore .*, cp-2 of other/);
  });

  test('a host that lost what was made for it asks for the backup', async () => {
    const model = given.origin.copy();
    await begun(model);
    model.hosts.get('cp-3')?.machine.wipe();
    await expect(given.restore(model, given.state(), null)).rejects.toThrow(/cp-3 held nothing of the restore/);
    await given.restore(model, given.state());
    expect(model.etcd.broken).toEqual([]);
    expect(model.objects.has(later)).toBe(false);
  });
});

describe('hosts that do not answer', () => {
  const away = (node: string) => new UnreachableError('no answer', { node });
  const without = (model: ModelCluster, name: string) => ({
    hosts: new Map([...model.hosts].filter(([host]) => host !== name)),
    unreachable: [away(name)],
  });

  test('a control plane: it might go on with the old data', async () => {
    const model = given.origin.copy();
    await expect(given.restore(model, given.state(), given.source, without(model, 'cp-2'))).rejects.toThrow(
      /might go on with the old data/,
    );
    expect(model.done).toEqual([]);
  });

  test('a worker holds nothing up', async () => {
    const model = given.origin.copy();
    const { applied } = await given.restore(model, given.state(), given.source, without(model, 'worker-1'));
    expect([applied, model.etcd.broken, model.objects.has(later)]).toEqual([true, [], false]);
  });
});

test('bare hosts become the cluster of the backup only when that is wanted', async () => {
  const model = given.origin.copy();
  for (const { machine } of model.hosts.values()) machine.wipe();
  const empty = memoryState();
  await expect(given.restore(model, empty)).rejects.toThrow(RefusedError);
  expect(model.done).toEqual([]);
  await given.restore(model, empty, given.source, { adopt: true });
  expect(empty.files.get('pki/ca.key')).toBe(given.state().files.get('pki/ca.key'));
  expect(model.objects.has(later)).toBe(false);
});
