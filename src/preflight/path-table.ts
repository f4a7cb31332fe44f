import { type Cluster, kubeletNodes, type Node, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import type { Path } from '../engine/path.ts';
import type { Desired } from '../engine/phase.ts';

interface PathRow {
  readonly component: string;
  readonly port: number;
  /** Whose connections must arrive. `nobody`: only what stands outside the cluster connects. */
  readonly from: 'control-plane' | 'etcd' | 'nodes with pods' | 'nobody';
  readonly why: string;
}

/** Who connects to the ports that components open for other nodes. One end is always a control plane or a member of etcd. */
export const pathTable = [
  { component: 'etcd', port: 2379, from: 'control-plane', why: 'API servers keep everything in etcd' },
  { component: 'etcd', port: 2380, from: 'etcd', why: 'members of etcd replicate to each other' },
  { component: 'kube-apiserver', port: 6443, from: 'nodes with pods', why: 'kubelets and pods ask every API server' },
  { component: 'kubelet', port: 10250, from: 'control-plane', why: 'API servers ask kubelets for logs, exec and metrics' },
  { component: 'kube-proxy', port: 10256, from: 'nobody', why: 'balancers outside ask whether the node takes traffic' },
] as const satisfies readonly PathRow[];

function callers(cluster: Cluster, from: PathRow['from']): readonly Node[] {
  if (from === 'nobody') return [];
  return from === 'nodes with pods' ? kubeletNodes(cluster) : nodesWithRole(cluster, from);
}

/** Every connection between different nodes that the cluster needs, of those nodes that take part. */
export function pathsOf(desired: Desired, present: ReadonlySet<NodeName>): readonly Path[] {
  const rows: readonly PathRow[] = pathTable;
  const nodes = desired.cluster.nodes.filter(({ name }) => present.has(name));
  return nodes.flatMap((target) => {
    const open = desired
      .describe(target)
      .flatMap(({ ports }) => ports.filter(({ reach, protocol }) => reach === 'nodes' && protocol === 'tcp'));
    return open.flatMap(({ component, port }) => {
      const row = rows.find((candidate) => candidate.component === component && candidate.port === port);
      if (row === undefined) return [];
      const sources = callers(desired.cluster, row.from).filter(({ name }) => name !== target.name && present.has(name));
      return sources.map(({ name }): Path => ({ from: name, to: target.name, component, port, why: row.why }));
    });
  });
}
