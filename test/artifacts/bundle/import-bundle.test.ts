import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { BundledArtifact } from '../../../src/artifacts/bundle/bundle-index.ts';
import { encodeBundle } from '../../../src/artifacts/bundle/encode-bundle.ts';
import { importBundle } from '../../../src/artifacts/bundle/import-bundle.ts';
import { makeBundleIndex } from '../../../src/artifacts/bundle/make-bundle-index.ts';
import { fetchArtifacts, findCachedArtifacts } from '../../../src/artifacts/fetch-artifacts.ts';
import { ArtifactError, StoppedError } from '../../../src/errors.ts';
import { noteSyncs } from '../note-syncs.ts';
import { sha256 } from '../sample.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import {
  contentOf,
  crictl,
  everything,
  kubelet,
  listFiles,
  type Maker,
  openMaker,
  pause,
  pinned,
  putIntoMirror,
  writeBundle,
} from './sample-bundle.ts';

let maker: Maker;
let cacheDirectory: string;
beforeEach(async () => {
  maker = await openMaker();
  cacheDirectory = await temporaryDirectory();
});

const take = async (bytes: Buffer, more: Partial<Parameters<typeof importBundle>[1]> = {}) =>
  importBundle(await writeBundle(bytes), { trust: 'pinned', cacheDirectory, ...more });
const about = { madeAt: '2026-11-27T00:00:00Z', madeBy: 'x', for: { cluster: 'sample', inventorySha256: 'a'.repeat(64) } };
/** A bundle that says of files in the maker's cache what no maker would. */
const encode = async (artifacts: readonly BundledArtifact[]) => {
  const frame = { apiVersion: 'kcluster/v1alpha1', kind: 'ArtifactBundle', ...about } as const;
  return buffer(encodeBundle({ ...frame, artifacts: [...artifacts], leftOut: [] }, maker.options.cacheDirectory));
};
const away = () => ({ mirror: '/nowhere', trust: 'mirror' as const, cacheDirectory });
const index = (fetched: Awaited<ReturnType<typeof fetchArtifacts>>) =>
  [...fetched.binaries, ...fetched.images].map(({ component, sha256: digest, sizeBytes }) => ({ component, digest, sizeBytes }));

describe('an imported bundle', () => {
  test('is what a fetch would have brought, without its mirror', async () => {
    const fetched = await fetchArtifacts(everything, maker.options);
    const { artifacts } = await take(await maker.make());
    expect(artifacts.map(({ component, state }) => [component, state])).toEqual([
      ['crictl', 'taken'],
      ['kubelet', 'taken'],
      ['pause', 'taken'],
    ]);
    const imported = await fetchArtifacts(everything, away());
    expect(index(imported)).toEqual(index(fetched));
    expect(imported.absentImages).toEqual([]);
    for (const { path, sha256: digest } of [...imported.binaries, ...imported.images]) expect(sha256(await readFile(path))).toBe(digest);
    expect(await readdir(join(cacheDirectory, 'partial'))).toEqual([]);
  });

  test('is on the disk when that is said: every file, and every folder up to the cache', async () => {
    const bytes = await maker.make();
    const synced = await noteSyncs(() => take(bytes));
    for (const file of Object.keys(await listFiles(cacheDirectory))) {
      for (let path = join(cacheDirectory, file); path.length >= cacheDirectory.length; path = dirname(path))
        expect([path, synced.has((await stat(path)).ino)]).toEqual([path, true]);
    }
  });

  test('serves every mirror that cannot be reached, and asks none', async () => {
    await take(await maker.make());
    const ask = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network'));
    for (const mirror of ['/nowhere', 'file:///nowhere', 'https://mirror.example', 'http://127.0.0.1:1/sub/'])
      expect((await fetchArtifacts(everything, { ...away(), mirror })).binaries).toHaveLength(2);
    expect(ask).not.toHaveBeenCalled();
    ask.mockRestore();
  });

  test('a second time there is nothing to take', async () => {
    const bytes = await maker.make();
    await take(bytes);
    const before = await listFiles(cacheDirectory);
    const { artifacts } = await take(bytes);
    expect(new Set(artifacts.map(({ state }) => state))).toEqual(new Set(['there already']));
    expect(await listFiles(cacheDirectory)).toEqual(before);
  });

  test('mends a file of the cache that was damaged', async () => {
    const bytes = await maker.make();
    await take(bytes);
    const digest = sha256(contentOf(kubelet));
    const file = join(cacheDirectory, 'sha256', digest.slice(0, 2), digest);
    await writeFile(file, Buffer.alloc(contentOf(kubelet).length));
    const { artifacts } = await take(bytes);
    expect(artifacts.map(({ state }) => state)).toEqual(['there already', 'taken', 'there already']);
    expect(await readFile(file)).toEqual(contentOf(kubelet));
  });

  test('can be bundled again where it was imported', async () => {
    const bytes = await maker.make();
    await take(bytes);
    const second = await openMaker();
    await rm(second.options.mirror, { recursive: true });
    Object.assign(second.options, { cacheDirectory });
    expect((await second.make()).equals(bytes)).toBe(true);
  });

  test('does not stand in for a file that a mirror directory has', async () => {
    await take(await maker.make());
    const mirror = await temporaryDirectory();
    await putIntoMirror(mirror, [crictl]);
    const cached = await findCachedArtifacts(everything, { ...away(), mirror });
    expect([...cached.keys()]).toEqual([pause.id, kubelet.id]);
  });
});

