import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Artifact } from '../../../src/artifacts/artifact.ts';
import { encodeBundle } from '../../../src/artifacts/bundle/encode-bundle.ts';
import { makeBundleIndex } from '../../../src/artifacts/bundle/make-bundle-index.ts';
import { describeArtifact } from '../../../src/artifacts/describe-artifact.ts';
import type { FetchOptions } from '../../../src/artifacts/fetch-artifacts.ts';
import { locateArtifact } from '../../../src/artifacts/locate-artifact.ts';
import { makeArchive, putFile, sha256 } from '../sample.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

/** Releases that the catalogue does not pin: a program, an archive, an image. */
export const kubelet = describeArtifact('kubelet', '1.99.0', 'amd64');
export const crictl = describeArtifact('crictl', '1.99.0', 'amd64');
export const pause = describeArtifact('pause', '3.99', 'amd64');
/** One that it does pin. */
export const pinned = describeArtifact('runc', '1.4.3', 'amd64');

export const everything: readonly Artifact[] = [pause, kubelet, crictl];

export const madeAt = '2026-11-27T00:00:00.000Z';
const about = { madeAt, madeBy: 'kcluster test', for: { cluster: 'sample', inventorySha256: 'a'.repeat(64) } };

/** What a program or image holds: not a multiple of the block size, and no two alike. */
export function contentOf(artifact: Artifact): Buffer {
  const text = Buffer.from(`${artifact.id}\n`.repeat(60));
  if (artifact.kind !== 'archive') return text;
  return makeArchive(artifact.binaries.map(({ name, member }) => ({ path: member, content: `${name} of ${artifact.id}` })));
}

export async function putIntoMirror(mirror: string, artifacts: readonly Artifact[]): Promise<void> {
  for (const artifact of artifacts) {
    const { content, checksum } = locateArtifact(artifact, mirror);
    if (content.kind !== 'path' || checksum.kind !== 'path') throw new TypeError('a directory is wanted');
    await putFile('/', content.path, contentOf(artifact));
    await putFile('/', checksum.path, sha256(contentOf(artifact)));
  }
}

export interface Maker {
  readonly options: FetchOptions & { readonly mirror: string; readonly cacheDirectory: string };
  /** Bytes of a bundle. */
  make(artifacts?: readonly Artifact[], at?: string): Promise<Buffer>;
}

/** A machine with a mirror. */
export async function openMaker(artifacts: readonly Artifact[] = everything): Promise<Maker> {
  const mirror = await temporaryDirectory();
  await putIntoMirror(mirror, artifacts);
  const options = { mirror, trust: 'mirror' as const, cacheDirectory: await temporaryDirectory() };
  const make = async (wanted = artifacts, at = madeAt) => {
    const index = await makeBundleIndex(wanted, options, { ...about, madeAt: at });
    return buffer(encodeBundle(index, options.cacheDirectory));
  };
  return { options, make };
}

export async function writeBundle(bytes: Buffer): Promise<string> {
  const file = join(await temporaryDirectory(), 'bundle.tar');
  await writeFile(file, bytes);
  return file;
}

/** Every file below a directory with its digest: what must not change. */
export async function listFiles(directory: string): Promise<Readonly<Record<string, string>>> {
  await mkdir(directory, { recursive: true });
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const digest = async (file: string) =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  return Object.fromEntries(await Promise.all(files.toSorted().map(async (file) => [relative(directory, file), await digest(file)])));
}
