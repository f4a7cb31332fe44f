import { kubeletNodes, type Node, type NodeName } from '../cluster/cluster.ts';
import { liveNodes } from '../cluster/live-nodes.ts';
import { hasEveryUnit, joiningMark } from '../components/joining.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';

type Seen = ReadonlyMap<NodeName, Observations>;

/** Node objects as any API server tells them; undefined when none answers. */
function registeredNodes(observations: Seen): ReadonlySet<NodeName> | undefined {
  const live = liveNodes(observations);
  return live === undefined ? undefined : new Set(live.keys());
}

/** Whether a host lacks something without which the cluster cannot count on it. */
function isAbsent({ cluster, placement, describe }: Desired, observations: Seen): (node: Node) => boolean {
  const registered = registeredNodes(observations);
  const withKubelet = new Set(kubeletNodes(cluster).map(({ name }) => name));
  return (node) => {
    const seen = observations.get(node.name);
    if (seen === undefined) return false;
    if (placement.etcdJoins.has(node.name) || placement.absences.has(node.name) || !hasEveryUnit(describe(node), seen)) return true;
    return withKubelet.has(node.name) && registered !== undefined && !registered.has(node.name);
  };
}

const namesOf = (nodes: readonly Node[]): readonly NodeName[] => nodes.map(({ name }) => name).sort();

/** Nodes of the inventory that answer and are no part of the cluster: a unit was never started, or no Node object is there; sorted. */
export function absenteesOf(desired: Desired, observations: Seen): readonly NodeName[] {
  return namesOf(desired.cluster.nodes.filter(isAbsent(desired, observations)));
}

/** Those, and nodes that were cut off behind their last unit: everybody for whom a join has something to do; sorted. */
export function joinersOf(desired: Desired, observations: Seen): readonly NodeName[] {
  const absent = isAbsent(desired, observations);
  return namesOf(desired.cluster.nodes.filter((node) => absent(node) || observations.get(node.name)?.files.has(joiningMark) === true));
}