describe('on whose word', () => {
  test('what a mirror vouched for serves no inventory that wants more', async () => {
    await take(await maker.make());
    const cached = await findCachedArtifacts([kubelet, crictl], { ...away(), trust: 'pinned' });
    expect([...cached.keys()]).toEqual([]);
  });

  test('what upstream published serves both', async () => {
    const digest = sha256(contentOf(kubelet));
    const sizeBytes = contentOf(kubelet).length;
    await fetchArtifacts([kubelet], maker.options);
    const url = kubelet.kind === 'file' ? kubelet.url : '';
    const published = {
      component: 'kubelet',
      version: '1.99.0',
      arch: 'amd64',
      url,
      sizeBytes,
      sha256: digest,
      vouchedBy: 'published',
    } as const;
    await take(await encode([{ ...published, unpackedBytes: 0 }]));
    expect((await findCachedArtifacts([kubelet], away())).size).toBe(1);
    expect((await findCachedArtifacts([kubelet], { ...away(), trust: 'pinned' })).size).toBe(1);
    expect((await findCachedArtifacts([kubelet], { trust: 'pinned', cacheDirectory })).size).toBe(1);
  });

  test('what another kcluster gets from elsewhere is refused', async () => {
    const { artifacts } = await makeBundleIndex([kubelet], maker.options, about);
    const bytes = await encode(artifacts.map((artifact) => ({ ...artifact, url: 'https://elsewhere.example/kubelet' })));
    await expect(take(bytes)).rejects.toThrow(
      /^kubelet 1\.99\.0 \(amd64\) comes from https:\/\/elsewhere\.example\/kubelet in the bundle, and from /,
    );
  });

  test('a pinned release is taken only with the digest of the catalogue', async () => {
    const bytes = await (await openMaker([kubelet, pinned])).make();
    const before = await listFiles(cacheDirectory);
    const refused = take(bytes);
    await expect(refused).rejects.toBeInstanceOf(ArtifactError);
    await expect(refused).rejects.toThrow(/^runc 1\.4\.3 \(amd64\): the bundle has \w+, and kcluster's catalogue wants \w+$/);
    expect(await listFiles(cacheDirectory)).toEqual(before);
  });

  test('unless the mirror is trusted, and then for such inventories only', async () => {
    await take(await (await openMaker([pinned])).make(), { trust: 'mirror' });
    expect((await findCachedArtifacts([pinned], away())).size).toBe(1);
    expect((await findCachedArtifacts([pinned], { ...away(), trust: 'pinned' })).size).toBe(0);
  });
});

describe('nothing is taken', () => {
  const nothing = async (attempt: Promise<unknown>, message: RegExp) => {
    await expect(attempt).rejects.toThrow(message);
    expect(await listFiles(cacheDirectory)).toEqual({});
  };

  test('when the whole has another checksum than was told', async () => {
    const bytes = await maker.make();
    await nothing(
      take(bytes, { sha256: 'f'.repeat(64) }),
      new RegExp(`it has sha256 ${sha256(bytes)}, and f{64} is wanted; nothing was taken`),
    );
    expect((await take(bytes, { sha256: sha256(bytes) })).sha256).toBe(sha256(bytes));
  });

  test('when there is no room, which is asked first', async () => {
    const asked: number[] = [];
    const checkRoom = async (_: string, bytes: number) => {
      asked.push(bytes);
      throw new StoppedError('no room');
    };
    await nothing(take(await maker.make(), { checkRoom }), /^no room$/);
    const unpacked = 'crictl of crictl@1.99.0/amd64'.length;
    expect(asked).toEqual([everything.reduce((sum, artifact) => sum + contentOf(artifact).length, unpacked)]);
  });

  test('when it is interrupted', async () => {
    const controller = new AbortController();
    const attempt = take(await maker.make(), { signal: controller.signal, onProgress: () => controller.abort() });
    await nothing(attempt, /^the import was interrupted$/);
  });

  test('when an archive lacks its program', async () => {
    const { artifacts } = await makeBundleIndex([kubelet, crictl], maker.options, about);
    const [digest, sizeBytes] = [sha256(contentOf(kubelet)), contentOf(kubelet).length];
    // Right digests, and no archive where one belongs.
    const bytes = await encode(artifacts.map((artifact) => ({ ...artifact, sha256: digest, sizeBytes })));
    await nothing(take(bytes), /^crictl 1\.99\.0 \(amd64\): /);
  });

  test('when the cache cannot be written, which is told with its place', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    await expect(take(await maker.make(), { cacheDirectory: file })).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringContaining(file),
    });
  });
});

test('progress ends with the whole', async () => {
  const seen: [number, number][] = [];
  const bytes = await maker.make();
  await take(bytes, { onProgress: (done, total) => void seen.push([done, total]) });
  expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
});
