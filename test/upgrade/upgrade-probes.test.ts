import { expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { upgradeProbes } from '../../src/upgrade/upgrade-probes.ts';
import { sample, three } from '../components/sample.ts';

const cluster = sample(three);
const probesOf = (name: string, of = cluster) => upgradeProbes(of, nodeNamed(of, name));
const kindsOf = (name: string) => new Set(probesOf(name).map(({ kind }) => kind));

test('a worker is asked for little', () => {
  expect(kindsOf('w')).toEqual(new Set(['kube-nodes', 'content']));
});

test('a control plane tells what the API says, what it was asked for, its members and its backups', () => {
  expect(kindsOf('a')).toEqual(new Set(['kube-nodes', 'kube-upgrade', 'deprecated-apis', 'etcd', 'content', 'entries']));
});

test('the API is asked through the first by name that answers, and is there', () => {
  const othersOf = (name: string, of = cluster) =>
    probesOf(name, of).flatMap((probe) => (probe.kind === 'kube-upgrade' ? [probe.others] : []));
  expect(othersOf('a')).toEqual([[]]);
  expect(othersOf('c')).toEqual([['https://192.0.2.1:6443/readyz', 'https://192.0.2.2:6443/readyz']]);
  const down = sample(three.map((node) => (node.name === 'a' ? { ...node, state: 'down' } : node)));
  expect(othersOf('b', down)).toEqual([[]]);
});
