import { expect, test } from 'vitest';
import { nodeNamed } from '../../src/cluster/cluster.ts';
import { upgradeProbes } from '../../src/upgrade/upgrade-probes.ts';
import { sample, three } from '../components/sample.ts';

const cluster = sample(three);
const kindsOf = (name: string): readonly string[] => upgradeProbes(cluster, nodeNamed(cluster, name)).map(({ kind }) => kind);

test('members of etcd are asked for their releases', () => {
  expect(kindsOf('a')).toContain('etcd');
  expect(kindsOf('w')).not.toContain('etcd');
});
