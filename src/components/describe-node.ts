import type { Cluster, Node } from '../cluster/cluster.ts';
import type { Description, Placement } from '../engine/description.ts';
import type { Render } from '../render/templates.ts';
import { componentsOf } from './component-table.ts';
import { describeCoredns } from './coredns.ts';
import { describeRbac } from './rbac.ts';

/** Everything that belongs on a node, component by component in the order of bring-up. */
export function describeNode(cluster: Cluster, node: Node, placement: Placement, render: Render): readonly Description[] {
  return componentsOf(cluster, node).map((row) => row.describe(cluster, node, placement, render));
}

/** What belongs into the cluster's API, whichever node it is asked through. */
export function describeClusterObjects(cluster: Cluster, placement: Placement): readonly Description[] {
  return [describeRbac(), ...(cluster.addons.coredns ? [describeCoredns(cluster, placement)] : [])];
}
