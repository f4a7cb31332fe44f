import { expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import { etcdTools } from '../../src/phases/etcd-install.ts';
import { place } from '../../src/workflows/place.ts';
import { readInventory } from '../app/support/mirrored-inventory.ts';

test.each([
  ['single', { 'node-1': ['etcdctl', 'etcdutl'] }],
  [
    'external-etcd',
    {
      'cp-1': ['etcdctl', 'etcdutl', 'link', 'link'],
      'cp-2': ['etcdctl', 'etcdutl', 'link', 'link'],
      'etcd-1': ['etcdctl', 'etcdutl'],
      'etcd-2': ['etcdctl', 'etcdutl'],
      'etcd-3': ['etcdctl', 'etcdutl'],
    },
  ],
  ['given-etcd', { 'cp-1': ['etcdctl', 'etcdutl', 'link', 'link'], 'cp-2': ['etcdctl', 'etcdutl', 'link', 'link'] }],
])('%s: the tools of backups are on members and on every control plane', async (name, expected) => {
  const cluster = await readInventory(`${name}.yaml`);
  const desired = desire(cluster, place(cluster, selectVersions(cluster), new Map()));
  const phase = etcdTools([]);
  const tools = phase
    .targets(cluster)
    .map((node) => [node.name, phase.resources(desired, node).map((each) => (each.kind === 'binary' ? each.name : each.kind))]);
  expect(Object.fromEntries(tools)).toEqual(expected);
});
