import { Flags } from '@oclif/core';
import type { Artifact } from '../../artifacts/artifact.ts';
import type { Architecture } from '../../artifacts/catalogue.ts';
import { clusterArtifacts } from '../../artifacts/required-artifacts.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { inventoryFlag } from './inventory-flag.ts';

/** Flags of the commands about artifacts. */
export const artifactFlags = {
  inventory: inventoryFlag,
  arch: Flags.string({
    description: 'architecture of the nodes',
    options: ['amd64', 'arm64'] as const,
    multiple: true,
    default: ['amd64'],
  }),
  output: Flags.string({ char: 'o', description: 'form of the answer', options: ['table', 'json'] as const, default: 'table' }),
};

/** What a cluster needs, for each architecture asked for. */
export function artifactsFor(cluster: Cluster, architectures: readonly string[]): readonly Artifact[] {
  return (architectures as readonly Architecture[]).flatMap((arch) => clusterArtifacts(cluster, () => arch));
}
