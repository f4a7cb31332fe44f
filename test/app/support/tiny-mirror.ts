import { locateArtifact } from '../../../src/artifacts/locate-artifact.ts';
import { clusterArtifacts } from '../../../src/artifacts/required-artifacts.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { makeArchive, putFile, sha256 } from '../../artifacts/sample.ts';

/** Puts a few bytes where a mirror would hold each artifact of a cluster. */
export async function fillMirror(cluster: Cluster, mirror: string): Promise<void> {
  for (const artifact of clusterArtifacts(cluster, () => 'amd64')) {
    const members = artifact.kind === 'archive' ? artifact.binaries.map(({ name, member }) => ({ path: member, content: name })) : [];
    const content = artifact.kind === 'archive' ? makeArchive(members) : Buffer.from(artifact.id);
    const location = locateArtifact(artifact, mirror);
    if (location.content.kind !== 'path' || location.checksum.kind !== 'path') throw new TypeError('a directory is wanted');
    await putFile('/', location.content.path, content);
    await putFile('/', location.checksum.path, sha256(content));
  }
}
