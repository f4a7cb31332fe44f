import type { Cluster, ComponentName, Node } from '../cluster/cluster.ts';
import type { Artifact } from './artifact.ts';
import type { Architecture } from './catalogue.ts';
import { describeArtifact } from './describe-artifact.ts';
import { selectNodeVersions } from './select-versions.ts';

type Need = (cluster: Cluster, node: Node) => boolean;

const holdsEtcd: Need = (_, node) => node.roles.includes('etcd');
const isControlPlane: Need = (_, node) => node.roles.includes('control-plane');
const runsKubelet: Need = (_, node) => node.roles.some((role) => role !== 'etcd');

const needs = {
  // A control plane makes backups of an etcd that runs elsewhere, with the same tools.
  etcd: (cluster, node) => holdsEtcd(cluster, node) || isControlPlane(cluster, node),
  'kube-apiserver': isControlPlane,
  'kube-controller-manager': isControlPlane,
  'kube-scheduler': isControlPlane,
  kubectl: isControlPlane,
  containerd: runsKubelet,
  runc: runsKubelet,
  'cni-plugins': runsKubelet,
  crictl: runsKubelet,
  kubelet: runsKubelet,
  'kube-proxy': (cluster, node) => runsKubelet(cluster, node) && cluster.network.proxyMode !== 'none',
  pause: runsKubelet,
  coredns: (cluster, node) => runsKubelet(cluster, node) && cluster.addons.coredns,
} satisfies Record<ComponentName, Need>;

/** Components that a node needs, in the order of the table above. */
export function requiredComponents(cluster: Cluster, node: Node): readonly ComponentName[] {
  return (Object.entries(needs) as [ComponentName, Need][]).filter(([, isNeeded]) => isNeeded(cluster, node)).map(([name]) => name);
}

/** Everything that must be fetched for one node. @throws ConfigurationError for an unknown Kubernetes minor. */
export function requiredArtifacts(cluster: Cluster, node: Node, arch: Architecture): readonly Artifact[] {
  const versions = selectNodeVersions(cluster, node);
  return requiredComponents(cluster, node).map((name) => describeArtifact(name, versions[name], arch));
}

/** The artifacts of all nodes, each once. */
export function clusterArtifacts(cluster: Cluster, arch: (node: Node) => Architecture): readonly Artifact[] {
  const all = cluster.nodes.flatMap((node) => requiredArtifacts(cluster, node, arch(node)));
  return [...new Map(all.map((artifact) => [artifact.id, artifact])).values()];
}
