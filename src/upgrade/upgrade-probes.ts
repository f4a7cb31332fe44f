import type { Cluster, Node } from '../cluster/cluster.ts';
import type { Probe } from '../engine/probe.ts';

/** What the checks look at beyond the probes of preflight and of the workflow. */
export function upgradeProbes(_cluster: Cluster, node: Node): readonly Probe[] {
  return node.roles.includes('etcd') ? [{ kind: 'etcd' }] : [];
}
