import { type Cluster, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import { type Member, quorumOf } from '../cluster/quorum.ts';
import { etcdNodes, etcdPeerURL } from '../components/etcd.ts';
import type { Refusal } from '../engine/description.ts';

const list = (names: readonly string[]): string => names.toSorted().join(', ');

/** Votes that are away, and how many there are; by the members as they answer, or by the inventory while none does. */
function votes(cluster: Cluster, members: readonly Member[] | undefined): { readonly away: readonly NodeName[]; readonly total: number } {
  const nodes = etcdNodes(cluster);
  const isDown = (name: NodeName): boolean => nodes.some((node) => node.name === name && node.state === 'down');
  if (members === undefined) return { away: nodes.map(({ name }) => name).filter(isDown), total: nodes.length };
  const nodeOf = ({ name, peerURLs }: Member): NodeName => nodes.find((node) => peerURLs.includes(etcdPeerURL(node)))?.name ?? name;
  const voters = members.filter(({ isLearner }) => !isLearner);
  const silent = voters.filter(({ health }) => health !== 'healthy' && health !== 'lagging');
  return { away: silent.map(nodeOf).filter(isDown), total: voters.length };
}

/**
 * Nodes that are declared down without which the cluster cannot be worked on at all.
 *
 * @param isFounded before that, etcd has no quorum to lose
 * @param members of etcd as they answer
 */
export function judgeAbsent(cluster: Cluster, isFounded: boolean, members: readonly Member[] | undefined): readonly Refusal[] {
  const controlPlane = nodesWithRole(cluster, 'control-plane');
  if (controlPlane.every(({ state }) => state === 'down')) {
    return [
      {
        message: `every control plane is declared down: ${list(controlPlane.map(({ name }) => name))}`,
        remedy: 'bring one of them back, and take its state: down away',
      },
    ];
  }
  if (!isFounded) return [];
  const { away, total } = votes(cluster, members);
  const left = total - away.length;
  if (away.length === 0 || left >= quorumOf(total)) return [];
  return [
    {
      message: `etcd has no quorum without ${list(away)}: ${left} of ${total} members are left, ${quorumOf(total)} are needed`,
      remedy: 'bring one of them back, and take its state: down away',
    },
  ];
}
