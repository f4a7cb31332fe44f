import { absencesPath, formatAbsences } from '../cluster/absence.ts';
import { hasBalancers } from '../cluster/api-server-url.ts';
import { cidrFamily } from '../cluster/cidr.ts';
import type { Cluster, Node, ProxyMode } from '../cluster/cluster.ts';
import { formatRecord, recordOf, recordPath } from '../cluster/immutable.ts';
import type { Placement } from '../engine/description.ts';
import type { PackageResource, Resource } from '../engine/resource.ts';
import type { Describe } from './component.ts';
import { dataByproduct, directory, linkDirectory, textFile } from './parts.ts';

const modulesPath = '/etc/modules-load.d/kcluster.conf';
const sysctlPath = '/etc/sysctl.d/90-kcluster.conf';

const packageTable = {
  curl: { apt: 'curl', dnf: 'curl', zypper: 'curl' },
  haproxy: { apt: 'haproxy', dnf: 'haproxy', zypper: 'haproxy' },
  ip: { apt: 'iproute2', dnf: 'iproute', zypper: 'iproute2' },
  ipset: { apt: 'ipset', dnf: 'ipset', zypper: 'ipset' },
  iptables: { apt: 'iptables', dnf: 'iptables-nft', zypper: 'iptables' },
  modprobe: { apt: 'kmod', dnf: 'kmod', zypper: 'kmod' },
  mount: { apt: 'mount', dnf: 'util-linux', zypper: 'util-linux' },
  nft: { apt: 'nftables', dnf: 'nftables', zypper: 'nftables' },
} as const satisfies Readonly<Record<string, PackageResource['names']>>;

type Command = keyof typeof packageTable;

/** Units that come with a package and are not wanted: kcluster runs the program under a unit of its own. */
const idleUnits: Partial<Record<Command, readonly string[]>> = { haproxy: ['haproxy.service'] };

function packageOf(command: Command): PackageResource {
  const services = idleUnits[command];
  return { kind: 'package', command, names: packageTable[command], ...(services === undefined ? {} : { services }) };
}

const proxyNeeds = {
  nftables: { commands: ['nft'], modules: [] },
  iptables: { commands: ['iptables'], modules: [] },
  ipvs: { commands: ['ipset', 'iptables'], modules: ['ip_vs', 'ip_vs_rr', 'ip_vs_sh', 'ip_vs_wrr'] },
  none: { commands: [], modules: [] },
} as const satisfies Record<ProxyMode, { commands: readonly Command[]; modules: readonly string[] }>;

const runsPods = (node: Node) => node.roles.some((role) => role !== 'etcd');

/** Programs that must be there; `curl` asks the health endpoints. */
function commandsOf(cluster: Cluster, node: Node): readonly Command[] {
  if (!runsPods(node)) return ['curl'];
  const network: readonly Command[] = cluster.network.plugin === 'routed' ? ['nft'] : [];
  const balancer: readonly Command[] = hasBalancers(cluster) ? ['haproxy'] : [];
  const proxy = proxyNeeds[cluster.network.proxyMode].commands;
  return [...new Set<Command>(['curl', 'ip', 'modprobe', 'mount', ...balancer, ...network, ...proxy])].sort();
}

function modulesOf(cluster: Cluster): readonly string[] {
  return ['br_netfilter', 'nf_conntrack', 'overlay', ...proxyNeeds[cluster.network.proxyMode].modules].sort();
}

function sysctlsOf(cluster: Cluster): Readonly<Record<string, string>> {
  const hasIPv6 = cluster.network.podCIDRs.some((cidr) => cidrFamily(cidr) === 6);
  return {
    // A service's answer from a pod on the same bridge must pass connection tracking too.
    'net.bridge.bridge-nf-call-ip6tables': '1',
    'net.bridge.bridge-nf-call-iptables': '1',
    'net.ipv4.ip_forward': '1',
    ...(hasIPv6 ? { 'net.ipv6.conf.all.forwarding': '1' } : {}),
  };
}

function kernelSettings(cluster: Cluster): readonly Resource[] {
  const modules = modulesOf(cluster);
  const sysctls = Object.entries(sysctlsOf(cluster));
  const sysctlLines = sysctls.map(([key, value]) => `${key} = ${value}\n`);
  return [
    textFile(modulesPath, `# Written by kcluster.\n${modules.join('\n')}\n`, { mode: 0o644 }),
    textFile(sysctlPath, `# Written by kcluster.\n${sysctlLines.join('')}`, { mode: 0o644 }),
    ...modules.map((name): Resource => ({ kind: 'module', name })),
    ...sysctls.map(([key, value]): Resource => ({ kind: 'sysctl', key, value })),
  ];
}

/** What every control plane keeps about the cluster: what it was founded with, and who is absent. */
function records(cluster: Cluster, { etcdClusterId, absences }: Placement): readonly Resource[] {
  return [
    textFile(recordPath, formatRecord(recordOf(cluster, etcdClusterId))),
    absences.size === 0 ? { kind: 'gone', path: absencesPath } : textFile(absencesPath, formatAbsences(absences)),
  ];
}

/** What the machine itself must offer: programs, kernel modules and settings; nothing is tuned beyond that. */
export const describeHost: Describe = (cluster, node, placement) => ({
  component: 'host',
  install: [
    ...commandsOf(cluster, node).map(packageOf),
    dataByproduct('/opt/kcluster'),
    directory(linkDirectory),
    ...(runsPods(node) ? [directory('/etc/kcluster')] : []),
  ],
  run: [...(runsPods(node) ? kernelSettings(cluster) : []), ...(node.roles.includes('control-plane') ? records(cluster, placement) : [])],
  health: [],
  ports: [],
});
