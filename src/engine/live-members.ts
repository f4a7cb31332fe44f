import { hasQuorum, type Member, type MemberHealth, quorumOf } from '../cluster/quorum.ts';
import { RefusedError } from '../errors.ts';
import type { EtcdAlarm, EtcdMemberSeen, EtcdSeen, EtcdStatusSeen } from './etcd-seen.ts';

/** As many entries as etcd keeps for slow followers (its snapshot-catchup-entries): who is further behind needs a whole snapshot. */
const laggingEntries = 5_000;

export interface LiveMembers {
  readonly clusterId: string;
  readonly members: readonly Member[];
  /** By member id, as the member told its own host where that was asked, else another one. */
  readonly statuses: ReadonlyMap<string, EtcdStatusSeen>;
  readonly alarms: readonly EtcdAlarm[];
}

const ownStatus = (view: EtcdSeen): EtcdStatusSeen | undefined => view.statuses.get(view.memberId);
const nameIn = (view: EtcdSeen): string => view.members.find(({ id }) => id === view.memberId)?.name || view.memberId;

/**
 * Running voters without a leader are many enough for one, so something keeps them apart: none of them can be relied
 * on. When they are too few, each counts as what it is, and their number tells that quorum is lost.
 */
function isLeaderless({ members, statuses }: EtcdSeen, leader: string | undefined): boolean {
  const voters = members.filter(({ isLearner }) => !isLearner);
  return leader === undefined && voters.filter(({ id }) => statuses.has(id)).length >= quorumOf(voters.length);
}

function membersOf(view: EtcdSeen): readonly Member[] {
  const leader = ownStatus(view)?.leader;
  const leaderless = isLeaderless(view, leader);
  const highest = Math.max(0, ...[...view.statuses.values()].map(({ raftIndex }) => raftIndex));
  const corrupt = view.alarms.filter(({ kind }) => kind === 'CORRUPT');
  // Where etcd cannot tell whose data is wrong, nobody's is known to be right.
  const isCorrupt = (id: string): boolean => corrupt.some(({ memberId = id }) => memberId === id);
  const healthOf = ({ id, name }: EtcdMemberSeen): MemberHealth => {
    if (name === '') return 'unstarted';
    const status = view.statuses.get(id);
    if (status === undefined) return 'down';
    if (isCorrupt(id)) return 'corrupt';
    const isBehind = highest - status.raftAppliedIndex > laggingEntries;
    return leaderless || isBehind || !status.healthy || status.leader !== leader ? 'lagging' : 'healthy';
  };
  return view.members.map((member) => ({ ...member, isLeader: member.id === leader, health: healthOf(member) }));
}

function refuseSecondCluster(views: readonly EtcdSeen[]): void {
  const [first, ...rest] = views;
  const other = rest.find((view) => view.clusterId !== first?.clusterId);
  if (first === undefined || other === undefined) return;
  const clusters = [first, other].map((view) => `${nameIn(view)} (${view.clusterId})`).sort();
  throw new RefusedError(`these hosts are members of different etcd clusters: ${clusters.join(', ')}`, {
    remedy: 'find out which of them holds the data of this cluster, and take the other one away by hand',
  });
}

function statusesOf(views: readonly EtcdSeen[]): ReadonlyMap<string, EtcdStatusSeen> {
  const all = views.flatMap(({ statuses }) => [...statuses]);
  const own = views.flatMap((view) => [...view.statuses].filter(([id]) => id === view.memberId));
  return new Map([...all, ...own]);
}

/** Each once, whoever told it. */
function alarmsOf(views: readonly EtcdSeen[]): readonly EtcdAlarm[] {
  return [...new Map(views.flatMap(({ alarms }) => alarms.map((alarm) => [JSON.stringify(alarm), alarm]))).values()];
}

/**
 * The members of etcd, from what several hosts see: as seen by the host that sees quorum and is the furthest ahead.
 * undefined when no member answers on any host.
 *
 * @throws RefusedError when the hosts are members of more than one cluster
 */
export function liveMembers(views: readonly EtcdSeen[]): LiveMembers | undefined {
  refuseSecondCluster(views);
  const seen = views.map((view) => ({ view, members: membersOf(view) }));
  const rank = ({ view, members }: (typeof seen)[number]): readonly number[] => [
    ownStatus(view)?.leader !== undefined && hasQuorum(members) ? 1 : 0,
    ownStatus(view)?.raftIndex ?? 0,
  ];
  const [best] = seen.toSorted((a, b) => {
    const [quorumA = 0, indexA = 0] = rank(a);
    const [quorumB = 0, indexB = 0] = rank(b);
    return quorumB - quorumA || indexB - indexA || (a.view.memberId < b.view.memberId ? -1 : 1);
  });
  if (best === undefined) return undefined;
  return { clusterId: best.view.clusterId, members: best.members, statuses: statusesOf(views), alarms: alarmsOf(views) };
}
