import type { Node } from '../cluster/cluster.ts';
import type { Description } from '../engine/description.ts';
import type { Probe } from '../engine/probe.ts';
import type { Check, Situation } from './check.ts';

/** Files by which another installer's cluster shows itself. */
const leftovers = {
  kubeadm: '/etc/kubernetes/manifests/kube-apiserver.yaml',
  k3s: '/etc/rancher/k3s',
  rke2: '/etc/rancher/rke2',
  k0s: '/etc/k0s',
  microk8s: '/var/snap/microk8s',
} as const;

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

const leftoverProbes = (_: unknown, _node: Node): readonly Probe[] => Object.values(leftovers).map((path) => ({ kind: 'file', path }));

/** What is on the host already and is not ours. */
export const foreignChecks: readonly Check[] = [
  {
    id: 'PortFree',
    title: 'ports of the components are free',
    severity: 'error',
    probes: () => [{ kind: 'listeners' }],
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
        .filter(([, path]) => seen.files.has(path))
        .map(([name, path]) => ({ message: `${path} says that ${name} is installed`, remedy: `remove ${name} with its own tool first` })),
  },
];
