import { type Cluster, nodesWithRole } from './cluster.ts';
import { explainAlarm } from './etcd-alarm.ts';
import { defaultThreshold, gainOf, isCrowded, paysToDefrag } from './etcd-room.ts';
import { hasQuorum, type Member, type MemberHealth, quorumOf } from './quorum.ts';

/** What a member said of itself. */
export interface MemberStatus {
  readonly version: string;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly raftTerm: number;
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number;
  readonly quotaBytes: number | undefined;
}

/** A member of etcd, or a node of the inventory that should be one; what nobody told is absent. */
export interface MemberReport extends Partial<Omit<MemberStatus, 'quotaBytes'>> {
  readonly name: string;
  /** Hexadecimal; empty: not in etcd's list. */
  readonly id: string;
  readonly role: 'leader' | 'follower' | 'learner' | '';
  readonly state: MemberHealth | 'no member' | 'unknown';
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly inInventory: boolean;
  /** The inventory says that its host is down. */
  readonly isDeclaredDown: boolean;
  readonly quotaBytes?: number;
  /** Entries of the log that it has not applied yet. */
  readonly lag?: number;
  /** What a defragmentation would give back. */
  readonly gainBytes?: number;
  readonly defragPays?: boolean;
  readonly alarms: readonly string[];
  /** Of 100 syncs of its log, 99 were not slower. */
  readonly fsyncP99Ms?: number;
}

export interface EtcdFinding {
  readonly id: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
}

export interface EtcdReport {
  /** undefined while no member answers. */
  readonly clusterId?: string;
  /** Whether others run it. */
  readonly isGiven: boolean;
  readonly hasQuorum: boolean;
  readonly members: readonly MemberReport[];
  readonly findings: readonly EtcdFinding[];
}

/** What is known of etcd; everything absent while no member answers. */
export interface EtcdFacts {
  readonly clusterId: string;
  readonly members: readonly Member[];
  readonly statuses: ReadonlyMap<string, MemberStatus>;
  readonly alarms: readonly { readonly kind: string; readonly memberId?: string }[];
}

function roleOf({ isLeader, isLearner }: Member): MemberReport['role'] {
  if (isLearner) return 'learner';
  return isLeader ? 'leader' : 'follower';
}

function roomOf(status: MemberStatus | undefined): Partial<MemberReport> {
  if (status === undefined) return {};
  const { quotaBytes, ...rest } = status;
  const room = { sizeBytes: status.dbSizeBytes, inUseBytes: status.dbSizeInUseBytes };
  const quota = quotaBytes === undefined ? {} : { quotaBytes };
  return { ...rest, ...quota, gainBytes: gainOf(room), defragPays: paysToDefrag(room, defaultThreshold) };
}

/** By name or peer URL: who never started has no name. */
function nodeOf(cluster: Cluster, { name, peerURLs }: Member): Cluster['nodes'][number] | undefined {
  const nodes = nodesWithRole(cluster, 'etcd');
  const isOf = (address: string): boolean => peerURLs.some((url) => new URL(url).hostname.replaceAll(/[[\]]/g, '') === address);
  return nodes.find((node) => node.name === name) ?? nodes.find(({ internalAddress }) => isOf(internalAddress));
}

function reportMember(cluster: Cluster, facts: EtcdFacts, fsyncs: ReadonlyMap<string, number>, member: Member): MemberReport {
  const { id, health, peerURLs, clientURLs } = member;
  const node = nodeOf(cluster, member);
  const status = facts.statuses.get(id);
  const highest = Math.max(0, ...[...facts.statuses.values()].map(({ raftIndex }) => raftIndex));
  const fsyncP99Ms = node === undefined ? undefined : fsyncs.get(node.name);
  return {
    name: member.name || (node?.name ?? ''),
    id,
    role: roleOf(member),
    state: health,
    peerURLs,
    clientURLs,
    inInventory: node !== undefined,
    isDeclaredDown: node?.state === 'down',
    ...roomOf(status),
    ...(status === undefined ? {} : { lag: Math.max(0, highest - status.raftAppliedIndex) }),
    alarms: facts.alarms.filter(({ memberId }) => memberId === id).map(({ kind }) => kind),
    ...(fsyncP99Ms === undefined ? {} : { fsyncP99Ms }),
  };
}

/** Nodes that should hold a member and hold none; while nobody answers, nobody knows. */
function reportMissing(cluster: Cluster, facts: EtcdFacts | undefined): readonly MemberReport[] {
  const known = new Set((facts?.members ?? []).map((member) => nodeOf(cluster, member)?.name));
  const missing = nodesWithRole(cluster, 'etcd').filter(({ name }) => !known.has(name));
  return missing.map(({ name, state }) => ({
    name,
    id: '',
    role: '',
    state: facts === undefined ? 'unknown' : 'no member',
    peerURLs: [],
    clientURLs: [],
    inInventory: true,
    isDeclaredDown: state === 'down',
    alarms: [],
  }));
}

