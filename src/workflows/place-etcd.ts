import { type Cluster, type Node, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import { hasQuorum, type Member } from '../cluster/quorum.ts';
import { etcdNodes, etcdPeerURL, initialClusterPath } from '../components/etcd.ts';
import type { EtcdJoin, Refusal } from '../engine/description.ts';
import type { Observations } from '../engine/observation.ts';

export const etcdMemberDirectory = '/var/lib/etcd/member';

export interface EtcdPlace {
  readonly exists: boolean;
  readonly joins: ReadonlyMap<NodeName, EtcdJoin>;
  readonly refusals: readonly Refusal[];
}

type Seen = ReadonlyMap<NodeName, Observations>;

/** `founder`, `joiner`: what its next start with an empty directory would be; `settled`: it would not start. */
type Role = 'none' | 'founder' | 'joiner' | 'settled';

interface Site {
  readonly node: Node;
  readonly hasData: boolean;
  readonly role: Role;
  /** As written in the file that etcd reads. */
  readonly members: string;
}

function settingOf(text: string, name: string): string {
  return text.match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1] ?? '';
}

function roleOf(text: string | undefined): Role {
  if (text === undefined) return 'none';
  if (settingOf(text, 'ETCD_INITIAL_CLUSTER') === '') return 'settled';
  return settingOf(text, 'ETCD_INITIAL_CLUSTER_STATE') === 'new' ? 'founder' : 'joiner';
}

function siteOf(node: Node, seen: Observations): Site {
  const text = seen.contents.get(initialClusterPath);
  const hasData = seen.files.has(etcdMemberDirectory);
  return { node, hasData, role: roleOf(text), members: settingOf(text ?? '', 'ETCD_INITIAL_CLUSTER') };
}

/** Settled once, or with data that no founding of ours explains: from then on nothing is founded any more. */
function isFounded(sites: readonly Site[]): boolean {
  return sites.some(({ role, hasData }) => role === 'settled' || (hasData && role !== 'founder'));
}

/** `a=https://…,b=https://…` in the order of names, as it is written for founders. */
function memberList(nodes: readonly Node[]): string {
  return nodes.map((node) => `${node.name}=${etcdPeerURL(node)}`).join(',');
}

/** What speaks against founding a cluster: a second one, beside one whose hosts do not answer, would be its end. */
function judgeFounding(cluster: Cluster, sites: readonly Site[], observations: Seen): readonly Refusal[] {
  const wanted = etcdNodes(cluster);
  const absent = wanted.filter(({ name }) => !observations.has(name)).map(({ name }) => name);
  if (absent.length > 0) {
    return [
      {
        message: `etcd is founded only when every member's host answers; ${absent.join(', ')} ${absent.length === 1 ? 'does' : 'do'} not`,
        remedy: 'bring the host back; or take its node out of the inventory, if there never was a cluster',
      },
    ];
  }
  const other = sites.find(({ hasData, members }) => hasData && members !== memberList(wanted));
  if (other !== undefined) {
    const remedy = 'put the members of that time back into the inventory; or reset these hosts, if the cluster never served';
    return [{ node: other.node.name, message: `etcd began to be founded here with other members: ${other.members}`, remedy }];
  }
  return sites.some(({ hasData }) => hasData) ? [] : judgeLostData(cluster, observations);
}

/** Kubelets are started only once there is an API: where one is, there was a cluster. */
function judgeLostData(cluster: Cluster, observations: Seen): readonly Refusal[] {
  const witness = cluster.nodes.find(
    (node) => !node.roles.includes('etcd') && observations.get(node.name)?.units.get('kubelet.service')?.enabled === 'enabled',
  );
  if (witness === undefined) return [];
  return [
    {
      node: witness.name,
      message: 'it is part of a cluster, but no etcd host holds any data: a new etcd would be another, empty cluster',
      remedy: 'bring the disks of the etcd hosts back, or restore a snapshot; to begin anew, reset this node first',
    },
  ];
}

const refuse = ({ node }: Site, message: string, remedy: string): Refusal => ({ node: node.name, message, remedy });

