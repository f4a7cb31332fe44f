import { fetchArtifacts } from '../artifacts/fetch-artifacts.ts';
import { clusterArtifacts } from '../artifacts/required-artifacts.ts';
import type { Node, NodeName } from '../cluster/cluster.ts';
import type { KindContext } from '../engine/kinds/kind.ts';
import type { Observations } from '../engine/observation.ts';
import type { ArtifactFiles } from '../engine/run-step.ts';
import { ArtifactError, ConfigurationError } from '../errors.ts';
import type { Session } from './session.ts';

type Architecture = 'amd64' | 'arm64';
const architectures: Readonly<Record<string, Architecture>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** As the node says it; one that was not asked is taken for what most machines are. @throws ConfigurationError for others than two */
export function architectureOf(node: Node, observations: ReadonlyMap<NodeName, Observations>): Architecture {
  const machine = observations.get(node.name)?.facts?.machine ?? 'x86_64';
  const found = architectures[machine];
  if (found === undefined) {
    throw new ConfigurationError(`its architecture ${machine} is not supported`, {
      node: node.name,
      remedy: 'use an amd64 (x86_64) or arm64 (aarch64) machine',
    });
  }
  return found;
}

/** Artifacts as plans and uploads see them: looked up per node, because nodes may differ in architecture. */
export interface Shelf extends ArtifactFiles {
  binary(node: NodeName): KindContext['binary'];
  image(node: NodeName): KindContext['image'];
}

/** Sees to it that the operator's cache holds what the cluster needs. @throws ArtifactError */
export async function stockShelf(session: Session, observations: ReadonlyMap<NodeName, Observations>): Promise<Shelf> {
  const { cluster, emit, signal } = session;
  const architecture = (node: Node): Architecture => architectureOf(node, observations);
  const index = await fetchArtifacts(clusterArtifacts(cluster, architecture), {
    ...(cluster.artifacts.mirror === undefined ? {} : { mirror: cluster.artifacts.mirror }),
    trust: cluster.artifacts.trust,
    signal,
    onProgress: ({ artifact, receivedBytes, totalBytes }) =>
      emit({ type: 'artifact-progress', artifact: artifact.id, doneBytes: receivedBytes, totalBytes: totalBytes ?? receivedBytes }),
  });
  const archOf = new Map(cluster.nodes.map((node) => [node.name, architecture(node)]));
  const files = new Map([...index.binaries, ...index.images].map((item) => [item.sha256, item.path]));
  return {
    binary: (node) => (component, version, name) =>
      index.binaries.find(
        (item) => item.component === component && item.version === version && item.name === name && item.arch === archOf.get(node),
      ),
    image: (node) => (reference) => index.images.find((item) => item.reference === reference && item.arch === archOf.get(node)),
    fileOf: (sha256) => {
      const file = files.get(sha256);
      if (file === undefined)
        throw new ArtifactError(`no cached file has sha256 ${sha256}`, { remedy: 'run kcluster artifacts fetch and try again' });
      return file;
    },
  };
}
