import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { type CertificateEntry, certificateEntries, certificateTable } from '../../src/pki/certificate-table.ts';
import { superAdminRequest } from '../../src/pki/client-request.ts';
import { nodeOf, sampleCluster } from './sample.ts';

const cluster = sampleCluster({ nodes: { 'cp-1': ['control-plane'], 'w-1': ['worker'] } });

function entriesById(of: Cluster, node: string): Map<string, CertificateEntry> {
  return new Map(certificateEntries(of, nodeOf(of, node)).map((entry) => [entry.request.id, entry]));
}

function entryOf(of: Cluster, node: string, id: string): CertificateEntry {
  const entry = entriesById(of, node).get(id);
  if (entry === undefined) throw new Error(`${node} has no ${id}`);
  return entry;
}

const controlPlaneOnly = [
  'apiserver',
  'apiserver-kubelet-client',
  'apiserver-etcd-client',
  'front-proxy-client',
  'kube-controller-manager',
  'kube-scheduler',
  'admin.conf',
  'controller-manager.conf',
  'scheduler.conf',
];
const etcdOnly = ['etcd-server', 'etcd-peer', 'etcd-healthcheck-client'];
const kubeletOnly = ['kubelet', 'kubelet.conf', 'proxy.conf'];

describe('who holds what', () => {
  const external = sampleCluster({
    cluster: { etcd: { topology: 'external' } },
    nodes: { 'e-1': ['etcd'], 'cp-1': ['control-plane'], 'w-1': ['worker'] },
  });

  test.each([
    ['stacked control plane', cluster, 'cp-1', [...controlPlaneOnly, ...etcdOnly, ...kubeletOnly]],
    ['worker', cluster, 'w-1', kubeletOnly],
    ['external etcd', external, 'e-1', etcdOnly],
    ['control plane without etcd', external, 'cp-1', [...controlPlaneOnly, ...kubeletOnly]],
    [
      'single node',
      sampleCluster({ nodes: { all: ['control-plane', 'worker'] } }),
      'all',
      [...controlPlaneOnly, ...etcdOnly, ...kubeletOnly],
    ],
  ])('%s', (_title, of, node, ids) => {
    expect([...entriesById(of, node).keys()].sort()).toEqual([...ids].sort());
  });

  test('without kube-proxy nobody holds its kubeconfig', () => {
    const bare = sampleCluster({ cluster: { network: { proxyMode: 'none' } } });
    expect(entriesById(bare, 'w-1').has('proxy.conf')).toBe(false);
    expect(entriesById(bare, 'cp-1').has('proxy.conf')).toBe(false);
  });

  test('no row is unreachable', () => {
    expect([...entriesById(cluster, 'cp-1').keys()].sort()).toEqual(Object.keys(certificateTable).sort());
  });
});

// The contract with RBAC, with etcd and with the authorizers: authority, common name, organizations, usages.
test.each([
  ['apiserver', 'cluster', 'kube-apiserver', [], ['server']],
  ['apiserver-kubelet-client', 'cluster', 'kube-apiserver-kubelet-client', ['kcluster:kubelet-api-clients'], ['client']],
  ['apiserver-etcd-client', 'etcd', 'kube-apiserver-etcd-client', [], ['client']],
  ['front-proxy-client', 'front-proxy', 'front-proxy-client', [], ['client']],
  ['etcd-server', 'etcd', 'cp-1', [], ['client', 'server']],
  ['etcd-peer', 'etcd', 'cp-1', [], ['client', 'server']],
  ['etcd-healthcheck-client', 'etcd', 'kube-etcd-healthcheck-client', [], ['client']],
  ['kubelet', 'cluster', 'system:node:cp-1', ['system:nodes'], ['server']],
  ['kube-controller-manager', 'cluster', 'kube-controller-manager', [], ['server']],
  ['kube-scheduler', 'cluster', 'kube-scheduler', [], ['server']],
  ['admin.conf', 'cluster', 'kubernetes-admin', ['kcluster:cluster-admins'], ['client']],
  ['controller-manager.conf', 'cluster', 'system:kube-controller-manager', [], ['client']],
  ['scheduler.conf', 'cluster', 'system:kube-scheduler', [], ['client']],
  ['kubelet.conf', 'cluster', 'system:node:cp-1', ['system:nodes'], ['client']],
  ['proxy.conf', 'cluster', 'system:kube-proxy', [], ['client']],
])('%s is signed by %s for %s', (id, ca, commonName, organizations, usages) => {
  expect(entryOf(cluster, 'cp-1', id).request).toMatchObject({
    ca,
    commonName,
    organizations,
    usages,
    days: 365,
    keyAlgorithm: 'ecdsa-p256',
  });
});

