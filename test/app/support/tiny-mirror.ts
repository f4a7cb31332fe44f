import path from 'node:path';
import { locateArtifact } from '../../../src/artifacts/locate-artifact.ts';
import { clusterArtifacts } from '../../../src/artifacts/required-artifacts.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { makeArchive, putFile, sha256 } from '../../artifacts/sample.ts';

/** Puts a few bytes where a mirror would hold each artifact of a cluster, others for each architecture. */
export async function fillMirror(
  cluster: Cluster,
  mirror: string,
  architectures: readonly ('amd64' | 'arm64')[] = ['amd64'],
): Promise<void> {
  const sums = new Map<string, string>();
  for (const artifact of architectures.flatMap((arch) => clusterArtifacts(cluster, () => arch))) {
    const members =
      artifact.kind === 'archive' ? artifact.binaries.map(({ name, member }) => ({ path: member, content: `${name} ${artifact.id}` })) : [];
    const content = artifact.kind === 'archive' ? makeArchive(members) : Buffer.from(artifact.id);
    const location = locateArtifact(artifact, mirror);
    if (location.content.kind !== 'path' || location.checksum.kind !== 'path') throw new TypeError('a directory is wanted');
    await putFile('/', location.content.path, content);
    const { path: sumsPath } = location.checksum;
    sums.set(sumsPath, `${sums.get(sumsPath) ?? ''}${sha256(content)}  ${path.basename(location.content.path)}\n`);
  }
  for (const [sumsPath, text] of sums) await putFile('/', sumsPath, text);
}
