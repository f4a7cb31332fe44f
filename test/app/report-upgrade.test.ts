import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeBundle } from '../../src/app/make-bundle.ts';
import { planUpgrade, type UpgradePlan } from '../../src/app/plan-upgrade.ts';
import { readUpgradePlan } from '../../src/app/read-plan.ts';
import { readPlanArtifacts } from '../../src/app/read-plan-artifacts.ts';
import { clusterArtifacts } from '../../src/artifacts/required-artifacts.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { parseVersion } from '../../src/cluster/version.ts';
import { goodFacts } from './support/good-facts.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { asked, bringUpOld, newRelease } from './support/old-cluster.ts';
import { temporaryPlaces } from './support/temporary-place.ts';
import { fillMirror } from './support/tiny-mirror.ts';

const load = useMirror();
const newPlace = temporaryPlaces();
let old: Awaited<ReturnType<typeof bringUpOld>>;
let cluster: Cluster;
let plan: UpgradePlan;
beforeAll(async () => {
  old = await bringUpOld(load);
  ({ cluster } = await old.session());
  plan = await planUpgrade(await old.session(), asked);
}, 60_000);

const save = (value: unknown): string => {
  const file = path.join(newPlace(), 'plan.json');
  writeFileSync(file, JSON.stringify(value));
  return file;
};

describe('the report', () => {
  test('says where the way begins, ends and leads over, and what else could be reached', () => {
    const { clusterVersion, newK8sVersion, hops, availableUpgrades } = plan;
    expect({ clusterVersion, newK8sVersion, hops, availableUpgrades }).toEqual({
      clusterVersion: '1.36.5',
      newK8sVersion: '1.37.1',
      hops: ['1.37.1'],
      availableUpgrades: [{ description: 'next minor', newK8sVersion: '1.37.1', hops: ['1.37.1'] }],
    });
  });

  test('says what becomes what, and what is away when', () => {
    expect(plan.components.find(({ component }) => component === 'etcd')).toMatchObject({
      nodes: ['cp-1', 'cp-2', 'cp-3'],
      newVersion: '3.7.3',
    });
    expect(plan.components.find(({ component }) => component === 'coredns')).toMatchObject({ nodes: [], currentVersion: '1.14.7' });
    expect(plan.stages.map(({ what }) => what)).toEqual([
      'send artifacts to all hosts',
      'members of etcd, one after the other (3)',
      'API servers, one after the other (3)',
      'controller managers and schedulers (6)',
      'nodes (5)',
    ]);
  });

  test('remembers what was asked for', async () => {
    const drain = { timeoutSeconds: 7, force: true };
    const other = await planUpgrade(await old.session(), { ...asked, drain, drainAlways: true, maxUnavailable: '2' });
    expect([other.choices, other.plan.maxUnavailable]).toEqual([{ drain, drainAlways: true }, '2']);
  });
});

describe('the published schema', () => {
  const published = path.resolve(import.meta.dirname, '../../docs/reference/upgrade-plan.schema.json');
  const schema = () => z.fromJSONSchema(JSON.parse(readFileSync(published, 'utf8')));

  test('is satisfied by a real plan, which is read back as it was written', async () => {
    expect(schema().safeParse(plan).error).toBeUndefined();
    expect(JSON.stringify(await readUpgradePlan(save(plan)))).toBe(JSON.stringify(plan));
  });

  test.each<[string, (text: string) => string]>([
    ['another kind', (text) => text.replace('"UpgradePlan"', '"Plan"')],
    ['a step without a node', (text) => text.replace('"node":"cp-1","title"', '"title"')],
    ['a release that is none', (text) => text.replace('"newK8sVersion":"1.37.1"', '"newK8sVersion":"latest"')],
  ])('is not satisfied by %s', (_, change) => {
    const text = JSON.stringify(plan);
    expect(change(text)).not.toBe(text);
    expect(schema().safeParse(JSON.parse(change(text))).success).toBe(false);
  });
});