describe('files', () => {
  test.each([
    ['apiserver', '/etc/kubernetes/pki/apiserver', 'root'],
    ['apiserver-etcd-client', '/etc/kubernetes/pki/apiserver-etcd-client', 'root'],
    ['kube-scheduler', '/etc/kubernetes/pki/kube-scheduler', 'root'],
    ['etcd-server', '/etc/etcd/pki/server', 'etcd'],
    ['etcd-peer', '/etc/etcd/pki/peer', 'etcd'],
    ['etcd-healthcheck-client', '/etc/etcd/pki/healthcheck-client', 'etcd'],
    ['kubelet', '/var/lib/kubelet/pki/kubelet', 'root'],
  ])('%s lies at %s.crt and .key, owned by %s', (id, stem, owner) => {
    expect(entryOf(cluster, 'cp-1', id).files).toEqual([
      { path: `${stem}.crt`, part: 'certificate', mode: 0o644, owner, group: owner },
      { path: `${stem}.key`, part: 'key', mode: 0o600, owner, group: owner },
    ]);
  });

  test('kubeconfigs are one file that only root reads', () => {
    const kubeconfigs = [...entriesById(cluster, 'cp-1').values()].filter((entry) => entry.kubeconfig !== undefined);
    expect(kubeconfigs.map((entry) => entry.files)).toEqual(
      ['admin', 'controller-manager', 'scheduler', 'kubelet', 'proxy'].map((name) => [
        { path: `/etc/kubernetes/${name}.conf`, part: 'kubeconfig', mode: 0o600, owner: 'root', group: 'root' },
      ]),
    );
  });

  test('no two rows write the same file, and no key is readable to others', () => {
    const files = [...entriesById(cluster, 'cp-1').values()].flatMap((entry) => entry.files);
    expect(new Set(files.map((file) => file.path)).size).toBe(files.length);
    expect(files.filter((file) => file.part !== 'certificate' && (file.mode & 0o077) !== 0)).toEqual([]);
  });
});

describe('subject alternative names', () => {
  test('the API server answers to every name it is called by', () => {
    const dual = sampleCluster({
      cluster: {
        endpoint: 'K8s.Example.com:8443',
        network: {
          plugin: 'none',
          podCIDR: ['10.0.0.0/16', 'fd00:1::/48'],
          serviceCIDR: ['10.1.0.0/16', 'fd00:2::/112'],
          dnsDomain: 'corp.internal',
        },
        security: { apiServerSANs: ['api.corp.internal', '203.0.113.9', 'LOCALHOST', '2001:DB8::0001'] },
      },
    });
    const { names, addresses } = entryOf(dual, 'cp-1', 'apiserver').request;
    expect(names).toEqual([
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.corp.internal',
      'cp-1',
      'localhost',
      'k8s.example.com',
      'api.corp.internal',
    ]);
    expect(addresses).toEqual(['198.51.100.1', '192.0.2.1', '127.0.0.1', '::1', '10.1.0.1', 'fd00:2::1', '203.0.113.9', '2001:db8::1']);
  });

  test.each([
    ['etcd-server', ['cp-1', 'localhost'], ['198.51.100.1', '127.0.0.1', '::1']],
    ['etcd-peer', ['cp-1', 'localhost'], ['198.51.100.1', '127.0.0.1', '::1']],
    ['kubelet', ['cp-1'], ['198.51.100.1', '192.0.2.1']],
    ['kube-scheduler', ['localhost'], ['127.0.0.1', '::1']],
    ['kubelet.conf', [], []],
    ['etcd-healthcheck-client', [], []],
  ])('%s', (id, names, addresses) => {
    expect(entryOf(cluster, 'cp-1', id).request).toMatchObject({ names, addresses });
  });
});

describe('servers in kubeconfigs', () => {
  const three = sampleCluster({ nodes: { a: ['control-plane'], b: ['control-plane'], c: ['control-plane'], w: ['worker'] } });

  test.each([
    ['kubelet.conf', cluster, 'w-1', 'https://127.0.0.1:6444', 'system:node:w-1'],
    ['proxy.conf', three, 'w', 'https://127.0.0.1:6444', 'system:kube-proxy'],
    ['kubelet.conf', three, 'b', 'https://127.0.0.1:6444', 'system:node:b'],
    ['admin.conf', three, 'b', 'https://198.51.100.2:6443', 'kubernetes-admin'],
    ['kubelet.conf', sampleCluster({ cluster: { endpoint: 'vip.example.com' } }), 'w-1', 'https://vip.example.com:6443', 'system:node:w-1'],
    [
      'admin.conf',
      sampleCluster({ cluster: { endpoint: 'vip.example.com:443' } }),
      'cp-1',
      'https://vip.example.com:443',
      'kubernetes-admin',
    ],
  ])('%s', (id, of, node, server, user) => {
    expect(entryOf(of, node, id).kubeconfig).toEqual({ server, user });
  });

  test('controller manager and scheduler talk to their own API server, endpoint or not', () => {
    const behind = sampleCluster({ cluster: { endpoint: 'vip.example.com' } });
    for (const id of ['controller-manager.conf', 'scheduler.conf']) {
      expect(entryOf(behind, 'cp-1', id).kubeconfig?.server).toBe('https://198.51.100.1:6443');
    }
  });
});

test('system:masters is only in the identity that never reaches a host', () => {
  expect(superAdminRequest(cluster)).toMatchObject({ commonName: 'kubernetes-super-admin', organizations: ['system:masters'] });
  const onHosts = cluster.nodes.flatMap((node) => certificateEntries(cluster, node));
  expect(onHosts.filter((entry) => entry.request.organizations.includes('system:masters'))).toEqual([]);
});

test('days and key algorithm come from the inventory, and a request survives JSON', () => {
  const rsa = sampleCluster({ cluster: { security: { keyAlgorithm: 'rsa-3072', leafDays: 90 } } });
  const { request } = entryOf(rsa, 'w-1', 'kubelet');
  expect(request).toMatchObject({ keyAlgorithm: 'rsa-3072', days: 90 });
  expect(JSON.parse(JSON.stringify(request))).toEqual(request);
});
