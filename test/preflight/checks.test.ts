import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import type { FileSeen, UnitSeen } from '../../src/engine/observation.ts';
import { checks } from '../../src/preflight/checks.ts';
import { apart, one, sample, three } from '../components/sample.ts';
import { endpointCases } from './endpoint-cases.ts';
import { etcdAlarmCases } from './etcd-alarm-cases.ts';
import { givenEtcdCases } from './given-etcd-cases.ts';
import { type Case, findingsOf, linesOf } from './situation.ts';

const MiB = 1024 ** 2;
const single = sample();
const endpoint = { endpoint: '192.0.2.5:6443' };
const many = sample(three, endpoint);
const apartCluster = sample(apart, { ...endpoint, etcd: { topology: 'external' } });
const file: FileSeen = { type: 'file', mode: 0o600, owner: 'root', group: 'root', sizeBytes: 1 };
const running: UnitSeen = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  enabled: 'enabled',
  needsReload: false,
  restarts: 0,
  result: 'success',
};
const listening = (port: number, process = 'nginx') => ({ listeners: [{ port, process }] });
const paths = (...names: readonly string[]) => ({ files: new Map(names.map((name) => [name, file])) });
const networks = (...names: readonly string[]) => ({ entries: new Map([['/etc/cni/net.d', names]]) });
const withKubelet = (config: object): Cluster => sample(one, { components: { kubelet: { config } } });

test('the names of the checks are part of the contract', () => {
  expect(checks.map(({ id }) => id)).toMatchInlineSnapshot(`
    [
      "Root",
      "Systemd",
      "NumCPU",
      "Mem",
      "DiskFree",
      "DiskPressure",
      "Swap",
      "CgroupV1",
      "NftablesKernel",
      "UniqueMachineID",
      "DuplicateHostname",
      "ClockSkew",
      "SameNetwork",
      "OddVoters",
      "EtcdAlarm",
      "EndpointName",
      "EndpointAnswers",
      "EndpointOneNode",
      "ExternalEtcd",
      "ExternalEtcdData",
      "PortFree",
      "ForeignDistribution",
      "ForeignEtcdData",
      "ForeignNetwork",
    ]
  `);
});

test('names are unique and typable, titles say what should be', () => {
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  for (const { id, title } of checks) {
    expect(id).toMatch(/^[A-Z][A-Za-z0-9]+$/);
    expect(title).not.toBe('');
  }
});

