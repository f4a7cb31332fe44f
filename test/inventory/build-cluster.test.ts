import { describe, expect, test } from 'vitest';
import type { Node } from '../../src/cluster/cluster.ts';
import { clusterOf } from './sample.ts';

function nodeOf(node: object, cluster: object = {}): Node {
  const [built] = clusterOf({ cluster, nodes: [node, { roles: ['worker'] }] }).nodes;
  if (built === undefined) throw new Error('no node');
  return built;
}

test('an inventory that says nothing gets every default', () => {
  const { nodes, ...cluster } = clusterOf({});
  expect(cluster).toEqual({
    name: 'sample',
    kubernetesVersion: { major: 1, minor: 37, patch: 1, prerelease: '' },
    network: {
      podCIDRs: ['10.244.0.0/16'],
      serviceCIDRs: ['10.96.0.0/16'],
      nodeCIDRMaskSizes: [24],
      dnsDomain: 'cluster.local',
      plugin: 'routed',
      proxyMode: 'nftables',
    },
    etcd: { topology: 'stacked', snapshots: { keep: { last: 7, daily: 7, weekly: 4, monthly: 6 }, copyTo: [], encryptTo: [] } },
    addons: { coredns: true },
    security: { keyAlgorithm: 'ecdsa-p256', leafDays: 365, caDays: 3650, podSecurity: 'baseline', apiServerSANs: [] },
    artifacts: { source: 'operator', trust: 'pinned' },
    ignorePreflight: [],
  });
  expect(nodes[0]).toMatchObject({
    name: 'node-0',
    address: '192.0.2.1',
    internalAddress: '192.0.2.1',
    roles: ['control-plane', 'worker', 'etcd'],
    labels: {},
    annotations: {},
    taints: [],
    ssh: { user: 'root', port: 22, jump: [], become: 'none' },
    state: 'present',
  });
});

test('what it says is what it gets', () => {
  const { nodes: _nodes, ...cluster } = clusterOf({
    cluster: {
      kubernetesVersion: 'v1.36.2',
      endpoint: { host: 'K8S.example.com', port: 8443 },
      network: {
        podCIDR: ['fd00:0:1::/48', '10.1.0.0/16'],
        serviceCIDR: ['fd00:2::/112', '10.2.0.0/16'],
        dnsDomain: 'corp.internal',
        plugin: 'none',
        proxyMode: 'iptables',
        mtu: 1400,
      },
      addons: { coredns: false },
      security: { keyAlgorithm: 'rsa-3072', leafDays: 90, caDays: 900, podSecurity: 'restricted', apiServerSANs: ['a.example.com'] },
      artifacts: { mirror: 'https://mirror.example.com', source: 'operator', trust: 'mirror' },
      preflight: { ignore: ['swap'] },
    },
    nodes: [{ internalAddress: '2001:DB8::0001' }],
  });
  expect(cluster).toEqual({
    name: 'sample',
    kubernetesVersion: { major: 1, minor: 36, patch: 2, prerelease: '' },
    endpoint: { host: 'k8s.example.com', port: 8443 },
    network: {
      podCIDRs: ['fd00:0:1::/48', '10.1.0.0/16'],
      serviceCIDRs: ['fd00:2::/112', '10.2.0.0/16'],
      nodeCIDRMaskSizes: [64, 24],
      dnsDomain: 'corp.internal',
      plugin: 'none',
      proxyMode: 'iptables',
      mtu: 1400,
    },
    etcd: { topology: 'stacked', snapshots: { keep: { last: 7, daily: 7, weekly: 4, monthly: 6 }, copyTo: [], encryptTo: [] } },
    addons: { coredns: false },
    security: { keyAlgorithm: 'rsa-3072', leafDays: 90, caDays: 900, podSecurity: 'restricted', apiServerSANs: ['a.example.com'] },
    artifacts: { mirror: 'https://mirror.example.com', source: 'operator', trust: 'mirror' },
    ignorePreflight: ['swap'],
  });
});

