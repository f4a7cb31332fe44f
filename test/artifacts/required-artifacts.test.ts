import { describe, expect, test } from 'vitest';
import { describeArtifact } from '../../src/artifacts/describe-artifact.ts';
import { clusterArtifacts, requiredArtifacts, requiredComponents } from '../../src/artifacts/required-artifacts.ts';
import type { Node } from '../../src/cluster/cluster.ts';
import { makeCluster, makeNode } from './sample.ts';

const etcd = ['etcd'];
const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];
const kubelet = ['containerd', 'runc', 'cni-plugins', 'crictl', 'kubelet', 'kube-proxy', 'pause', 'coredns'];

test.each<[Node['roles'], string[]]>([
  [['etcd'], etcd],
  [['control-plane'], [...etcd, ...controlPlane, ...kubelet]],
  [
    ['control-plane', 'etcd'],
    [...etcd, ...controlPlane, ...kubelet],
  ],
  [['worker'], kubelet],
  [
    ['worker', 'etcd'],
    [...etcd, ...kubelet],
  ],
])('a node with %j needs its components', (roles, components) => {
  const node = makeNode('a', roles);
  expect(requiredComponents(makeCluster('1.37.1', [node]), node)).toEqual(components);
});

test('what is switched off is not needed', () => {
  const node = makeNode('a', ['worker']);
  const base = makeCluster('1.37.1', [node]);
  const cluster = { ...base, addons: { coredns: false }, network: { ...base.network, proxyMode: 'none' as const } };
  expect(requiredComponents(cluster, node)).toEqual(kubelet.filter((name) => name !== 'kube-proxy' && name !== 'coredns'));
});

test('an artifact has the node`s architecture and version', () => {
  const node = makeNode('a', ['worker'], { runc: '1.5.2' });
  const runc = requiredArtifacts(makeCluster('1.37.1', [node]), node, 'arm64').find(({ component }) => component === 'runc');
  expect(runc).toEqual({
    id: 'runc@1.5.2/arm64',
    component: 'runc',
    version: '1.5.2',
    arch: 'arm64',
    kind: 'file',
    url: 'https://github.com/opencontainers/runc/releases/download/v1.5.2/runc.arm64',
    checksum: { url: 'https://github.com/opencontainers/runc/releases/download/v1.5.2/runc.sha256sum' },
    binaries: [{ name: 'runc' }],
  });
});

test('the nodes of a cluster share what is equal', () => {
  const nodes = [makeNode('a', ['control-plane', 'etcd']), makeNode('b', ['worker']), makeNode('c', ['worker'], { runc: '1.5.2' })];
  const ids = clusterArtifacts(makeCluster('1.37.1', nodes), ({ name }) => (name === 'b' ? 'arm64' : 'amd64')).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => id.startsWith('runc'))).toEqual(['runc@1.4.3/amd64', 'runc@1.4.3/arm64', 'runc@1.5.2/amd64']);
  expect(ids.filter((id) => id.startsWith('etcd'))).toEqual(['etcd@3.7.3/amd64']);
});

describe('upstream`s addresses', () => {
  const kubernetes = 'https://dl.k8s.io/release/v1.37.1/bin/linux/amd64';
  const github = 'https://github.com';
  test.each([
    ['kubelet', '1.37.1', `${kubernetes}/kubelet`, `${kubernetes}/kubelet.sha256`],
    [
      'etcd',
      '3.7.3',
      `${github}/etcd-io/etcd/releases/download/v3.7.3/etcd-v3.7.3-linux-amd64.tar.gz`,
      `${github}/etcd-io/etcd/releases/download/v3.7.3/SHA256SUMS`,
    ],
    [
      'containerd',
      '2.3.7',
      `${github}/containerd/containerd/releases/download/v2.3.7/containerd-static-2.3.7-linux-amd64.tar.gz`,
      `${github}/containerd/containerd/releases/download/v2.3.7/containerd-static-2.3.7-linux-amd64.tar.gz.sha256sum`,
    ],
    [
      'cni-plugins',
      '1.9.1',
      `${github}/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-amd64-v1.9.1.tgz`,
      `${github}/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-amd64-v1.9.1.tgz.sha256`,
    ],
    [
      'crictl',
      '1.36.0',
      `${github}/kubernetes-sigs/cri-tools/releases/download/v1.36.0/crictl-v1.36.0-linux-amd64.tar.gz`,
      `${github}/kubernetes-sigs/cri-tools/releases/download/v1.36.0/crictl-v1.36.0-linux-amd64.tar.gz.sha256`,
    ],
  ] as const)('%s', (component, version, url, checksum) => {
    expect(describeArtifact(component, version, 'amd64')).toMatchObject({ url, checksum: { url: checksum } });
  });

  test('members of an archive carry the version', () => {
    expect(describeArtifact('etcd', '3.7.3', 'arm64').binaries).toContainEqual({
      name: 'etcdutl',
      member: 'etcd-v3.7.3-linux-arm64/etcdutl',
    });
  });

  test.each([
    ['coredns', '1.14.7', 'registry.k8s.io/coredns/coredns:v1.14.7'],
    ['pause', '3.10.2', 'registry.k8s.io/pause:3.10.2'],
  ] as const)('the image of %s', (component, version, reference) => {
    expect(describeArtifact(component, version, 'amd64')).toMatchObject({ kind: 'image', reference, binaries: [] });
  });

  test('a pinned digest comes along', () => {
    const artifact = describeArtifact('cni-plugins', '1.9.1', 'amd64');
    expect(artifact.kind === 'archive' && artifact.checksum.pinned).toBe(
      'b98f74a0f8522f0a83867178729c1aa70f2158f90c45a2ca8fa791db1c76b303',
    );
  });
});
