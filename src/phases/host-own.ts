import type { Node } from '../cluster/cluster.ts';
import type { Desired, Phase } from '../engine/phase.ts';
import type { OwnershipResource } from '../engine/resource.ts';

/** All that a node will hold of kcluster. */
export function ownershipOf(desired: Desired, node: Node): OwnershipResource {
  return {
    kind: 'ownership',
    cluster: desired.cluster.name,
    of: desired.describe(node).flatMap(({ install, run }) => [...install, ...run]),
  };
}

/** The list of what will be kcluster's, before any of it is there. */
export const hostOwn: Phase = {
  id: 'host/own',
  title: 'Write ownership manifest',
  rollout: 'parallel',
  targets: (cluster) => cluster.nodes,
  resources: (desired, node) => [ownershipOf(desired, node)],
};
