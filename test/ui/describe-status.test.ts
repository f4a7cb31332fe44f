import { describe, expect, test } from 'vitest';
import { describeStatus } from '../../src/ui/describe-status.ts';

describe('describeStatus', () => {
  test('a table of nodes and one of components', () => {
    const text = describeStatus([
      {
        node: 'cp-1',
        roles: ['control-plane', 'etcd'],
        state: 'Ready',
        components: [
          { node: 'cp-1', component: 'etcd', unit: 'active', health: 'ok', version: '3.7.3', restarts: 0, certificateDays: 364 },
          {
            node: 'cp-1',
            component: 'kube-apiserver',
            unit: 'failed',
            health: 'no answer',
            version: '1.37.1',
            restarts: 5,
            certificateDays: -2,
          },
          { node: 'cp-1', component: 'containerd', unit: 'active', health: '', version: '', restarts: 12 },
        ],
      },
      { node: 'worker-1', roles: ['worker'], state: 'unreachable', components: [] },
      { node: 'etcd-1', roles: ['etcd'], state: '', components: [] },
    ]);
    expect(text).toMatchInlineSnapshot(`
      "NODE       ROLES                STATE
      cp-1       control-plane,etcd   Ready
      worker-1   worker               unreachable
      etcd-1     etcd                 -

      NODE   COMPONENT        UNIT     HEALTH      VERSION   RESTARTS   CERT DAYS
      cp-1   etcd             active   ok          3.7.3     0          364
      cp-1   kube-apiserver   failed   no answer   1.37.1    5          -2
      cp-1   containerd       active   -           -         12         -
      "
    `);
  });

  test('a node that is declared down, and one that came back', () => {
    const absence = { since: '2026-03-01T10:00:00Z', misses: ['kubelet'] };
    const text = describeStatus([
      { node: 'w1', roles: ['worker'], state: 'declared down', absence, reports: true, components: [] },
      { node: 'w2', roles: ['worker'], state: 'declared down', reports: false, components: [] },
      { node: 'w3', roles: ['worker'], state: 'Ready', absence, components: [] },
    ]);
    expect(text.split('\n').slice(1, 4)).toEqual([
      'w1     worker   declared down since 2026-03-01T10:00:00Z, misses kubelet; its kubelet reports',
      'w2     worker   declared down',
      'w3     worker   Ready, absent since 2026-03-01T10:00:00Z, misses kubelet: run kcluster init',
    ]);
  });

  test('where backups are scheduled, how old the newest is of each node and of all', () => {
    const newest = { name: 'c-20260301T100000Z-cp-1', takenAt: '2026-03-01T10:00:00Z', ageSeconds: 10_900 };
    const nodes = [
      { node: 'cp-1', roles: ['control-plane'], state: 'Ready', newestBackup: newest, components: [] },
      { node: 'w1', roles: ['worker'], state: 'Ready', components: [] },
    ];
    expect(describeStatus(nodes, { newest: { ...newest, node: 'cp-1' } })).toMatchInlineSnapshot(`
      "NODE   ROLES           BACKUP   STATE
      cp-1   control-plane   3h       Ready
      w1     worker          -        Ready

      NODE   COMPONENT   UNIT   HEALTH   VERSION   RESTARTS   CERT DAYS

      newest backup: c-20260301T100000Z-cp-1 on cp-1, 3h old
      "
    `);
    expect(describeStatus(nodes, { problem: 'no host has a backup' }).split('\n').at(-2)).toBe(
      'not well: no host has a backup; kcluster etcd backup status says why',
    );
  });

  test('no nodes leave the headings', () => {
    expect(describeStatus([])).toMatchInlineSnapshot(`
      "NODE   ROLES   STATE

      NODE   COMPONENT   UNIT   HEALTH   VERSION   RESTARTS   CERT DAYS
      "
    `);
  });
});