test.each([
  ['k8s.example.com', { host: 'k8s.example.com', port: 6443 }],
  ['k8s.example.com:443', { host: 'k8s.example.com', port: 443 }],
  ['[2001:DB8::1]:443', { host: '2001:db8::1', port: 443 }],
  ['2001:db8::1', { host: '2001:db8::1', port: 6443 }],
  [{ host: '192.0.2.99' }, { host: '192.0.2.99', port: 6443 }],
])('endpoint %j', (endpoint, expected) => {
  expect(clusterOf({ cluster: { endpoint } }).endpoint).toEqual(expected);
});

describe('roles', () => {
  test.each([
    ['stacked', ['control-plane'], ['control-plane', 'etcd']],
    ['stacked', ['etcd', 'control-plane'], ['etcd', 'control-plane']],
    ['external', ['control-plane', 'etcd'], ['control-plane', 'etcd']],
  ])('%s etcd, %j', (topology, roles, expected) => {
    expect(nodeOf({ roles }, { etcd: { topology } }).roles).toEqual(expected);
  });

  test('an external control plane holds no etcd', () => {
    const nodes = [{ roles: ['control-plane'] }, { roles: ['etcd'] }, { roles: ['worker'] }];
    const { nodes: built } = clusterOf({ cluster: { etcd: { topology: 'external' } }, nodes });
    expect(built.map((node) => node.roles)).toEqual([['control-plane'], ['etcd'], ['worker']]);
  });
});

describe('taints', () => {
  const usual = { key: 'node-role.kubernetes.io/control-plane', value: '', effect: 'NoSchedule' };

  test.each<[string, object, object[]]>([
    ['a control plane', { roles: ['control-plane'] }, [usual]],
    ['a control plane that works', { roles: ['control-plane', 'worker'] }, []],
    ['a control plane that wants none', { roles: ['control-plane'], taints: [] }, []],
    [
      'a control plane with its own',
      { roles: ['control-plane'], taints: ['a=b:NoExecute'] },
      [{ key: 'a', value: 'b', effect: 'NoExecute' }],
    ],
    ['written out', { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] }, [{ key: 'a', value: '', effect: 'PreferNoSchedule' }]],
  ])('%s', (_title, node, taints) => {
    expect(nodeOf(node).taints).toEqual(taints);
  });
});

describe('ssh', () => {
  test.each<[string, object, object, object]>([
    ['another user becomes root by sudo', { user: 'ops' }, {}, { user: 'ops', port: 22, jump: [], become: 'sudo' }],
    ['the node wins field by field', { user: 'ops', port: 2222 }, { user: 'root' }, { user: 'root', port: 2222, jump: [], become: 'none' }],
    ['sudo asked of root', { become: 'sudo' }, {}, { user: 'root', port: 22, jump: [], become: 'sudo' }],
    ['jump hosts joined by commas', { jump: 'a@b,c:22' }, {}, { user: 'root', port: 22, jump: ['a@b', 'c:22'], become: 'none' }],
    ['jump hosts of its own', { jump: 'a' }, { jump: ['b', 'c'] }, { user: 'root', port: 22, jump: ['b', 'c'], become: 'none' }],
    [
      'a path stays as written',
      {},
      { identityFile: '~/.ssh/id' },
      { user: 'root', port: 22, jump: [], become: 'none', identityFile: '~/.ssh/id' },
    ],
  ])('%s', (_title, defaults, own, expected) => {
    expect(nodeOf({ ssh: own }, { ssh: defaults }).ssh).toEqual(expected);
  });

  test('of a host key the comment is dropped', () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH';
    expect(nodeOf({ ssh: { hostKey: `${key} root@node` } }).ssh.hostKey).toBe(key);
  });
});

test('the value is frozen to the ground', () => {
  const cluster = clusterOf({ cluster: { components: { kubelet: { config: { a: { b: [1] } } } } } });
  const [node] = cluster.nodes;
  const frozen = [cluster, cluster.network.podCIDRs, cluster.nodes, node, node?.labels, node?.ssh.jump, node?.components.kubelet.config.a];
  expect(frozen.map((value) => Object.isFrozen(value))).toEqual(frozen.map(() => true));
});

test('nodes without settings of their own share one value', () => {
  const { nodes } = clusterOf({ nodes: Array.from({ length: 3 }, () => ({})) });
  expect(nodes[1]?.components).toBe(nodes[2]?.components);
});
