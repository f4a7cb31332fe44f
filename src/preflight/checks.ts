import { type Cluster, kubeletNodes, type Node, nodesWithRole } from '../cluster/cluster.ts';
import type { Check, Situation } from './check.ts';
import { endpointChecks } from './endpoint-checks.ts';
import { etcdAlarmCheck } from './etcd-alarm-check.ts';
import { foreignChecks } from './foreign-checks.ts';
import { givenEtcdChecks } from './given-etcd-checks.ts';

const facts: Check['probes'] = () => [{ kind: 'facts' }];
const MiB = 1024 * 1024;
/** imagefs.available of the kubelet's evictionHard, which is the first to be reached where images and pods share a file system. */
const evictionPercent = 15;
const runsPods = (node: Node): boolean => node.roles.some((role) => role !== 'etcd');

/** kubeadm's floor for a control plane is 1700 MiB and two processors; a worker does with less. */
const machineChecks: readonly Check[] = [
  {
    id: 'Root',
    title: 'commands run as root',
    severity: 'error',
    probes: facts,
    look: ({ seen }) =>
      seen.facts?.uid === 0
        ? []
        : [{ message: `commands run as uid ${seen.facts?.uid ?? 'unknown'}`, remedy: 'set ssh.user to root, or ssh.become to sudo' }],
  },
  {
    id: 'Systemd',
    title: 'systemd 250 or newer, for credentials of units',
    severity: 'error',
    probes: facts,
    look: ({ seen }) => {
      const found = seen.facts?.systemdVersion ?? 0;
      return found >= 250
        ? []
        : [
            {
              message: `systemd is ${found === 0 ? 'not there' : found}`,
              remedy: 'use a distribution with systemd 250 or newer, such as Debian 12 or RHEL 9',
            },
          ];
    },
  },
  {
    id: 'NumCPU',
    title: 'two processors on control-plane nodes',
    severity: 'error',
    probes: facts,
    look: ({ node, seen }) => {
      const cpus = seen.facts?.cpus ?? 0;
      if (cpus >= 2 || !node.roles.includes('control-plane')) return [];
      return [{ message: `${cpus} processor`, remedy: 'give the machine two or more' }];
    },
  },
  {
    id: 'Mem',
    title: 'enough memory',
    severity: 'error',
    probes: facts,
    look: ({ node, seen }) => {
      const floor = (node.roles.includes('control-plane') ? 1700 : 600) * MiB;
      const memory = seen.facts?.memoryBytes ?? 0;
      return memory >= floor
        ? []
        : [{ message: `${Math.round(memory / MiB)} MiB of memory, ${floor / MiB} MiB are needed`, remedy: 'give the machine more memory' }];
    },
  },
  {
    id: 'DiskFree',
    title: 'room for binaries and data',
    severity: 'error',
    probes: facts,
    look: ({ seen }) =>
      (['/opt', '/var/lib'] as const)
        .filter((path) => (seen.facts?.freeBytes[path] ?? Number.POSITIVE_INFINITY) < 2048 * MiB)
        .map((path) => ({ message: `less than 2 GiB free under ${path}`, remedy: `make room under ${path}` })),
  },
  {
    id: 'DiskPressure',
    title: 'room that the kubelet keeps free by default',
    severity: 'warning',
    probes: facts,
    look: ({ node, seen }) => {
      if (
        (seen.facts?.freePercent['/var/lib'] ?? 100) >= evictionPercent ||
        !runsPods(node) ||
        node.components.kubelet.config.evictionHard !== undefined
      )
        return [];
      const message = `less than ${evictionPercent} % of the file system of /var/lib is free: the kubelet reports DiskPressure, takes no pods and evicts`;
      return [{ message, remedy: 'make room there, or set evictionHard in components.kubelet.config' }];
    },
  },
  {
    id: 'Swap',
    title: 'no swap',
    severity: 'warning',
    probes: facts,
    look: ({ node, seen }) => {
      const tolerated = node.components.kubelet.config.failSwapOn === false;
      if ((seen.facts?.swapBytes ?? 0) === 0 || !runsPods(node)) return [];
      const found = { message: 'swap is on', remedy: 'switch it off, or set failSwapOn: false in components.kubelet.config' };
      return [tolerated ? found : { ...found, severity: 'error' as const }];
    },
  },
  {
    id: 'CgroupV1',
    title: 'cgroup v2',
    severity: 'error',
    probes: facts,
    look: ({ node, seen }) => {
      if (seen.facts?.cgroupVersion !== 1 || !runsPods(node)) return [];
      const remedy = 'boot the host with cgroup v2; or set failCgroupV1: false in components.kubelet.config and waive CgroupV1';
      return [{ message: 'the host runs cgroup v1, which the kubelet refuses by default since 1.35', remedy }];
    },
  },
  {
    id: 'NftablesKernel',
    title: 'kernel 5.13 or newer for kube-proxy in nftables mode',
    severity: 'error',
    probes: facts,
    look: ({ desired, node, seen }) => {
      if (desired.cluster.network.proxyMode !== 'nftables' || !runsPods(node)) return [];
      const [major = 0, minor = 0] = (seen.facts?.kernel ?? '').split('.').map((part) => Number.parseInt(part, 10));
      if (major > 5 || (major === 5 && minor >= 13)) return [];
      return [{ message: `kernel ${seen.facts?.kernel}`, remedy: 'set network.proxyMode to iptables' }];
    },
  },
];

