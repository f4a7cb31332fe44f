import { locateArtifact } from '../../../src/artifacts/locate-artifact.ts';
import { clusterArtifacts } from '../../../src/artifacts/required-artifacts.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { makeArchive, putFile, sha256 } from '../../artifacts/sample.ts';

/** Puts a few bytes where a mirror would hold each artifact of a cluster, others for another architecture. */
export async function fillMirror(cluster: Cluster, mirror: string, arch: 'amd64' | 'arm64' = 'amd64'): Promise<void> {
  for (const artifact of clusterArtifacts(cluster, () => arch)) {
    const members =
      artifact.kind === 'archive' ? artifact.binaries.map(({ name, member }) => ({ path: member, content: `${name} ${artifact.id}` })) : [];
    const content = artifact.kind === 'archive' ? makeArchive(members) : Buffer.from(artifact.id);
    const location = locateArtifact(artifact, mirror);
    if (location.content.kind !== 'path' || location.checksum.kind !== 'path') throw new TypeError('a directory is wanted');
    await putFile('/', location.content.path, content);
    await putFile('/', location.checksum.path, sha256(content));
  }
}
