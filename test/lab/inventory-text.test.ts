import { describe, expect, test } from 'vitest';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';
import { inventoryText, type LabInventory } from '../../src/lab/inventory-text.ts';
import type { LabShape } from '../../src/lab/lab.ts';
import { planHosts } from '../../src/lab/lab.ts';

const modern = { cgroupV1: false, mayLowerOomScore: true, hasSwap: false };
const confined = { cgroupV1: true, mayLowerOomScore: false, hasSwap: true };
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIObnBqxi3lnCY9qbdq12NGHDF6JG6+C8/z+MKjtDCjVr';

function lab(shape: LabShape, changes: Partial<LabInventory> = {}): LabInventory {
  const hosts = planHosts('demo', '10.101.7', shape).map((host) => ({ ...host, hostKey }));
  return { name: 'demo', kubernetesVersion: '1.37.1', identityFile: '/state/demo/id_ed25519', hosts, facts: modern, ...changes };
}

const parse = (inventory: LabInventory) => parseInventory(inventoryText(inventory), 'inventory.yaml', { resolvePath: (path) => path });

describe('the inventory of a lab', () => {
  test('is what the inventory’s own reader accepts, with every host', () => {
    const cluster = parse(lab({ controlPlanes: 1, workers: 2, etcd: 0 }, { mirror: '/srv/mirror' }));
    expect(cluster).toMatchObject({ name: 'demo', kubernetesVersion: { major: 1, minor: 37, patch: 1 }, etcd: { topology: 'stacked' } });
    expect(cluster.artifacts).toMatchObject({ mirror: '/srv/mirror', trust: 'mirror' });
    expect(cluster.nodes.map((node) => [node.name, node.address])).toEqual([
      ['demo-cp1', '10.101.7.11'],
      ['demo-w1', '10.101.7.21'],
      ['demo-w2', '10.101.7.22'],
    ]);
    for (const node of cluster.nodes) expect(node.ssh).toMatchObject({ user: 'root', identityFile: '/state/demo/id_ed25519', hostKey });
  });

  test('etcd hosts make the topology external', () => {
    const cluster = parse(lab({ controlPlanes: 1, workers: 1, etcd: 3 }));
    expect(cluster.etcd.topology).toBe('external');
    expect(cluster.nodes.filter((node) => node.roles.includes('etcd')).map((node) => node.name)).toEqual([
      'demo-etcd1',
      'demo-etcd2',
      'demo-etcd3',
    ]);
  });

  test('a single host has both roles', () => {
    const [node] = parse(lab({ controlPlanes: 1, workers: 0, etcd: 0 })).nodes;
    expect(node?.roles).toEqual(expect.arrayContaining(['control-plane', 'worker']));
  });

  test('an ordinary machine needs no settings but those of its network namespaces', () => {
    const cluster = parse(lab({ controlPlanes: 1, workers: 1, etcd: 0 }));
    const [node] = cluster.nodes;
    expect(cluster.ignorePreflight).toEqual(['EtcdDiskLatency', 'RoundTrip']);
    expect(node?.components.kubelet.config).toEqual({});
    expect(node?.components.containerd.config).toEqual({});
    expect(node?.components['kube-proxy'].config).toEqual({
      conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    });
    expect(inventoryText(lab({ controlPlanes: 1, workers: 1, etcd: 0 }))).not.toMatch(/CgroupV1|oom|swap|artifacts|topology/i);
  });

  test('a confined machine’s limits are all answered', () => {
    const cluster = parse(lab({ controlPlanes: 1, workers: 1, etcd: 0 }, { facts: confined }));
    const [node] = cluster.nodes;
    expect(cluster.ignorePreflight).toEqual(['EtcdDiskLatency', 'RoundTrip', 'CgroupV1']);
    expect(node?.components.kubelet.config).toEqual({ failCgroupV1: false, failSwapOn: false });
    expect(node?.components.containerd.config).toEqual({
      plugins: { 'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true } },
    });
  });

  test.each([
    ['cgroupV1', 'failCgroupV1'],
    ['hasSwap', 'failSwapOn'],
  ] as const)('%s alone sets %s alone', (fact, setting) => {
    const [node] = parse(lab({ controlPlanes: 1, workers: 1, etcd: 0 }, { facts: { ...modern, [fact]: true } })).nodes;
    expect(node?.components.kubelet.config).toEqual({ [setting]: false });
  });
});
