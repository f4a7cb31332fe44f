import { nodesWithRole } from '../cluster/cluster.ts';
import type { Dependency, Phase } from '../engine/phase.ts';
import type { Resource } from '../engine/resource.ts';
import { installPhase } from './component-phases.ts';

const whole = installPhase('etcd', 'etcd');
const elsewhere = installPhase('etcd-tools', 'control-plane');
const isTool = (resource: Resource): boolean => resource.kind === 'binary' && resource.name !== 'etcd';

/** What etcd itself needs; a node that joins is added with etcdctl. */
export const etcdInstall: Phase = {
  ...whole,
  resources: (desired, node) =>
    whole
      .resources(desired, node)
      .filter(
        (resource) =>
          !isTool(resource) || (desired.placement.etcdJoins.has(node.name) && resource.kind === 'binary' && resource.name === 'etcdctl'),
      ),
};

/** What people and backups use, on members and on control planes wherever etcd is; no start waits for it. */
export function etcdTools(after: readonly Dependency[]): Phase {
  return {
    ...whole,
    id: 'etcd/tools',
    title: 'Install etcd tools',
    after: [...(whole.after ?? []), ...after],
    targets: (cluster) => [...new Set([...nodesWithRole(cluster, 'etcd'), ...nodesWithRole(cluster, 'control-plane')])],
    resources: (desired, node) => [...whole.resources(desired, node).filter(isTool), ...elsewhere.resources(desired, node)],
  };
}
