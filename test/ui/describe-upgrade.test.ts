import { describe, expect, test } from 'vitest';
import type { UpgradeReport } from '../../src/cluster/upgrade-report.ts';
import type { Finding } from '../../src/engine/plan.ts';
import { describeUpgrade } from '../../src/ui/describe-upgrade.ts';

const report: UpgradeReport = {
  clusterVersion: '1.35.4',
  newK8sVersion: '1.37.1',
  hops: ['1.36.5', '1.37.1'],
  availableUpgrades: [
    { description: 'newest patch', newK8sVersion: '1.35.9', hops: ['1.35.9'] },
    { description: 'furthest', newK8sVersion: '1.37.1', hops: ['1.36.5', '1.37.1'] },
  ],
  components: [
    { component: 'etcd', nodes: ['a', 'b'], currentVersion: '3.6.16', newVersion: '3.7.3', reason: 'belongs to Kubernetes 1.37' },
    { component: 'runc', nodes: ['a', 'b', 'c', 'd', 'e', 'f'], currentVersion: '1.4.3', newVersion: '1.4.3', reason: 'same' },
    { component: 'coredns', nodes: [], currentVersion: 'none', newVersion: '1.14.7', reason: 'same' },
  ],
  stages: [
    { what: 'members of etcd (2)', away: 'one member at a time, 2 s', seconds: 4 },
    { what: 'nodes (6)', away: 'the nodes of a batch', seconds: 120 },
  ],
};
const findings: readonly Finding[] = [{ id: 'BackupAge', severity: 'warning', message: 'no host has a backup', remedy: 'make one' }];

test('says all of it, block by block', () => {
  expect(describeUpgrade(report, findings)).toBe(`Kubernetes 1.35.4 → 1.36.5 → 1.37.1

can be reached
  newest patch: 1.35.9
  furthest: 1.36.5 → 1.37.1

COMPONENT   NODES         CURRENT   TARGET   WHY
etcd        a, b          3.6.16    3.7.3    belongs to Kubernetes 1.37
runc        6 nodes       1.4.3     -        same
coredns     the cluster   none      1.14.7   same

STAGE                 AWAY MEANWHILE              ABOUT
members of etcd (2)   one member at a time, 2 s   4.0s
nodes (6)             the nodes of a batch        2m00s
about 2m04s to 1.36.5

warning no host has a backup [BackupAge]
  make one
`);
});

describe('single parts', () => {
  const of = (more: Partial<UpgradeReport>, found: readonly Finding[] = []): string => describeUpgrade({ ...report, ...more }, found);
  test.each<[string, Partial<UpgradeReport>, RegExp]>([
    ['one hop takes what it takes in all', { hops: ['1.36.5'] }, /about 2m04s in all/],
    ['a hop that was begun is not named twice', { clusterVersion: '1.36.5' }, /^Kubernetes 1\.36\.5 → 1\.37\.1\n/],
    ['a cluster that is there already', { clusterVersion: '1.37.1', hops: ['1.37.1'] }, /^Kubernetes 1\.37\.1\n/],
    ['nothing newer', { availableUpgrades: [] }, /can be reached\nnothing newer is known\n/],
    ['five nodes are named', { components: [{ ...report.components[0], nodes: [...'abcde'] } as never] }, /a, b, c, d, e {2}/],
  ])('%s', (_, more, text) => {
    expect(of(more)).toMatch(text);
  });

  test('without stages nothing is said of time', () => {
    expect(of({ stages: [] })).not.toMatch(/STAGE|about/);
  });

  test('colors are asked for by what they mean', () => {
    const asked: string[] = [];
    describeUpgrade(report, [{ ...findings[0], severity: 'error' } as Finding], (style, text) => {
      asked.push(`${style} ${text}`);
      return text;
    });
    expect(asked).toEqual(expect.arrayContaining(['bold Kubernetes 1.35.4 → 1.36.5 → 1.37.1', 'red error', 'dim [BackupAge]']));
  });
});