const cases: readonly Case[] = [
  { id: 'Root', what: 'an ordinary user', seen: { n1: { facts: { uid: 1000 } } }, lines: ['error n1 Root: commands run as uid 1000'] },
  { id: 'Root', what: 'root', seen: { n1: { facts: { uid: 0 } } }, lines: [] },

  { id: 'Systemd', what: '249', seen: { n1: { facts: { systemdVersion: 249 } } }, lines: ['error n1 Systemd: systemd is 249'] },
  { id: 'Systemd', what: 'none', seen: { n1: { facts: { systemdVersion: 0 } } }, lines: ['error n1 Systemd: systemd is not there'] },
  { id: 'Systemd', what: '250', seen: { n1: { facts: { systemdVersion: 250 } } }, lines: [] },

  { id: 'NumCPU', what: 'one on a control plane', seen: { n1: { facts: { cpus: 1 } } }, lines: ['error n1 NumCPU: 1 processor'] },
  { id: 'NumCPU', what: 'two', seen: { n1: { facts: { cpus: 2 } } }, lines: [] },
  { id: 'NumCPU', what: 'one on a worker', cluster: many, seen: { w: { facts: { cpus: 1 } } }, lines: [] },
  { id: 'NumCPU', what: 'one on a machine for etcd', cluster: apartCluster, seen: { e1: { facts: { cpus: 1 } } }, lines: [] },

  {
    id: 'Mem',
    what: 'too little on a control plane',
    seen: { n1: { facts: { memoryBytes: 1699 * MiB } } },
    lines: ['error n1 Mem: 1699 MiB of memory, 1700 MiB are needed'],
  },
  { id: 'Mem', what: 'just enough', seen: { n1: { facts: { memoryBytes: 1700 * MiB } } }, lines: [] },
  {
    id: 'Mem',
    what: 'too little on a worker',
    cluster: many,
    seen: { w: { facts: { memoryBytes: 599 * MiB } } },
    lines: ['error w Mem: 599 MiB of memory, 600 MiB are needed'],
  },
  { id: 'Mem', what: 'enough for a worker', cluster: many, seen: { w: { facts: { memoryBytes: 600 * MiB } } }, lines: [] },

  {
    id: 'DiskFree',
    what: 'both full',
    seen: { n1: { facts: { freeBytes: { '/opt': 2047 * MiB, '/var/lib': 0 } } } },
    lines: ['error n1 DiskFree: less than 2 GiB free under /opt', 'error n1 DiskFree: less than 2 GiB free under /var/lib'],
  },
  {
    id: 'DiskFree',
    what: 'just enough',
    seen: { n1: { facts: { freeBytes: { '/opt': 2048 * MiB, '/var/lib': 2048 * MiB } } } },
    lines: [],
  },

  {
    id: 'DiskPressure',
    what: 'less than the kubelet keeps free',
    cluster: apartCluster,
    seen: { w: { facts: { freePercent: { '/var/lib': 14 } } }, e1: { facts: { freePercent: { '/var/lib': 14 } } } },
    lines: [
      'warning w DiskPressure: less than 15 % of the file system of /var/lib is free: the kubelet reports DiskPressure, takes no pods and evicts',
    ],
  },
  {
    id: 'DiskPressure',
    what: 'little, and the kubelet knows',
    cluster: withKubelet({ evictionHard: { 'imagefs.available': '5%' } }),
    seen: { n1: { facts: { freePercent: { '/var/lib': 6 } } } },
    lines: [],
  },
  { id: 'DiskPressure', what: 'enough', seen: { n1: { facts: { freePercent: { '/var/lib': 15 } } } }, lines: [] },

  { id: 'Swap', what: 'on', seen: { n1: { facts: { swapBytes: MiB } } }, lines: ['error n1 Swap: swap is on'] },
  { id: 'Swap', what: 'off', seen: { n1: { facts: { swapBytes: 0 } } }, lines: [] },
  {
    id: 'Swap',
    what: 'on, and the kubelet is told to bear it',
    cluster: withKubelet({ failSwapOn: false }),
    seen: { n1: { facts: { swapBytes: MiB } } },
    lines: ['warning n1 Swap: swap is on'],
  },
  { id: 'Swap', what: 'on where no kubelet runs', cluster: apartCluster, seen: { e1: { facts: { swapBytes: MiB } } }, lines: [] },

  {
    id: 'CgroupV1',
    what: 'version 1',
    seen: { n1: { facts: { cgroupVersion: 1 } } },
    lines: ['error n1 CgroupV1: the host runs cgroup v1, which the kubelet refuses by default since 1.35'],
  },
  { id: 'CgroupV1', what: 'version 2', seen: { n1: { facts: { cgroupVersion: 2 } } }, lines: [] },
  {
    id: 'CgroupV1',
    what: 'version 1 where no kubelet runs',
    cluster: apartCluster,
    seen: { e2: { facts: { cgroupVersion: 1 } } },
    lines: [],
  },

  ...['5.12.19', '4.19.0-25-amd64', '5.4', ''].map((kernel): Case => {
    const seen = { n1: { facts: { kernel } } };
    return { id: 'NftablesKernel', what: `kernel ${kernel || 'unknown'}`, seen, lines: [`error n1 NftablesKernel: kernel ${kernel}`] };
  }),
  ...['5.13.0', '5.13-rc1', '5.15-custom', '6.1.0-13-amd64', '10.0'].map((kernel): Case => {
    return { id: 'NftablesKernel', what: `kernel ${kernel}`, seen: { n1: { facts: { kernel } } }, lines: [] };
  }),
  {
    id: 'NftablesKernel',
    what: 'an old kernel with iptables',
    cluster: sample(one, { network: { proxyMode: 'iptables' } }),
    seen: { n1: { facts: { kernel: '4.19' } } },
    lines: [],
  },

  {
    id: 'UniqueMachineID',
    what: 'copied machines',
    cluster: many,
    seen: { a: { facts: { machineId: 'same' } }, w: { facts: { machineId: 'same' } } },
    lines: ['error a UniqueMachineID: same machine id as w', 'error w UniqueMachineID: same machine id as a'],
  },
  { id: 'UniqueMachineID', what: 'ids of their own', cluster: many, seen: {}, lines: [] },
  {
    id: 'UniqueMachineID',
    what: 'hosts that tell none',
    cluster: many,
    seen: { a: { facts: { machineId: '' } }, b: { facts: { machineId: '' } } },
    lines: [],
  },

  {
    id: 'DuplicateHostname',
    what: 'copied machines',
    cluster: many,
    seen: { a: { facts: { hostname: 'debian' } }, w: { facts: { hostname: 'debian' } } },
    lines: ['warning a DuplicateHostname: same host name as w: debian', 'warning w DuplicateHostname: same host name as a: debian'],
  },
  { id: 'DuplicateHostname', what: 'names of their own', cluster: many, seen: {}, lines: [] },
  {
    id: 'DuplicateHostname',
    what: 'hosts that tell none',
    cluster: many,
    seen: { a: { facts: { hostname: '' } }, b: { facts: { hostname: '' } } },
    lines: [],
  },

  {
    id: 'ClockSkew',
    what: 'one that is ahead',
    cluster: many,
    seen: { b: { facts: { clockSeconds: 1_780_000_031 } } },
    lines: [`error b ClockSkew: its clock is 31 s away from the other hosts'`],
  },
  {
    id: 'ClockSkew',
    what: 'one that is behind',
    cluster: many,
    seen: { w: { facts: { clockSeconds: 1_779_990_000 } } },
    lines: [`error w ClockSkew: its clock is 10000 s away from the other hosts'`],
  },
  { id: 'ClockSkew', what: 'half a minute', cluster: many, seen: { b: { facts: { clockSeconds: 1_780_000_030 } } }, lines: [] },
  { id: 'ClockSkew', what: 'a single host, whatever it says', seen: { n1: { facts: { clockSeconds: 12 } } }, lines: [] },

  {
    id: 'SameNetwork',
    what: 'a gateway in between',
    cluster: many,
    seen: {
      w: {
        onLink: new Map([
          ['192.0.2.1', false],
          ['192.0.2.2', true],
        ]),
      },
    },
    lines: ['error w SameNetwork: reaches 192.0.2.1 only through a gateway'],
  },
  { id: 'SameNetwork', what: 'one network', cluster: many, seen: { w: { onLink: new Map([['192.0.2.1', true]]) } }, lines: [] },

  {
    id: 'OddVoters',
    what: 'two members',
    cluster: sample(
      three.filter(({ name }) => name !== 'b'),
      endpoint,
    ),
    seen: {},
    lines: ['warning a OddVoters: 2 etcd members bear no more failures than 1'],
  },
  {
    id: 'OddVoters',
    what: 'two members of which the first is away',
    cluster: sample(
      three.filter(({ name }) => name !== 'b'),
      endpoint,
    ),
    seen: { a: undefined },
    lines: ['warning c OddVoters: 2 etcd members bear no more failures than 1'],
  },
  { id: 'OddVoters', what: 'three members', cluster: many, seen: {}, lines: [] },

  { id: 'PortFree', what: 'somebody else’s', seen: { n1: listening(6443) }, lines: ['error n1 PortFree: port 6443 is taken by nginx'] },
  { id: 'PortFree', what: 'nobody known', seen: { n1: listening(2379, '') }, lines: ['error n1 PortFree: port 2379 is taken'] },
  {
    id: 'PortFree',
    what: 'one port on two addresses',
    seen: { n1: { listeners: [...listening(10250).listeners, ...listening(10250).listeners] } },
    lines: ['error n1 PortFree: port 10250 is taken by nginx'],
  },
  { id: 'PortFree', what: 'a port that nothing needs', seen: { n1: listening(8080) }, lines: [] },
  { id: 'PortFree', what: 'a control plane’s port on a worker', cluster: many, seen: { w: listening(6443) }, lines: [] },
  ...(['active', 'activating'] as const).map((active): Case => {
    const seen = { n1: { ...listening(6443, 'kube-apiserver'), units: new Map([['kube-apiserver.service', { ...running, active }]]) } };
    return { id: 'PortFree', what: `our own, ${active}`, seen, lines: [] };
  }),
  {
    id: 'PortFree',
    what: 'our own, while its unit is not running',
    seen: { n1: { ...listening(6443, 'kube-apiserver'), units: new Map([['kube-apiserver.service', { ...running, active: 'failed' }]]) } },
    lines: ['error n1 PortFree: port 6443 is taken by kube-apiserver'],
  },
  {
    id: 'PortFree',
    what: 'one that another of our units holds open for nobody',
    seen: { n1: { ...listening(2379, 'mysql'), units: new Map([['kube-apiserver.service', running]]) } },
    lines: ['error n1 PortFree: port 2379 is taken by mysql'],
  },

  ...etcdAlarmCases,
  ...endpointCases,
  ...givenEtcdCases,

  ...(
    [
      ['kubeadm', '/etc/kubernetes/manifests/kube-apiserver.yaml'],
      ['kubeadm', '/var/lib/kubelet/kubeadm-flags.env'],
      ['kubespray', '/etc/kubernetes/kubelet.env'],
      ['kubespray', '/etc/etcd.env'],
      ['kubeasz', '/opt/kube/bin'],
      ['k3s', '/etc/rancher/k3s'],
      ['k3s', '/var/lib/rancher/k3s'],
      ['rke2', '/etc/rancher/rke2'],
      ['rke2', '/var/lib/rancher/rke2'],
      ['rke', '/opt/rke'],
      ['rke', '/var/lib/rancher/rke'],
      ['k0s', '/etc/k0s'],
      ['k0s', '/var/lib/k0s'],
      ['microk8s', '/var/snap/microk8s'],
      ['Docker Enterprise', '/var/lib/docker/volumes/ucp-node-certs'],
    ] as const
  ).map(([name, path]): Case => {
    return {
      id: 'ForeignDistribution',
      what: `${name}, by ${path}`,
      seen: { n1: paths(path) },
      lines: [`error n1 ForeignDistribution: ${path} says that ${name} is installed`],
    };
  }),
  {
    id: 'ForeignDistribution',
    what: 'one that left two traces is named once',
    seen: { n1: paths('/etc/rancher/k3s', '/var/lib/rancher/k3s') },
    lines: ['error n1 ForeignDistribution: /etc/rancher/k3s says that k3s is installed'],
  },
  { id: 'ForeignDistribution', what: 'our own files', seen: { n1: paths('/etc/kubernetes/admin.conf', '/etc/kubernetes') }, lines: [] },

  {
    id: 'ForeignEtcdData',
    what: 'data on a machine that we never touched',
    seen: { n1: paths('/var/lib/etcd/member') },
    lines: ['error n1 ForeignEtcdData: /var/lib/etcd/member holds data that kcluster did not put there'],
  },
  { id: 'ForeignEtcdData', what: 'our own', seen: { n1: paths('/var/lib/etcd/member', '/var/lib/kcluster/manifest.json') }, lines: [] },
  {
    id: 'ForeignEtcdData',
    what: 'our own, whose manifest was lost',
    seen: { n1: paths('/var/lib/etcd/member', '/opt/kcluster/bin/etcd') },
    lines: [],
  },
  { id: 'ForeignEtcdData', what: 'data where no etcd will run', cluster: many, seen: { w: paths('/var/lib/etcd/member') }, lines: [] },

  {
    id: 'ForeignNetwork',
    what: 'others before and behind ours',
    seen: { n1: networks('05-cilium.conflist', '10-kcluster.conflist', '87-podman.conflist', 'README', '10-calico.conf.bak') },
    lines: [
      'error n1 ForeignNetwork: /etc/cni/net.d/05-cilium.conflist configures another network, and comes before ours',
      'warning n1 ForeignNetwork: /etc/cni/net.d/87-podman.conflist configures another network',
    ],
  },
  { id: 'ForeignNetwork', what: 'ours', seen: { n1: networks('10-kcluster.conflist') }, lines: [] },
  {
    id: 'ForeignNetwork',
    what: 'any, where others install the network',
    cluster: sample(one, { network: { plugin: 'none' } }),
    seen: { n1: networks('05-cilium.conflist') },
    lines: [],
  },
];

describe('each check', () => {
  test.each(cases)('$id: $what', ({ cluster = single, seen, lines }) => {
    expect(linesOf(cluster, seen)).toEqual(lines);
  });

  test.each(checks.map(({ id }) => id))('%s is provoked by one case above, and not by another', (id) => {
    const own = cases.filter((candidate) => candidate.id === id);
    expect([own.some(({ lines }) => lines.length > 0), own.some(({ lines }) => lines.length === 0)]).toEqual([true, true]);
  });

  test.each(cases.filter(({ lines }) => lines.length > 0))(
    '$id ($what) says what to do, and not the same as the fact',
    ({ cluster = single, seen }) => {
      for (const { message, remedy } of findingsOf(cluster, seen)) {
        expect(remedy.length).toBeGreaterThan(10);
        expect(remedy).not.toBe(message);
        expect(remedy).not.toMatch(/undefined|NaN/);
        expect(message).not.toMatch(/undefined|NaN/);
      }
    },
  );
});
