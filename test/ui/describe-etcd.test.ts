import { describe, expect, test } from 'vitest';
import type { EtcdReport, MemberReport } from '../../src/cluster/etcd-report.ts';
import { describeEtcdMembers, describeEtcdStatus, describeGains } from '../../src/ui/describe-etcd.ts';

const mebibyte = 1024 ** 2;
const member = (name: string, more: Partial<MemberReport> = {}): MemberReport => ({
  name,
  id: `id-${name}`,
  role: 'follower',
  state: 'healthy',
  peerURLs: [`https://${name}:2380`],
  clientURLs: [`https://${name}:2379`],
  inInventory: true,
  isDeclaredDown: false,
  alarms: [],
  ...more,
});
const told: Partial<MemberReport> = {
  version: '3.7.3',
  raftIndex: 120,
  raftAppliedIndex: 117,
  raftTerm: 4,
  lag: 3,
  dbSizeBytes: 500 * mebibyte,
  dbSizeInUseBytes: 100 * mebibyte,
  quotaBytes: 1000 * mebibyte,
  gainBytes: 400 * mebibyte,
  defragPays: true,
  fsyncP99Ms: 3.14,
};
const report = (members: readonly MemberReport[], more: Partial<EtcdReport> = {}): EtcdReport => ({
  clusterId: 'c1',
  isGiven: false,
  hasQuorum: true,
  members,
  findings: [],
  ...more,
});

const leader = member('a', { ...told, role: 'leader' });
const gone = member('b', { state: 'down', isDeclaredDown: true, inInventory: true });
const stray = member('', { id: 'beef', role: 'learner', state: 'unstarted', inInventory: false, clientURLs: [] });

test('members', () => {
  expect(describeEtcdMembers(report([leader, gone, stray]), true)).toBe(
    `MEMBER   ROLE       STATE                 IN INVENTORY   ID     CLIENT URLS      PEER URLS
a        leader     healthy               yes            id-a   https://a:2379   https://a:2380
b        follower   down, declared down   yes            id-b   https://b:2379   https://b:2380
beef     learner    unstarted             no             beef   -                https://:2380
`,
  );
  expect(describeEtcdMembers(report([leader]), false)).not.toContain('PEER URLS');
});

describe('status', () => {
  test('what is not known is a dash', () => {
    expect(describeEtcdStatus(report([leader, gone]), false)).toBe(
      `MEMBER   ROLE       STATE                 VERSION   DB SIZE   IN USE    QUOTA      OF QUOTA   DEFRAG GIVES    LAG   FSYNC P99   ALARMS
a        leader     healthy               3.7.3     500 MiB   100 MiB   1000 MiB   50 %       400 MiB, pays   3     3.1 ms      -
b        follower   down, declared down   -         -         -         -          -          -               -     -           -
`,
    );
  });

  test('wide', () => {
    const [head = '', line = ''] = describeEtcdStatus(report([leader]), true).split('\n');
    expect(head).toMatch(/ALARMS +ID +RAFT TERM +RAFT INDEX +APPLIED$/);
    expect(line).toMatch(/- +id-a +4 +120 +117$/);
  });

  test('alarms and findings', () => {
    const finding = { id: 'EtcdAlarm', severity: 'error', message: 'no space', remedy: 'make some' } as const;
    const text = describeEtcdStatus(report([member('a', { ...told, alarms: ['NOSPACE'] })], { findings: [finding] }), false);
    expect(text).toMatch(/NOSPACE\n\nerror no space \[EtcdAlarm\]\n {2}make some\n$/);
  });

  test('of an etcd that others run, what is not asked is said', () => {
    expect(describeEtcdStatus(report([leader], { isGiven: true }), false)).toContain('This etcd is run by others');
    expect(describeEtcdMembers(report([leader], { isGiven: true }), false)).toMatch(/healthy +- +id-a/);
  });
});

test('what a defragmentation would give back, of those that can be defragmented', () => {
  const members = [leader, gone, member('c', { ...told, role: 'learner' })];
  expect(describeGains(report(members))).toBe('a: 400 MiB of 500 MiB would be given back, 80 %\n');
});
