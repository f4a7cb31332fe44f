import { expect, test } from 'vitest';
import type { NodeListing } from '../../src/cluster/node-listing.ts';
import { describeNodes } from '../../src/ui/describe-nodes.ts';

const now = new Date('2026-03-03T00:00:00Z');
const nodes: readonly NodeListing[] = [
  {
    node: 'cp-1',
    roles: ['control-plane', 'etcd'],
    state: 'Ready',
    ready: true,
    cordoned: false,
    version: 'v1.37.1',
    address: '192.0.2.1',
    created: '2026-03-01T00:00:00Z',
    pods: 12,
    etcdMember: true,
  },
  {
    node: 'w-1',
    roles: ['worker'],
    state: 'NotReady',
    ready: false,
    cordoned: true,
    version: 'v1.37.1',
    address: '192.0.2.2',
    pods: 0,
    etcdMember: false,
  },
  { node: 'w-2', roles: ['worker'], state: 'not joined', address: '192.0.2.3', etcdMember: false },
  { node: 'etcd-1', roles: ['etcd'], state: '', address: '192.0.2.4', etcdMember: true },
  { node: 'w-3', roles: ['worker'], state: 'unreachable', address: '192.0.2.5' },
  { node: 'old-1', roles: [], state: 'not in the inventory', ready: true, cordoned: false, version: 'v1.36.0' },
  { node: 'old-2', roles: ['worker'], state: 'not in the inventory', ready: false, cordoned: true },
];

test('one line a node', () => {
  expect(describeNodes(nodes, false, now)).toMatchInlineSnapshot(`
    "NODE     ROLES                STATE                            SCHEDULING    VERSION   ADDRESS     ETCD MEMBER
    cp-1     control-plane,etcd   Ready                            schedulable   v1.37.1   192.0.2.1   yes
    w-1      worker               NotReady                         cordoned      v1.37.1   192.0.2.2   no
    w-2      worker               not joined                       -             -         192.0.2.3   no
    etcd-1   etcd                 -                                -             -         192.0.2.4   yes
    w-3      worker               unreachable                      -             -         192.0.2.5   -
    old-1    -                    not in the inventory, Ready      schedulable   v1.36.0   -           -
    old-2    worker               not in the inventory, NotReady   cordoned      -         -           -
    "
  `);
});

test('wide: age and pods as well', () => {
  const wide = describeNodes(nodes, true, now).split('\n');
  expect(wide[0]).toMatch(/ETCD MEMBER +AGE +PODS$/);
  expect(wide[1]).toMatch(/^cp-1 .* yes +2d +12$/);
  expect(wide[2]).toMatch(/^w-1 .* no +- +0$/);
  expect(wide[3]).toMatch(/^w-2 .* no +- +-$/);
});

test('a node that was absent takes no pods, cordoned or not', () => {
  const absence = { since: '2026-03-01T10:00:00Z', misses: [] };
  const row: NodeListing = { node: 'w', roles: [], state: 'declared down', absence, cordoned: true, distrusted: true };
  const [, line] = describeNodes([row], false, now).split('\n');
  expect(line).toMatch(/^w +- +declared down since 2026-03-01T10:00:00Z +distrusted /);
});
