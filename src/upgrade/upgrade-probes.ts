import { type Cluster, type Node, nodesWithRole } from '../cluster/cluster.ts';
import { clusterAuthorityPath } from '../components/authorities.ts';
import { auditLog } from '../components/kube-apiserver.ts';
import { urlOf } from '../components/url.ts';
import type { Probe } from '../engine/probe.ts';
import { backupProbes } from './backup-check.ts';
import { certificateProbes } from './certificate-check.ts';

/** Control planes by name: the first of them that answers tells what the API says. */
function apiProbes(cluster: Cluster, { name, roles }: Node): readonly Probe[] {
  if (!roles.includes('control-plane')) return [];
  const earlier = nodesWithRole(cluster, 'control-plane').filter((other) => other.name < name && other.state === 'present');
  const others = earlier
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ internalAddress }) => `${urlOf('https', internalAddress, 6443)}/readyz`);
  return [
    { kind: 'kube-upgrade', others, caFile: clusterAuthorityPath },
    { kind: 'deprecated-apis', auditLog },
  ];
}

/** What the checks look at beyond the probes of preflight and of the workflow. */
export function upgradeProbes(cluster: Cluster, node: Node): readonly Probe[] {
  return [
    { kind: 'kube-nodes' },
    ...apiProbes(cluster, node),
    ...(node.roles.includes('etcd') ? [{ kind: 'etcd' } as const] : []),
    ...certificateProbes(cluster, node),
    ...backupProbes(node),
  ];
}