describe('what the way needs of the catalogue', () => {
  const nameOf = ({ component, version, arch }: { component: string; version: string; arch: string }) => `${component} ${version} ${arch}`;
  const wantedOf = (release: string, arch: 'amd64' | 'arm64' = 'amd64', of = cluster): readonly string[] => {
    const kubernetesVersion = parseVersion(release);
    if (kubernetesVersion === undefined) throw new RangeError(release);
    return clusterArtifacts({ ...of, kubernetesVersion }, () => arch).map(nameOf);
  };

  test('is what every hop asks the cache for, sorted, each once', async () => {
    const model = old.model.copy();
    const names = plan.artifacts.map(nameOf);
    expect([...names].sort()).toEqual([...wantedOf('1.37.1')].sort());
    expect(names).toEqual([...new Set(names)].sort());
    for (const host of model.hosts.values()) {
      for (const [file, seen] of host.machine.files) {
        const target = seen.target?.replace('/1.36.5/', '/1.35.4/');
        if (target !== undefined) host.machine.files.set(file, { ...seen, target });
      }
    }
    await fillMirror({ ...cluster, kubernetesVersion: parseVersion('1.36.5') ?? newRelease }, cluster.artifacts.mirror ?? '');
    const over = await planUpgrade(await old.session(model), asked);
    expect(over.hops).toEqual(['1.36.5', '1.37.1']);
    expect(over.artifacts.map(nameOf)).toEqual([...new Set([...wantedOf('1.36.5'), ...wantedOf('1.37.1')])].sort());
  });

  test('is told for each architecture that nodes say they have', async () => {
    const model = old.model.copy();
    const worker = model.hosts.get('worker-2');
    if (worker !== undefined) worker.override = { facts: { ...goodFacts('worker-2'), machine: 'aarch64' } };
    await fillMirror({ ...cluster, kubernetesVersion: newRelease }, cluster.artifacts.mirror ?? '', ['amd64', 'arm64']);
    const mixed = await planUpgrade(await old.session(model), asked);
    const arm = mixed.artifacts.filter(({ arch }) => arch === 'arm64').map(({ component }) => component);
    expect(arm).toEqual(expect.arrayContaining(['kubelet', 'containerd', 'pause']));
    expect(arm).not.toEqual(expect.arrayContaining(['kube-apiserver']));
    expect(mixed.artifacts.filter(({ arch }) => arch === 'amd64')).toHaveLength(plan.artifacts.length);
  });

  test('and all of it is in a bundle for the saved plan', async () => {
    const file = save(plan);
    const read = await readPlanArtifacts(file);
    expect([read.cluster, read.workflow, read.listed]).toEqual(['production', 'upgrade', plan.artifacts]);
    expect(read.sent.map(({ name }) => name)).toEqual(expect.arrayContaining(['kube-apiserver', 'kubelet', 'etcd']));
    const teller = { emit: () => undefined, elapsedMs: () => 0, signal: new AbortController().signal };
    const bundle = path.join(newPlace(), 'bundle.tar');
    const choices = { cluster, inventorySha256: 'f'.repeat(64), artifacts: [], planFile: file, file: bundle, madeAt: new Date(0) };
    const { index } = await makeBundle(choices, teller);
    expect(index.for).toMatchObject({ cluster: 'production', workflow: 'upgrade' });
    expect(index.artifacts.map(nameOf)).toEqual(plan.artifacts.map(nameOf));
  });

  test('also what later hops need, which no step of the plan sends', async () => {
    const later = [{ component: 'kubelet', version: '1.36.5', arch: 'amd64' }];
    const { listed, sent } = await readPlanArtifacts(save({ ...plan, artifacts: [...plan.artifacts, ...later] }));
    expect(listed.at(-1)).toEqual(later[0]);
    expect(sent.filter(({ version }) => version === '1.36.5')).toEqual([]);
  });
});
