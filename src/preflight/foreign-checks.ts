import type { Cluster, ComponentName, Node } from '../cluster/cluster.ts';
import { unitName } from '../components/component.ts';
import { componentsOf } from '../components/component-table.ts';
import type { Description } from '../engine/description.ts';
import type { Probe } from '../engine/probe.ts';
import type { Check, Found, Situation } from './check.ts';

/** Files by which another installer's cluster shows itself, on any of its nodes. */
const leftovers = {
  kubeadm: ['/etc/kubernetes/manifests/kube-apiserver.yaml', '/var/lib/kubelet/kubeadm-flags.env'],
  kubespray: ['/etc/kubernetes/kubelet.env', '/etc/etcd.env'],
  kubeasz: ['/opt/kube/bin'],
  k3s: ['/etc/rancher/k3s', '/var/lib/rancher/k3s'],
  rke2: ['/etc/rancher/rke2', '/var/lib/rancher/rke2'],
  rke: ['/opt/rke', '/var/lib/rancher/rke'],
  k0s: ['/etc/k0s', '/var/lib/k0s'],
  microk8s: ['/var/snap/microk8s'],
  'Docker Enterprise': ['/var/lib/docker/volumes/ucp-node-certs'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const etcdData = '/var/lib/etcd/member';
/** Either says that etcd on this host is ours. */
const ownMarks = ['/var/lib/kcluster/manifest.json', '/opt/kcluster/bin/etcd'];
const networkDirectory = '/etc/cni/net.d';

/** Components of which a unit holds ports. */
const portHolders: readonly ComponentName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
];
const portUnits = new Map<string, string>([
  ['balancer', 'kcluster-balancer.service'],
  ...portHolders.map((component) => [component, unitName(component)] as const),
]);

/** A verb that starts none of them, such as `artifacts stage`, must know them for ours all the same. */
const holderProbes = (cluster: Cluster, node: Node): readonly Probe[] =>
  componentsOf(cluster, node).flatMap(({ component }): readonly Probe[] => {
    const unit = portUnits.get(component);
    return unit === undefined ? [] : [{ kind: 'unit', unit }];
  });

const unitsOf = (situation: Situation): readonly string[] =>
  situation.desired.describe(situation.node).flatMap(({ unit }: Description) => (unit === undefined ? [] : [unit]));

/** A port that one of our own running units holds is no finding. */
function takenPorts(situation: Situation): readonly { readonly port: number; readonly process: string }[] {
  const { desired, node, seen } = situation;
  const running = new Set(unitsOf(situation).filter((unit) => ['active', 'activating'].includes(seen.units.get(unit)?.active ?? '')));
  const free = desired
    .describe(node)
    .filter(({ unit }) => unit !== undefined && !running.has(unit))
    .flatMap(({ ports }) => ports);
  return free
    .flatMap(({ port }) => seen.listeners.filter((listener) => listener.port === port))
    .filter(({ port }, index, all) => all.findIndex((other) => other.port === port) === index);
}

/** The runtime takes the first configuration by name; where the network is installed by others, all of them are welcome. */
function foreignNetworks({ desired, node, seen }: Situation): readonly Found[] {
  const resources = desired.describe(node).flatMap(({ install, run }) => [...install, ...run]);
  const own = resources.flatMap((resource) =>
    resource.kind === 'file' && resource.path.startsWith(`${networkDirectory}/`) ? [resource.path.slice(networkDirectory.length + 1)] : [],
  );
  const [first] = own.toSorted();
  if (first === undefined) return [];
  const others = (seen.entries.get(networkDirectory) ?? []).filter((name) => /\.(conf|conflist|json)$/.test(name) && !own.includes(name));
  return others.map((name) => ({
    message: `${networkDirectory}/${name} configures another network${name < first ? ', and comes before ours' : ''}`,
    remedy: 'take it away together with what put it there',
    severity: name < first ? 'error' : 'warning',
  }));
}

const leftoverProbes = (_: unknown, _node: Node): readonly Probe[] =>
  Object.values(leftovers)
    .flat()
    .map((path) => ({ kind: 'file', path }));

/** What is on the host already and is not ours. */
export const foreignChecks: readonly Check[] = [
  {
    id: 'PortFree',
    title: 'ports of the components are free',
    severity: 'error',
    probes: (cluster, node) => [{ kind: 'listeners' }, ...holderProbes(cluster, node)],
    look: (situation) =>
      takenPorts(situation).map(({ port, process }) => ({
        message: `port ${port} is taken${process === '' ? '' : ` by ${process}`}`,
        remedy: `stop ${process === '' ? 'what listens there' : process}; kcluster removes nothing that it did not put there`,
      })),
  },
  {
    id: 'ForeignDistribution',
    title: 'no other Kubernetes is installed',
    severity: 'error',
    probes: leftoverProbes,
    look: ({ seen }) =>
      Object.entries(leftovers)
        .flatMap(([name, paths]) =>
          paths
            .filter((path) => seen.files.has(path))
            .slice(0, 1)
            .map((path) => ({ name, path })),
        )
        .map(({ name, path }) => ({ message: `${path} says that ${name} is installed`, remedy: `remove ${name} with its own tool first` })),
  },
  {
    id: 'ForeignEtcdData',
    title: 'no data of another etcd',
    severity: 'error',
    probes: (_, node) => (node.roles.includes('etcd') ? [etcdData, ...ownMarks].map((path) => ({ kind: 'file', path })) : []),
    look: ({ node, seen }) => {
      if (!node.roles.includes('etcd') || !seen.files.has(etcdData) || ownMarks.some((path) => seen.files.has(path))) return [];
      const message = `${etcdData} holds data that kcluster did not put there`;
      return [{ message, remedy: 'save it if anybody needs it, and move /var/lib/etcd/member away' }];
    },
  },
  {
    id: 'ForeignNetwork',
    title: 'no other network plugin is configured',
    severity: 'warning',
    probes: (_, node) => (node.roles.some((role) => role !== 'etcd') ? [{ kind: 'entries', path: networkDirectory }] : []),
    look: foreignNetworks,
  },
];
