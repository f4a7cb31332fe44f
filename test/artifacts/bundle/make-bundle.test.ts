import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { list, type ReadEntry } from 'tar';
import { describe, expect, test } from 'vitest';
import { bundleIndexSchema } from '../../../src/artifacts/bundle/bundle-index.ts';
import { bundleBytes } from '../../../src/artifacts/bundle/bundle-layout.ts';
import { makeBundleIndex } from '../../../src/artifacts/bundle/make-bundle-index.ts';
import { describeArtifact } from '../../../src/artifacts/describe-artifact.ts';
import { fetchArtifacts } from '../../../src/artifacts/fetch-artifacts.ts';
import { imageComponent } from '../../../src/artifacts/image-component.ts';
import { locateArtifact } from '../../../src/artifacts/locate-artifact.ts';
import { sha256 } from '../sample.ts';
import { contentOf, crictl, everything, kubelet, openMaker, pause, writeBundle } from './sample-bundle.ts';

/** Paths and contents, as another reader of tar sees them. */
async function unpack(bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const waits: Promise<void>[] = [];
  const onReadEntry = (entry: ReadEntry): void => {
    waits.push(
      entry.concat().then((content) => {
        expect([entry.type, entry.mode, entry.uid, entry.mtime]).toEqual(['File', 0o644, 0, new Date(0)]);
        files.set(entry.path, content);
      }),
    );
  };
  await list({ file: await writeBundle(bytes), strict: true, onReadEntry });
  await Promise.all(waits);
  return files;
}

describe('a bundle', () => {
  test('is a plain tar in the layout of a mirror, its index first', async () => {
    const { make } = await openMaker();
    const files = await unpack(await make());
    expect([...files.keys()]).toEqual([
      'index.json',
      'SHA256SUMS',
      'github.com/kubernetes-sigs/cri-tools/releases/download/v1.99.0/crictl-v1.99.0-linux-amd64.tar.gz',
      'dl.k8s.io/release/v1.99.0/bin/linux/amd64/kubelet',
      'images/registry.k8s.io/pause_3.99_amd64.tar',
    ]);
    expect([...files.values()].slice(2)).toEqual([crictl, kubelet, pause].map(contentOf));
  });

  test('says of everything what it is and who vouches for it', async () => {
    const { make } = await openMaker();
    const bytes = await make();
    const files = await unpack(bytes);
    const index = bundleIndexSchema.parse(JSON.parse(String(files.get('index.json'))));
    expect(index).toMatchObject({ kind: 'ArtifactBundle', for: { cluster: 'sample' }, leftOut: [] });
    expect(index.artifacts[1]).toEqual({
      component: 'kubelet',
      version: '1.99.0',
      arch: 'amd64',
      url: 'https://dl.k8s.io/release/v1.99.0/bin/linux/amd64/kubelet',
      sizeBytes: contentOf(kubelet).length,
      sha256: sha256(contentOf(kubelet)),
      vouchedBy: 'mirror',
      unpackedBytes: 0,
    });
    expect(bundleBytes(index)).toBe(bytes.length);
    const sums = [...files].filter(([path]) => path !== 'SHA256SUMS').map(([path, content]) => `${sha256(content)}  ${path}\n`);
    expect(String(files.get('SHA256SUMS'))).toBe(sums.join(''));
  });

  test('is the same for the same content, whatever the order and the machine', async () => {
    const [one, other] = [await openMaker(), await openMaker()];
    const bytes = await one.make();
    expect((await other.make([...everything, ...everything].toReversed())).equals(bytes)).toBe(true);
    expect((await other.make(everything, '2026-11-27T00:00:00.001Z')).equals(bytes)).toBe(false);
  });

  test('of a damaged cache is not made', async () => {
    const { make, options } = await openMaker();
    await fetchArtifacts(everything, options);
    const digest = sha256(contentOf(kubelet));
    const file = join(options.cacheDirectory, 'sha256', digest.slice(0, 2), digest);
    await writeFile(file, Buffer.alloc(contentOf(kubelet).length));
    await expect(make()).rejects.toMatchObject({ exitCode: 7, message: `kubelet 1.99.0 (amd64): ${file} is damaged` });
  });

  test('names what the mirror lacks', async () => {
    const { make } = await openMaker();
    const [kubectl, runc] = [describeArtifact('kubectl', '1.99.0', 'amd64'), describeArtifact('runc', '1.99.0', 'amd64')];
    await expect(make([kubelet, kubectl, runc])).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringMatching(/^2 artifacts.*kubectl 1\.99\.0.*runc/s),
    });
  });
});

describe('an image', () => {
  const about = { madeAt: '2026-11-27T00:00:00Z', madeBy: 'x', for: { cluster: 'c', inventorySha256: 'a'.repeat(64) } };

  test('that a trusted mirror lacks is a lack', async () => {
    const { make, options } = await openMaker();
    const { content } = locateArtifact(pause, options.mirror);
    await rm(content.kind === 'path' ? content.path : '');
    await expect(make()).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringContaining('the bundle would lack registry.k8s.io/pause:3.99 (amd64): the mirror has no'),
    });
  });

  test('that nodes pull anyway is left out, and the index says so', async () => {
    const { options } = await openMaker();
    const { artifacts, leftOut } = await makeBundleIndex([pause], { ...options, trust: 'pinned' }, about);
    expect(artifacts).toEqual([]);
    expect(leftOut).toEqual([{ reference: 'registry.k8s.io/pause:3.99', arch: 'amd64', reason: expect.stringContaining('trust') }]);
  });

  test.each([
    ['registry.k8s.io/pause:3.10.2', { component: 'pause', version: '3.10.2' }],
    ['registry.k8s.io/coredns/coredns:v1.14.7', { component: 'coredns', version: '1.14.7' }],
    ['registry.example/pause:3.10.2', undefined],
  ])('%s is known by its reference', (reference, expected) => {
    expect(imageComponent(reference)).toEqual(expected);
  });
});
