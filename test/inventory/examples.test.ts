import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contains } from '../../src/cluster/cidr.ts';
import { nodesWithRole } from '../../src/cluster/cluster.ts';
import { checkInventory } from '../../src/inventory/check-inventory.ts';

const folder = new URL('../../inventories/', import.meta.url);
const names = readdirSync(folder);
const documentation = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'];

test('there are some', () => {
  expect(names).toEqual(
    expect.arrayContaining([
      'single.yaml',
      'one-control-plane-two-workers.yaml',
      'three-control-planes.yaml',
      'external-etcd.yaml',
      'given-etcd.yaml',
    ]),
  );
});

test.each(names)('%s is valid without a warning, commented, and names no real machine', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const { cluster, problems } = checkInventory(text);
  expect(problems).toEqual([]);
  expect(text).toMatch(/^# /);
  const real = cluster?.nodes
    .flatMap((node) => [node.address, node.internalAddress])
    .filter((address) => !documentation.some((range) => contains(range, address)));
  expect(real).toEqual([]);
});

test.each([
  ['single.yaml', 1, 1, 1],
  ['one-control-plane-two-workers.yaml', 1, 1, 2],
  ['three-control-planes.yaml', 3, 3, 3],
  ['external-etcd.yaml', 2, 3, 2],
  ['given-etcd.yaml', 2, 0, 1],
])('%s has %i control planes, %i etcd members, %i workers', (name, controlPlanes, members, workers) => {
  const { cluster } = checkInventory(readFileSync(new URL(name, folder), 'utf8'));
  expect(cluster && (['control-plane', 'etcd', 'worker'] as const).map((role) => nodesWithRole(cluster, role).length)).toEqual([
    controlPlanes,
    members,
    workers,
  ]);
});