const silent: EtcdFinding = {
  id: 'EtcdSilent',
  severity: 'error',
  message: 'no member of etcd answers on any host that can be reached',
  remedy: 'kcluster status shows the units, kcluster init brings them back; when the data is gone, restore a snapshot',
};

const remedies: Partial<Record<MemberReport['state'], string>> = {
  down: 'bring its host or its unit back: kcluster init; when it is gone for good: kcluster nodes remove NODE --dead',
  lagging: 'wait until it has caught up; when it does not, look at its journal, its disk and the network between the members',
  unstarted: 'let it start: run kcluster join again; or take it out with kcluster nodes remove',
  'no member': 'kcluster join makes it one',
};

function judgeMember({ name, id, state, isDeclaredDown }: MemberReport): readonly EtcdFinding[] {
  const remedy = remedies[state];
  // Wrong data is told by its alarm.
  if (remedy === undefined) return [];
  const said = state === 'no member' ? 'has no member of etcd' : `is ${state === 'unstarted' ? 'added to etcd and never started' : state}`;
  const isKnown = isDeclaredDown && state !== 'lagging';
  const message = `${name || `member ${id}`} ${said}${isKnown ? ', as the inventory says' : ''}`;
  return [{ id: 'EtcdMember', severity: isKnown ? 'warning' : 'error', message, remedy }];
}

function judgeQuorumLost(members: readonly Member[]): readonly EtcdFinding[] {
  if (hasQuorum(members)) return [];
  const voters = members.filter(({ isLearner }) => !isLearner);
  const healthy = voters.filter(({ health }) => health === 'healthy').length;
  const message = `quorum is lost: ${healthy} of ${voters.length} voting members healthy, ${quorumOf(voters.length)} needed: nothing can be written`;
  const remedy = 'bring the others back: kcluster init; when their data is gone for good, restore a snapshot';
  return [{ id: 'QuorumLost', severity: 'error', message, remedy }];
}

function judgeRoom({ name, dbSizeBytes, dbSizeInUseBytes, quotaBytes, alarms, defragPays }: MemberReport): readonly EtcdFinding[] {
  if (dbSizeBytes === undefined || dbSizeInUseBytes === undefined || alarms.includes('NOSPACE')) return [];
  const room = { sizeBytes: dbSizeBytes, inUseBytes: dbSizeInUseBytes };
  if (!isCrowded(room, quotaBytes)) return [];
  const share = Math.floor((dbSizeBytes * 100) / (quotaBytes ?? 1));
  const remedy =
    defragPays === true
      ? 'kcluster etcd defrag gives room back'
      : 'find out what fills it, or give it more room with components.etcd.extraArgs: { quota-backend-bytes: BYTES }';
  return [{ id: 'EtcdCrowded', severity: 'warning', message: `the file of ${name} has ${share} % of its quota`, remedy }];
}

function judgeAlarms({ alarms, members }: EtcdFacts, isGiven: boolean): readonly EtcdFinding[] {
  return alarms.map(({ kind, memberId }) => {
    const { message, remedy } = explainAlarm(kind, members.find(({ id }) => id === memberId)?.name || undefined);
    const tell = 'tell whoever runs this etcd; kcluster changes nothing in it';
    return { id: 'EtcdAlarm', severity: 'error', message, remedy: isGiven ? tell : remedy };
  });
}

/** etcd as its members tell it, and what is wrong with it. Pure. @param fsyncs 99th percentile in milliseconds, by node */
export function reportEtcd(cluster: Cluster, facts: EtcdFacts | undefined, fsyncs: ReadonlyMap<string, number>): EtcdReport {
  const isGiven = cluster.etcd.given !== undefined;
  const missing = isGiven ? [] : reportMissing(cluster, facts);
  if (facts === undefined) return { isGiven, hasQuorum: false, members: missing, findings: [silent] };
  const members = facts.members
    .map((member) => reportMember(cluster, facts, fsyncs, member))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const all = [...members, ...missing];
  const findings = [
    ...judgeQuorumLost(facts.members),
    ...judgeAlarms(facts, isGiven),
    ...all.flatMap(judgeMember),
    ...members.flatMap(judgeRoom),
  ];
  return { clusterId: facts.clusterId, isGiven, hasQuorum: hasQuorum(facts.members), members: all, findings };
}
