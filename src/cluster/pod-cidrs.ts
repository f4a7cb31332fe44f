import { ConfigurationError } from '../errors.ts';
import { canonicalCIDR, overlaps, subnetAt, subnetCount } from './cidr.ts';
import { type Cluster, kubeletNodes, type NodeName } from './cluster.ts';

/**
 * Every kubelet node's share of the pod ranges. Shares that exist stay, whoever holds them; a new node gets the lowest
 * free one, in order of names, so that the order of the inventory decides nothing.
 *
 * @param existing shares found on hosts and in Node objects, also of nodes that are not in the inventory
 * @throws ConfigurationError when a pod range has no free share left
 */
export function allotPodCIDRs(
  cluster: Cluster,
  existing: ReadonlyMap<NodeName, readonly string[]>,
): ReadonlyMap<NodeName, readonly string[]> {
  const names = kubeletNodes(cluster)
    .map((node) => node.name)
    .sort();
  const allotted = new Map<NodeName, string[]>(names.map((name) => [name, []]));
  for (const [index, range] of cluster.network.podCIDRs.entries()) {
    const maskSize = cluster.network.nodeCIDRMaskSizes[index] ?? 24;
    const shareOf = (name: NodeName): string | undefined => existing.get(name)?.find((share) => overlaps(share, range));
    const taken = new Set([...existing.keys()].map(shareOf).filter((share) => share !== undefined));
    const free = freeShares(range, maskSize, taken);
    for (const name of names) {
      const share = shareOf(name) ?? free.next().value;
      if (share === undefined) {
        throw new ConfigurationError(`the pod range ${range} has no /${maskSize} left for ${name}`, {
          node: name,
          remedy: 'a bigger range can only be given to a new cluster; remove nodes that are gone, or make a larger cluster',
        });
      }
      allotted.get(name)?.push(share);
    }
  }
  return allotted;
}

function* freeShares(range: string, maskSize: number, taken: ReadonlySet<string>): Generator<string, undefined> {
  const count = subnetCount(range, maskSize);
  // Shares of another size, or written otherwise, are few: most are found by their text.
  const odd = [...taken].filter((share) => !share.endsWith(`/${maskSize}`) || canonicalCIDR(share) !== share);
  for (let index = 0; index < count; index++) {
    const share = subnetAt(range, maskSize, index);
    if (!taken.has(share) && !odd.some((other) => overlaps(other, share))) yield share;
  }
  return undefined;
}
