import { describe, expect, test } from 'vitest';
import { selectNodeVersions, selectVersions } from '../../src/artifacts/select-versions.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { makeCluster, makeNode } from './sample.ts';

test.each([
  ['1.37.1', '3.7.3'],
  ['1.36.5', '3.6.16'],
  ['1.35.4', '3.6.16'],
  ['1.37.99', '3.7.3'],
])('Kubernetes %s takes etcd %s', (kubernetes, etcd) => {
  const versions = selectVersions(makeCluster(kubernetes, [makeNode('a', ['control-plane', 'etcd'])]));
  expect(versions).toMatchObject({ etcd, kubelet: kubernetes, kubectl: kubernetes, containerd: '2.3.7', pause: '3.10.2' });
});

test('the inventory wins', () => {
  const cluster = makeCluster('1.37.1', [makeNode('a', ['worker'], { containerd: '2.4.1', kubelet: 'v1.36.5' })]);
  expect(selectVersions(cluster)).toMatchObject({ containerd: '2.4.1', kubelet: '1.36.5', runc: '1.4.3' });
});

test('a cluster without nodes has the defaults', () => {
  expect(selectVersions(makeCluster('1.37.1', [])).coredns).toBe('1.14.7');
});

describe('nodes that differ', () => {
  const a = makeNode('a', ['worker'], { containerd: '2.4.1' });
  const b = makeNode('b', ['worker']);
  const c = makeNode('c', ['worker']);

  test('have each their own', () => {
    const cluster = makeCluster('1.37.1', [a, b]);
    expect([a, b].map((node) => selectNodeVersions(cluster, node).containerd)).toEqual(['2.4.1', '2.3.7']);
  });

  test.each([
    ['what most have', [a, b, c], '2.3.7'],
    ['the newest of equals', [a, b], '2.4.1'],
    ['whatever their order', [b, a], '2.4.1'],
  ])('count for the cluster: %s', (_, nodes, version) => {
    expect(selectVersions(makeCluster('1.37.1', nodes)).containerd).toBe(version);
  });
});

test('an unknown minor is refused with the known ones', () => {
  const select = () => selectVersions(makeCluster('1.99.0', []));
  expect(select).toThrow(ConfigurationError);
  expect(select).toThrow(/Kubernetes 1\.99/);
  try {
    select();
  } catch (error) {
    expect((error as ConfigurationError).details.remedy).toContain('1.35, 1.36, 1.37');
  }
});
