import { kubeletNodes, type Node, type NodeName } from '../cluster/cluster.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';

/** Where a host notes what a unit was started with (engine/host-paths.ts). */
const stamps = '/var/lib/kcluster/units';

type Seen = ReadonlyMap<NodeName, Observations>;

/** Node objects as any API server tells them; undefined when none answers. */
function registeredNodes(observations: Seen): ReadonlySet<NodeName> | undefined {
  const live = [...observations.values()].find(({ kubeNodes }) => kubeNodes !== undefined)?.kubeNodes;
  return live === undefined ? undefined : new Set(live.keys());
}

/** A unit that was started once has a stamp, whatever became of it since: where one has none, the bring-up never came to its end. */
function hasEveryUnit(desired: Desired, node: Node, seen: Observations): boolean {
  const units = desired.describe(node).flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
  return units.every((unit) => seen.contents.has(`${stamps}/${unit}`));
}

/**
 * Nodes of the inventory that answer and are not, or not wholly, part of the cluster; sorted.
 * One that stopped half-way is among them until its last unit was started; one that was absent, until it is up to date.
 */
export function joinersOf(desired: Desired, observations: Seen): readonly NodeName[] {
  const { cluster, placement } = desired;
  const registered = registeredNodes(observations);
  const withKubelet = new Set(kubeletNodes(cluster).map(({ name }) => name));
  const isJoiner = (node: Node): boolean => {
    const seen = observations.get(node.name);
    if (seen === undefined) return false;
    if (placement.etcdJoins.has(node.name) || placement.absences.has(node.name) || !hasEveryUnit(desired, node, seen)) return true;
    return withKubelet.has(node.name) && registered !== undefined && !registered.has(node.name);
  };
  return cluster.nodes
    .filter(isJoiner)
    .map(({ name }) => name)
    .sort();
}