const betweenHosts: readonly Check[] = [
  {
    id: 'UniqueMachineID',
    title: 'machine ids differ',
    severity: 'error',
    probes: facts,
    look: ({ node, seen, survey }) => {
      const id = seen.facts?.machineId ?? '';
      const twins = (survey.byMachineId.get(id) ?? []).filter((name) => name !== node.name);
      if (id === '' || twins.length === 0) return [];
      return [
        {
          message: `same machine id as ${twins.join(', ')}`,
          remedy: 'rm /etc/machine-id && systemd-machine-id-setup on the copies, then reboot them',
        },
      ];
    },
  },
  {
    id: 'DuplicateHostname',
    title: 'host names differ',
    severity: 'warning',
    probes: facts,
    look: ({ node, seen, survey }) => {
      const own = seen.facts?.hostname ?? '';
      const twins = (survey.byHostname.get(own) ?? []).filter((name) => name !== node.name);
      if (own === '' || twins.length === 0) return [];
      return [{ message: `same host name as ${twins.join(', ')}: ${own}`, remedy: 'hostnamectl set-hostname on the copies' }];
    },
  },
  {
    id: 'ClockSkew',
    title: 'clocks agree within 30 s',
    severity: 'error',
    probes: facts,
    look: ({ seen, survey }) => {
      const apart = Math.abs((seen.facts?.clockSeconds ?? 0) - survey.medianClockSeconds);
      return apart <= 30
        ? []
        : [
            {
              message: `its clock is ${apart} s away from the other hosts'`,
              remedy: 'set the clock, and run a time service such as chrony',
            },
          ];
    },
  },
  {
    id: 'SameNetwork',
    title: 'nodes with pods share one network, for network.plugin routed',
    severity: 'error',
    probes: (cluster, node) =>
      cluster.network.plugin === 'routed' && runsPods(node) ? peers(cluster, node).map((address) => ({ kind: 'route', address })) : [],
    look: ({ desired, node, seen }) => {
      const far = peers(desired.cluster, node).filter((address) => seen.onLink.get(address) === false);
      if (far.length === 0) return [];
      return [
        {
          message: `reaches ${far.slice(0, 5).join(', ')} only through a gateway`,
          remedy: 'put the nodes on one network, or use another network plugin',
        },
      ];
    },
  },
  {
    id: 'OddVoters',
    title: 'an odd number of etcd members',
    severity: 'warning',
    look: ({ desired, node, observations }) => {
      const members = nodesWithRole(desired.cluster, 'etcd').map((member) => member.name);
      const count = members.length;
      if (node.name !== firstSeen(members, observations) || count % 2 === 1) return [];
      return [{ message: `${count} etcd members bear no more failures than ${count - 1}`, remedy: 'use 1, 3 or 5 members' }];
    },
  },
];

/** What holds for the cluster is said once, of a node that answers. */
function firstSeen(names: readonly string[], observations: Situation['observations']): string | undefined {
  return names.filter((name) => observations.has(name)).sort()[0];
}

const peerCount = 20;

/** A few peers are enough to tell one network from another, and keep the look short in large clusters. */
function peers(cluster: Cluster, node: Node): readonly string[] {
  const others = kubeletNodes(cluster)
    .slice(0, peerCount + 1)
    .filter((other) => other.name !== node.name);
  return others.map((other) => other.internalAddress).slice(0, peerCount);
}

/** All checks, in the order in which they are shown. */
export const checks: readonly Check[] = [
  ...machineChecks,
  ...betweenHosts,
  etcdAlarmCheck,
  ...endpointChecks,
  ...givenEtcdChecks,
  ...foreignChecks,
];
