import { absencesPath } from '../cluster/absence.ts';
import { parseCIDR } from '../cluster/cidr.ts';
import type { Cluster, JsonObject, Node, NodeName } from '../cluster/cluster.ts';
import { allotPodCIDRs } from '../cluster/pod-cidrs.ts';
import type { Member } from '../cluster/quorum.ts';
import { restoreMarkPath } from '../cluster/restore.ts';
import { initialClusterPath } from '../components/etcd.ts';
import { joiningMark } from '../components/joining.ts';
import type { Placement } from '../engine/description.ts';
import type { Observations } from '../engine/observation.ts';
import type { Probe } from '../engine/probe.ts';
import { givenEtcdIdentity, placeGivenEtcd } from './given-etcd.ts';
import { judgeAbsent } from './judge-absent.ts';
import { type EtcdPlace, etcdMemberDirectory, placeEtcd } from './place-etcd.ts';

const cniConfiguration = '/etc/cni/net.d/10-kcluster.conflist';

const placementProbes: readonly Probe[] = [
  { kind: 'facts' },
  { kind: 'content', path: cniConfiguration },
  { kind: 'file', path: etcdMemberDirectory },
  { kind: 'content', path: initialClusterPath },
  { kind: 'file', path: joiningMark },
  { kind: 'kube-nodes' },
];

/** What must be looked at on this node before the placement is known; etcd is asked who its members are wherever it may run. */
export function placementProbesOf(node: Node): readonly Probe[] {
  const more: readonly Probe[] = [
    ...(node.roles.includes('etcd') ? [{ kind: 'etcd' } as const] : []),
    ...(node.roles.includes('control-plane') ? [{ kind: 'content', path: absencesPath } as const] : []),
    ...(node.roles.some((role) => role !== 'worker') ? [{ kind: 'content', path: restoreMarkPath } as const] : []),
  ];
  return [...placementProbes, ...more];
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? { ...value } : {});
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Pod ranges that a host's CNI configuration hands out; none when it is missing or not ours to read. */
function sharesOnHost(text: string | undefined): readonly string[] {
  const plugins = asList(asObject(tryParse(text ?? '')).plugins);
  const ranges = plugins.flatMap((plugin) => asList(asObject(asObject(plugin).ipam).ranges).flatMap(asList));
  const subnets = ranges.map((range) => asObject(range).subnet);
  return subnets.filter((subnet): subnet is string => typeof subnet === 'string' && parseCIDR(subnet) !== undefined);
}

function existingShares(observations: ReadonlyMap<NodeName, Observations>): ReadonlyMap<NodeName, readonly string[]> {
  const shares = new Map<NodeName, readonly string[]>();
  for (const seen of observations.values()) {
    for (const [name, object] of seen.kubeNodes ?? []) {
      const { podCIDRs } = (object.spec ?? {}) as { readonly podCIDRs?: readonly string[] } & JsonObject;
      if (podCIDRs !== undefined) shares.set(name, podCIDRs);
    }
  }
  for (const [name, seen] of observations) {
    const found = sharesOnHost(seen.contents.get(cniConfiguration));
    if (found.length > 0) shares.set(name, found);
  }
  return shares;
}

/** Its members know from their data who they are; an empty directory is no member. */
const restoredEtcd: EtcdPlace = { exists: true, joins: new Map(), refusals: [] };

function placeAnyEtcd(
  cluster: Cluster,
  observations: ReadonlyMap<NodeName, Observations>,
  members: readonly Member[] | undefined,
): EtcdPlace {
  return cluster.etcd.given === undefined ? placeEtcd(cluster, observations, members) : placeGivenEtcd(observations);
}

interface PlaceOptions {
  /** As they answer; undefined when none does. */
  readonly etcdMembers?: readonly Member[] | undefined;
  /** Whatever etcd is there, it is made anew from a snapshot: nobody founds one, and nobody joins. */
  readonly restores?: boolean | undefined;
}

/**
 * What follows from the inventory and from what the hosts hold; before anything was observed: what a new cluster would get.
 *
 * @returns without absences: what a node misses follows from what it should hold
 */
export function place(
  cluster: Cluster,
  versions: Placement['versions'],
  observations: ReadonlyMap<NodeName, Observations>,
  { etcdMembers, restores = false }: PlaceOptions = {},
): Placement {
  const { exists, joins, refusals } = restores ? restoredEtcd : placeAnyEtcd(cluster, observations, etcdMembers);
  // Before anything was looked at there is nothing to judge.
  const absent = restores || observations.size === 0 ? [] : judgeAbsent(cluster, exists, etcdMembers);
  return {
    versions,
    podCIDRs: allotPodCIDRs(cluster, existingShares(observations)),
    etcdExists: exists,
    etcdJoins: joins,
    refusals: absent.length === 0 ? refusals : absent,
    absences: new Map(),
    ...givenEtcdIdentity(observations),
  };
}
