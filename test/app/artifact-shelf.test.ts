import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Shelf, stockShelf } from '../../src/app/artifact-shelf.ts';
import { clusterArtifacts } from '../../src/artifacts/required-artifacts.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import { ArtifactError, ConfigurationError } from '../../src/errors.ts';
import { sha256 } from '../artifacts/sample.ts';
import { goodFacts } from './support/good-facts.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { fillMirror } from './support/tiny-mirror.ts';

const load = useMirror();
const workers = 'one-control-plane-two-workers.yaml';

const seenOn = (machines: Readonly<Record<string, string>>): ReadonlyMap<string, Observations> =>
  new Map(Object.entries(machines).map(([name, machine]) => [name, { ...emptyObservations(), facts: { ...goodFacts(name), machine } }]));

async function stock(cluster: Cluster, machines: Readonly<Record<string, string>> = {}): Promise<Shelf> {
  return stockShelf(await openModelSession(new ModelCluster(cluster)), seenOn(machines));
}

describe('the shelf', () => {
  test('has every binary of the cluster under its digest, as a file that can be sent', async () => {
    const cluster = await load(workers);
    const versions = selectVersions(cluster);
    const shelf = await stock(cluster);
    const binary = shelf.binary('worker-1')('kubelet', versions.kubelet, 'kubelet');
    expect(binary).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const file = readFileSync(shelf.fileOf(binary?.sha256 ?? ''));
    expect([sha256(file), file.length]).toEqual([binary?.sha256, binary?.sizeBytes]);
  });

  test.each([
    ['another version', 'kubelet', '1.0.0', 'kubelet'],
    ['another name', 'kubelet', '1.37.1', 'kubectl'],
    ['another component', 'runc', '1.37.1', 'kubelet'],
  ])('%s is not there', async (_, component, version, name) => {
    expect((await stock(await load(workers))).binary('worker-1')(component, version, name)).toBeUndefined();
  });

  test('has images by their reference', async () => {
    const cluster = await load(workers);
    const references = clusterArtifacts(cluster, () => 'amd64').flatMap((artifact) =>
      artifact.kind === 'image' ? [artifact.reference] : [],
    );
    expect(references.length).toBeGreaterThan(1);
    const shelf = await stock(cluster);
    for (const reference of references) expect(shelf.image('worker-1')(reference)).toBeDefined();
    expect(shelf.image('worker-1')('registry.example/other:1')).toBeUndefined();
  });

  test('a digest that it does not have is an error that says what to do', async () => {
    const shelf = await stock(await load('single.yaml'));
    expect(() => shelf.fileOf('0'.repeat(64))).toThrow(ArtifactError);
    expect(() => shelf.fileOf('0'.repeat(64))).toThrow(/no cached file has sha256 0{64}/);
  });
});

describe('architectures', () => {
  test('an arm64 machine among amd64 ones wants what the mirror lacks', async () => {
    const missing = stock(await load(workers), { 'worker-2': 'aarch64' });
    await expect(missing).rejects.toThrow(ArtifactError);
    await expect(missing).rejects.toThrow(/the mirror has no .*arm64/);
    await expect(missing).rejects.not.toThrow(/amd64/);
  });

  test('each machine gets its own', async () => {
    const cluster = await load(workers);
    await fillMirror(cluster, cluster.artifacts.mirror ?? '', ['amd64', 'arm64']);
    const shelf = await stock(cluster, { 'worker-1': 'x86_64', 'worker-2': 'aarch64' });
    const digests = ['cp-1', 'worker-1', 'worker-2'].map(
      (node) => shelf.binary(node)('containerd', selectVersions(cluster).containerd, 'ctr')?.sha256,
    );
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).not.toBe(digests[1]);
    expect(readFileSync(shelf.fileOf(digests[2] ?? ''), 'utf8')).toContain('arm64');
    const [image] = clusterArtifacts(cluster, () => 'amd64').flatMap((artifact) => (artifact.kind === 'image' ? [artifact.reference] : []));
    expect(shelf.image('worker-1')(image ?? '')?.sha256).not.toBe(shelf.image('worker-2')(image ?? '')?.sha256);
  });

  test('any other is refused by its node’s name', async () => {
    const refused = stock(await load(workers), { 'worker-2': 'riscv64' });
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toMatchObject({
      exitCode: 2,
      message: 'worker-2: its architecture riscv64 is not supported',
      details: { remedy: expect.stringContaining('arm64') },
    });
  });
});

test('what is fetched is told as it comes', async () => {
  const session = await openModelSession(new ModelCluster(await load('single.yaml')));
  await stockShelf(session, new Map());
  for (const event of session.events)
    expect(event).toMatchObject({ type: 'artifact-progress', doneBytes: expect.any(Number), totalBytes: expect.any(Number) });
});
