import { kubeletNodes, type Node, type NodeName } from '../cluster/cluster.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';
import { joinedMark } from '../phases/host-settle.ts';

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

/** Nodes of the inventory that answer, for which that holds; sorted. */
function namesWhere({ cluster }: Desired, observations: Seen, holds: (node: Node, seen: Observations) => boolean): readonly NodeName[] {
  const found = cluster.nodes.filter((node) => {
    const seen = observations.get(node.name);
    return seen !== undefined && holds(node, seen);
  });
  return found.map(({ name }) => name).sort();
}

/** Nodes of the inventory that answer and are no part of the cluster: not all of it was ever started, or the API does not know it. */
export function strangersOf(desired: Desired, observations: Seen): readonly NodeName[] {
  const registered = registeredNodes(observations);
  const withKubelet = new Set(kubeletNodes(desired.cluster).map(({ name }) => name));
  return namesWhere(desired, observations, (node, seen) => {
    if (desired.placement.etcdJoins.has(node.name) || !hasEveryUnit(desired, node, seen)) return true;
    return withKubelet.has(node.name) && registered !== undefined && !registered.has(node.name);
  });
}

/** Nodes of the inventory that answer and are not, or not wholly, part of the cluster; sorted. One that stopped half-way is among them until nothing of its bring-up is left. */
export function joinersOf(desired: Desired, observations: Seen): readonly NodeName[] {
  const strangers = new Set(strangersOf(desired, observations));
  return namesWhere(desired, observations, ({ name }, seen) => strangers.has(name) || !seen.files.has(joinedMark));
}