/** A host that should be a member, against the members that there are. */
function judgeSite(site: Site, member: Member | undefined, isKnown: boolean): Refusal | EtcdJoin['stage'] | undefined {
  const { node, hasData, role } = site;
  const again = `kcluster nodes remove ${node.name}, then kcluster join ${node.name}`;
  if (!isKnown) {
    if (hasData) return undefined;
    return refuse(
      site,
      'etcd has no quorum that answers, so this host cannot join it',
      'bring the members back first, without this node in the inventory or with state: down',
    );
  }
  if (member === undefined) {
    return hasData
      ? refuse(
          site,
          'it holds data of etcd, but is no member any more',
          `move /var/lib/etcd away on that host, or kcluster reset ${node.name}; then run again`,
        )
      : 'add';
  }
  if (!member.peerURLs.includes(etcdPeerURL(node))) {
    return refuse(
      site,
      `etcd knows it as ${member.peerURLs.join(', ')}, the inventory says ${etcdPeerURL(node)}`,
      `set the address back; or ${again}`,
    );
  }
  if (member.health === 'unstarted') {
    return hasData && role !== 'joiner'
      ? refuse(
          site,
          'it was added to etcd anew, but holds data of an earlier member',
          'move /var/lib/etcd away on that host, and run again',
        )
      : 'start';
  }
  if (!hasData) {
    return refuse(site, 'it is a member of etcd, but its data is gone', `mount the disk of /var/lib/etcd if there is one; else ${again}`);
  }
  return member.isLearner ? 'promote' : undefined;
}

/** Who joins, in the order of names; each is told of everybody who joined before it. */
function planJoins(sites: readonly Site[], live: readonly Member[] | undefined): Pick<EtcdPlace, 'joins' | 'refusals'> {
  const known = live !== undefined && hasQuorum(live) ? live : undefined;
  const nameOf = (url: string): string | undefined => sites.find(({ node }) => etcdPeerURL(node) === url)?.node.name;
  const members = new Map(
    (known ?? []).flatMap(({ id, name, peerURLs }) => peerURLs.map((url) => [name || (nameOf(url) ?? id), url] as const)),
  );
  const endpoints = (known ?? [])
    .filter(({ health, isLearner }) => health === 'healthy' && !isLearner)
    .flatMap(({ clientURLs }) => clientURLs);
  const joins = new Map<NodeName, EtcdJoin>();
  const refusals: Refusal[] = [];
  for (const site of sites) {
    const { node } = site;
    const member = known?.find(({ name, peerURLs }) => peerURLs.includes(etcdPeerURL(node)) || name === node.name);
    const judged = judgeSite(site, member, known !== undefined);
    if (typeof judged === 'object') refusals.push(judged);
    if (typeof judged !== 'string') continue;
    members.set(node.name, etcdPeerURL(node));
    joins.set(node.name, { stage: judged, members: new Map(members), endpoints });
  }
  return { joins, refusals };
}

/** A role that is taken away in the inventory takes no member away: its vote and its data would be forgotten there. */
function judgeTakenRoles(cluster: Cluster, observations: Seen): readonly Refusal[] {
  const holders = cluster.nodes.filter(({ name, roles }) => {
    const seen = observations.get(name);
    return !roles.includes('etcd') && seen?.files.has(etcdMemberDirectory) === true && seen.contents.has(initialClusterPath);
  });
  return holders.map(({ name }) => ({
    node: name,
    message: 'it holds a member of etcd, but the inventory no longer gives it that role',
    remedy: `give the role back; to take it away, kcluster nodes remove ${name} and then kcluster join ${name}`,
  }));
}

/**
 * Whether etcd is still to be founded, and who joins it.
 *
 * @param live its members as they answer; undefined when none does
 */
export function placeEtcd(cluster: Cluster, observations: Seen, live: readonly Member[] | undefined): EtcdPlace {
  const nodes = nodesWithRole(cluster, 'etcd').toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const sites = nodes.flatMap((node) => {
    const seen = observations.get(node.name);
    return seen === undefined ? [] : [siteOf(node, seen)];
  });
  const taken = judgeTakenRoles(cluster, observations);
  if (!isFounded(sites)) {
    // Before anything was looked at there is nothing to judge.
    const refusals = observations.size === 0 ? [] : [...taken, ...judgeFounding(cluster, sites, observations)];
    return { exists: false, joins: new Map(), refusals };
  }
  const { joins, refusals } = planJoins(sites, live);
  return { exists: true, joins, refusals: [...taken, ...refusals] };
}
