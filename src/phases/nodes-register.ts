import { type Cluster, kubeletNodes, type Node, nodesWithRole } from '../cluster/cluster.ts';
import { formatTaint, taintsAnnotation } from '../cluster/taint.ts';
import type { Placement } from '../engine/description.ts';
import type { Phase } from '../engine/phase.ts';
import type { KubeResource, TaintsResource } from '../engine/resource.ts';
import { everyNode } from './component-phases.ts';

const rolePrefix = 'node-role.kubernetes.io/';

/** What the cluster knows of a node: labels of its roles and of the inventory, annotations, whose taints are kcluster's, its pod ranges. */
function nodeObject(node: Node, placement: Placement, plugin: Cluster['network']['plugin']): KubeResource {
  const taints = node.taints.length === 0 ? {} : { [taintsAnnotation]: node.taints.map(formatTaint).sort().join(',') };
  const roles = Object.fromEntries(node.roles.filter((role) => role !== 'etcd').map((role) => [`${rolePrefix}${role}`, '']));
  const [podCIDR, ...rest] = placement.podCIDRs.get(node.name) ?? [];
  // With another plugin the controller manager allots the ranges.
  const spec = plugin === 'routed' && podCIDR !== undefined ? { spec: { podCIDR, podCIDRs: [podCIDR, ...rest] } } : {};
  return {
    kind: 'kube-object',
    object: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node.name, labels: { ...roles, ...node.labels }, annotations: { ...node.annotations, ...taints } },
      ...spec,
    },
  };
}

/** A node that is declared down would be waited for in vain; what it lacks, it gets when it is back. */
function registering(cluster: Cluster): readonly Node[] {
  const present = kubeletNodes(cluster).filter((node) => node.state === 'present');
  return present.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Taints, labels, annotations and pod ranges of every node, then all of them Ready. */
export const nodesRegister: Phase = {
  id: 'nodes/register',
  title: 'Register nodes',
  after: [everyNode('kubelet/run'), everyNode('cluster/objects')],
  rollout: 'one',
  targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
  // Taints first: a run that is killed in between must still know which of them are its own.
  resources: ({ cluster, placement }) => [
    ...registering(cluster).map(({ name, taints }): TaintsResource => ({ kind: 'node-taints', node: name, taints })),
    ...registering(cluster).map((node) => nodeObject(node, placement, cluster.network.plugin)),
  ],
  gate: ({ cluster, focus }) => {
    const nodes = registering(cluster).flatMap(({ name }) => (focus?.has(name) === false ? [] : [name]));
    return [
      {
        title: focus === undefined ? 'all nodes are Ready' : `${nodes.join(', ')} Ready`,
        deadlineMs: 180_000,
        test: { kind: 'nodes-ready', nodes },
      },
    ];
  },
};
