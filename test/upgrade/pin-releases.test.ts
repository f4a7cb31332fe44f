import { expect, test } from 'vitest';
import { selectNodeVersions } from '../../src/artifacts/select-versions.ts';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { onlyThese, stayingAt } from '../../src/upgrade/pin-releases.ts';
import { sample, three } from '../components/sample.ts';
import { inputOf, v } from './situation.ts';

const cluster = { ...sample(three), kubernetesVersion: v('1.36.5') };
const { running } = inputOf(cluster, { releases: { 'containerd@b': '2.3.1' } });

test('what stays is what runs; the rest is what the inventory says', () => {
  const staying = stayingAt({ ...cluster, kubernetesVersion: v('1.37.1') }, running, new Set(['etcd']));
  const versions = selectNodeVersions(staying, nodeNamed(staying, 'a'));
  expect([versions.etcd, versions.kubelet]).toEqual(['3.6.16', '1.37.1']);
});

test('one component alone becomes what belongs to the target, on every node; all others stay as each node runs them', () => {
  const some = onlyThese(cluster, running, { only: new Set(['etcd']), from: v('1.36.5'), to: v('1.37.1') });
  const [a, b] = ['a', 'b'].map((name) => selectNodeVersions(some, nodeNamed(some, name)));
  expect([a?.etcd, a?.['kube-apiserver'], a?.kubelet, a?.containerd]).toEqual(['3.7.3', '1.36.5', '1.36.5', '2.3.7']);
  expect(b?.containerd).toBe('2.3.1');
});

test('settings of components are kept', () => {
  const given = cluster.nodes[0]?.components.etcd.extraArgs;
  expect(stayingAt(cluster, running, new Set(['etcd'])).nodes[0]?.components.etcd.extraArgs).toBe(given);
});
