import { ArtifactError, InternalError } from '../../errors.ts';
import type { Artifact } from '../artifact.ts';
import type { AbsentImage } from '../artifact-index.ts';
import type { CacheEntry } from '../cache-index.ts';
import { type FetchOptions, fetchArtifacts, findCacheEntries } from '../fetch-artifacts.ts';
import { judgeSupply, takesImageArchives } from '../judge-supply.ts';
import type { BundledArtifact, BundleIndex, LeftOutImage } from './bundle-index.ts';
import { nameOf } from './bundle-layout.ts';

/** Nodes that pull images can be helped only by a mirror that has archives of them; one that should and does not is a lack. */
function leaveOut(absent: readonly AbsentImage[], options: FetchOptions): readonly LeftOutImage[] {
  const [first] = absent;
  if (first === undefined || !takesImageArchives(options))
    return absent.map(({ reference, arch, reason }) => ({ reference, arch, reason }));
  const names = absent.map(({ reference, arch, reason }) => `${reference} (${arch}): ${reason}`);
  throw new ArtifactError(`the bundle would lack ${names.join('; ')}`, { remedy: 'Put the archive of the image into the mirror.' });
}

function bundle(artifact: Artifact, entry: CacheEntry | undefined, options: FetchOptions): BundledArtifact {
  const { component, version, arch } = artifact;
  const { vouchedBy } = judgeSupply(artifact, options);
  if (vouchedBy === 'registry') throw new InternalError(`${artifact.id} is pulled by nodes`);
  if (entry === undefined) {
    throw new ArtifactError(`${nameOf(artifact)} changed in its source while the bundle was made`, { remedy: 'Run the command again.' });
  }
  return {
    component,
    version,
    arch,
    url: artifact.kind === 'image' ? artifact.reference : artifact.url,
    sizeBytes: entry.sizeBytes,
    sha256: entry.sha256,
    vouchedBy,
    unpackedBytes: artifact.kind === 'archive' ? entry.binaries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) : 0,
  };
}

/** Brings artifacts into the cache and says what a bundle of them holds. @throws ArtifactError naming what cannot be had */
export async function makeBundleIndex(
  artifacts: readonly Artifact[],
  options: FetchOptions,
  about: Pick<BundleIndex, 'madeAt' | 'madeBy' | 'for'>,
): Promise<BundleIndex> {
  const { absentImages } = await fetchArtifacts(artifacts, options);
  const leftOut = leaveOut(absentImages, options);
  const pulled = new Set(leftOut.map(({ reference, arch }) => `${reference} ${arch}`));
  const sorted = [...new Map(artifacts.map((artifact) => [artifact.id, artifact])).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const taken = sorted.filter((artifact) => artifact.kind !== 'image' || !pulled.has(`${artifact.reference} ${artifact.arch}`));
  const entries = await findCacheEntries(taken, options);
  return {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'ArtifactBundle',
    ...about,
    artifacts: taken.map((artifact) => bundle(artifact, entries.get(artifact.id), options)),
    leftOut: leftOut.toSorted((a, b) => (`${a.reference} ${a.arch}` < `${b.reference} ${b.arch}` ? -1 : 1)),
  };
}
