import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { type EtcdFacts, type MemberStatus, reportEtcd } from '../../src/cluster/etcd-report.ts';
import { apart, sample, three } from '../components/sample.ts';
import { membersOf } from './quorum-members.ts';

const gibibyte = 1024 ** 3;
const status: MemberStatus = {
  version: '3.7.3',
  raftIndex: 100,
  raftAppliedIndex: 100,
  raftTerm: 3,
  dbSizeBytes: gibibyte,
  dbSizeInUseBytes: gibibyte,
  quotaBytes: 8 * gibibyte,
};
const names = ['a', 'b', 'c', 'd', 'e'];

/** Members a, b, … by their letters (see membersOf); those that run have told of themselves. The first leads. */
function factsOf(text: string, more: Partial<EtcdFacts> = {}, statuses: Readonly<Record<string, Partial<MemberStatus>>> = {}): EtcdFacts {
  const members = membersOf(text).map((member, index) => ({
    ...member,
    name: member.name === '' ? '' : (names[index] ?? ''),
    isLeader: index === 0 && member.health === 'healthy',
  }));
  const telling = members.filter(({ health }) => ['healthy', 'lagging', 'corrupt'].includes(health));
  return {
    clusterId: 'c1',
    members,
    statuses: new Map(telling.map(({ id }) => [id, { ...status, ...statuses[id] }])),
    alarms: [],
    ...more,
  };
}
const cluster = sample(three);
const nobody = new Map<string, number>();
const findingsOf = (facts: EtcdFacts | undefined, of: Cluster = cluster): string[] =>
  reportEtcd(of, facts, nobody).findings.map(({ id, severity, message }) => `${severity === 'error' ? '' : 'warning '}${id}: ${message}`);

describe('members', () => {
  test('who they are, what they hold, and whether the inventory knows them', () => {
    const facts = factsOf('hhhH', {}, { 2: { raftIndex: 90, raftAppliedIndex: 80, dbSizeInUseBytes: gibibyte / 2 } });
    const report = reportEtcd(cluster, facts, new Map([['b', 2.5]]));
    expect(report).toMatchObject({ clusterId: 'c1', isGiven: false, hasQuorum: true });
    expect(report.members.map(({ name, role, state, inInventory }) => [name, role, state, inInventory])).toEqual([
      ['a', 'leader', 'healthy', true],
      ['b', 'follower', 'healthy', true],
      ['c', 'follower', 'healthy', true],
      ['d', 'learner', 'healthy', false],
    ]);
    expect(report.members[0]).toMatchObject({ lag: 0, gainBytes: 0, defragPays: false });
    expect(report.members[1]).toMatchObject({ lag: 20, gainBytes: gibibyte / 2, defragPays: true, fsyncP99Ms: 2.5 });
    expect(report.members[0]?.fsyncP99Ms).toBeUndefined();
  });

  test('one that never started is known by its address', () => {
    const { members } = reportEtcd(cluster, factsOf('hhU'), nobody);
    expect(members.map(({ name, role, state }) => [name, role, state])).toContainEqual(['c', 'learner', 'unstarted']);
    expect(members).toHaveLength(3);
  });

  test('a node without a member is one of them, and so are all while nobody answers', () => {
    expect(reportEtcd(cluster, factsOf('hh'), nobody).members.at(-1)).toMatchObject({ name: 'c', id: '', role: '', state: 'no member' });
    expect(
      reportEtcd(sample(apart, { etcd: { topology: 'external' } }), undefined, nobody)
        .members.map(({ name, state }) => `${name} ${state}`)
        .sort(),
    ).toEqual(['e1 unknown', 'e2 unknown', 'e3 unknown']);
  });

  test('an etcd before 3.6 tells no quota', () => {
    const [member] = reportEtcd(cluster, factsOf('hhh', {}, { 1: { quotaBytes: undefined } }), nobody).members;
    expect(member !== undefined && 'quotaBytes' in member).toBe(false);
  });
});

describe('what is wrong', () => {
  const [noSpace, corrupt] = [
    { kind: 'NOSPACE', memberId: '2' },
    { kind: 'CORRUPT', memberId: '3' },
  ];
  test.each<[what: string, facts: EtcdFacts | undefined, findings: readonly string[]]>([
    ['nothing', factsOf('hhh'), []],
    ['nobody answers', undefined, ['EtcdSilent: no member of etcd answers on any host that can be reached']],
    ['one is down', factsOf('hhd'), ['EtcdMember: c is down']],
    ['one is behind', factsOf('hgh'), ['EtcdMember: b is lagging']],
    [
      'two are down',
      factsOf('hdd'),
      [
        'QuorumLost: quorum is lost: 1 of 3 voting members healthy, 2 needed: nothing can be written',
        'EtcdMember: b is down',
        'EtcdMember: c is down',
      ],
    ],
    ['one never started', factsOf('hhU'), ['EtcdMember: c is added to etcd and never started']],
    ['a node has none', factsOf('hh'), ['EtcdMember: c has no member of etcd']],
    [
      'no space',
      factsOf('hhh', { alarms: [noSpace] }, { 2: { dbSizeBytes: 8 * gibibyte } }),
      ['EtcdAlarm: etcd member b has no space left within its quota (alarm NOSPACE): nothing can be written'],
    ],
    [
      'wrong data',
      factsOf('hhc', { alarms: [corrupt] }),
      ['EtcdAlarm: etcd member c holds other data than the rest (alarm CORRUPT): nothing can be written'],
    ],
    [
      'an alarm of nobody in particular',
      factsOf('hhh', { alarms: [{ kind: 'NOSPACE' }] }),
      ['EtcdAlarm: etcd has no space left within its quota (alarm NOSPACE): nothing can be written'],
    ],
    ['nearly full', factsOf('hhh', {}, { 1: { dbSizeBytes: 7 * gibibyte } }), ['warning EtcdCrowded: the file of a has 87 % of its quota']],
  ])('%s', (_, facts, findings) => {
    expect(findingsOf(facts)).toEqual(findings);
  });

  test('nearly full: what is to be done depends on what is in the file', () => {
    const remedyOf = (dbSizeInUseBytes: number): string | undefined =>
      reportEtcd(cluster, factsOf('hhh', {}, { 1: { dbSizeBytes: 7 * gibibyte, dbSizeInUseBytes } }), nobody).findings[0]?.remedy;
    expect(remedyOf(gibibyte)).toBe('kcluster etcd defrag gives room back');
    expect(remedyOf(7 * gibibyte)).toContain('quota-backend-bytes');
  });

  test('a member that the inventory declares down is no error', () => {
    const away = { ...cluster, nodes: cluster.nodes.map((node) => (node.name === 'c' ? { ...node, state: 'down' as const } : node)) };
    expect(findingsOf(factsOf('hhd'), away)).toEqual(['warning EtcdMember: c is down, as the inventory says']);
    expect(reportEtcd(away, factsOf('hhd'), nobody).members.at(-1)).toMatchObject({ isDeclaredDown: true });
  });

  test('of an etcd that others run: no member is missing, and the way out is theirs', () => {
    const given = { ...cluster, etcd: { ...cluster.etcd, given: { endpoints: [], caFile: '', certFile: '', keyFile: '' } } };
    const { isGiven, members, findings } = reportEtcd(given, factsOf('h', { alarms: [{ kind: 'NOSPACE', memberId: '1' }] }), nobody);
    expect([isGiven, members.length]).toEqual([true, 1]);
    expect(findings.map(({ remedy }) => remedy)).toEqual(['tell whoever runs this etcd; kcluster changes nothing in it']);
  });
});
