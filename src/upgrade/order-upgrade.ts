import { type Cluster, kubeletNodes, type Node, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import { orderDefrag, successorOf } from '../cluster/etcd-room.ts';
import type { Member } from '../cluster/quorum.ts';
import { unitName } from '../components/component.ts';
import { isOtherMinor, type KubeletChange, kubeletChanges } from './running-parts.ts';
import type { UpgradeInput } from './upgrade-input.ts';

export interface OrderWishes {
  /** As they answer; undefined when none does. */
  readonly members: readonly Member[] | undefined;
  /** Nodes that an earlier run of an upgrade keeps from taking pods. */
  readonly cordoned: ReadonlySet<NodeName>;
  /** Other patches of a kubelet are drained for, too. */
  readonly drainAlways: boolean;
  readonly batchWidth: number;
}

export interface Order {
  readonly members: readonly NodeName[];
  readonly servers: readonly NodeName[];
  readonly successor?: Member;
  readonly batches: readonly (readonly { readonly node: NodeName; readonly drains: boolean }[])[];
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

/** Nodes that hold a member, followers first, the leader last; whose members do not answer come first. */
function orderMembers(cluster: Cluster, members: readonly Member[]): readonly NodeName[] {
  const nodes = nodesWithRole(cluster, 'etcd')
    .toSorted(byName)
    .map(({ name }) => name);
  const places = new Map(orderDefrag(members).map(({ name }, place) => [name, place]));
  return nodes.toSorted((a, b) => (places.get(a) ?? -1) - (places.get(b) ?? -1));
}

/**
 * API servers: one that is not well comes first, so that no other is taken down unless it gets well. The others follow in the order of
 * the members beside them: each is without an answer while its member starts anew, and its own restart shall not join that.
 */
function orderServers({ desired, observations, unfinished }: UpgradeInput, members: readonly NodeName[]): readonly NodeName[] {
  const isWell = (node: Node): boolean => {
    const answers = desired.describe(node).find(({ component }) => component === 'kube-apiserver')?.health ?? [];
    const seen = observations.get(node.name)?.health;
    return !unfinished.get(node.name)?.has(unitName('kube-apiserver')) && answers.every(({ url }) => seen?.get(url)?.status === 200);
  };
  const ranked = nodesWithRole(desired.cluster, 'control-plane')
    .toSorted(byName)
    .map((node) => ({ name: node.name, place: isWell(node) ? members.indexOf(node.name) : -2 }));
  return ranked.toSorted((a, b) => a.place - b.place).map(({ name }) => name);
}

/** Whether pods must leave before the kubelet is swapped: it is of another minor, or an earlier run has begun to drain. */
function drains(change: KubeletChange | undefined, isAsked: boolean): boolean {
  if (change === undefined) return false;
  return isOtherMinor(change) || (isAsked && change.now.patch !== change.after.patch);
}

/** Who is taken after whom: members of etcd one by one, control planes one by one, then the other nodes in batches. Pure. */
export function orderUpgrade(input: UpgradeInput, { members = [], cordoned, drainAlways, batchWidth }: OrderWishes): Order {
  const { cluster } = input.desired;
  const changes = kubeletChanges(input);
  const turn = (node: NodeName) => ({ node, drains: drains(changes.get(node), drainAlways || cordoned.has(node)) });
  const all = kubeletNodes(cluster).toSorted(byName);
  const [first, rest] = [
    all.filter(({ roles }) => roles.includes('control-plane')),
    all.filter(({ roles }) => !roles.includes('control-plane')),
  ];
  const batches = Array.from({ length: Math.ceil(rest.length / batchWidth) }, (_, at) =>
    rest.slice(at * batchWidth, (at + 1) * batchWidth),
  );
  const order = orderMembers(cluster, members);
  const leads = members.some(({ name, isLeader }) => isLeader && name === order.at(-1));
  const successor = leads ? successorOf(members) : undefined;
  return {
    members: order,
    servers: orderServers(input, order),
    ...(successor === undefined ? {} : { successor }),
    batches: [...first.map(({ name }) => [turn(name)]), ...batches.map((batch) => batch.map(({ name }) => turn(name)))],
  };
}
