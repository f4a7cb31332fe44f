import type { Cluster } from '../cluster/cluster.ts';
import { formatVersion } from '../cluster/version.ts';
import { renderTable } from './table.ts';

/** What a person wants to know when a bring-up is over: the nodes, and what to do next. */
export function summarizeCluster(
  cluster: Cluster,
  kubeconfigs: { readonly admin: string; readonly superAdmin: string },
  applied: boolean,
): string {
  const version = `v${formatVersion(cluster.kubernetesVersion)}`;
  const nodes = renderTable(
    ['NODE', 'ROLES', 'ADDRESS', 'VERSION'],
    cluster.nodes.map((node) => [node.name, node.roles.join(','), node.internalAddress, version]),
  );
  const headline = applied ? `cluster ${cluster.name} is ready` : `cluster ${cluster.name} is as the inventory says: nothing to do`;
  return `${headline}

${nodes.trimEnd()}

kubeconfig:   ${kubeconfigs.admin}
break glass:  ${kubeconfigs.superAdmin} (member of system:masters: keep it offline)

next: export KUBECONFIG=${kubeconfigs.admin}
      kubectl get nodes
      kcluster status`;
}
