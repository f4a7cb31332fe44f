import { type Cluster, type ComponentName, componentNames, type Node } from '../cluster/cluster.ts';
import { compareVersions, formatVersion, minorOf, parseVersion } from '../cluster/version.ts';
import { ConfigurationError } from '../errors.ts';
import { catalogue, isReleasedWithKubernetes } from './catalogue.ts';

export type Versions = Readonly<Record<ComponentName, string>>;

function defaultVersions(cluster: Cluster): Versions {
  const minor = minorOf(cluster.kubernetesVersion);
  const known = catalogue.kubernetes[minor];
  if (known === undefined) {
    throw new ConfigurationError(`the artifact catalogue does not know Kubernetes ${minor}`, {
      remedy: `Set cluster.kubernetesVersion to a release of ${Object.keys(catalogue.kubernetes).join(', ')}.`,
    });
  }
  const kubernetes = formatVersion(cluster.kubernetesVersion);
  const pick = (name: ComponentName): string => {
    const version = isReleasedWithKubernetes(name) ? kubernetes : known.defaults[name];
    if (version === undefined) throw new RangeError(`the catalogue has no ${name} for Kubernetes ${minor}`);
    return version;
  };
  return Object.fromEntries(componentNames.map((name) => [name, pick(name)])) as Record<ComponentName, string>;
}

function wantedVersion(node: Node, name: ComponentName): string | undefined {
  return node.components[name].version?.replace(/^v/, '');
}

/** What one node runs: its inventory's version, else the catalogue's choice. @throws ConfigurationError for an unknown minor. */
export function selectNodeVersions(cluster: Cluster, node: Node): Versions {
  const defaults = defaultVersions(cluster);
  return Object.fromEntries(componentNames.map((name) => [name, wantedVersion(node, name) ?? defaults[name]])) as Record<
    ComponentName,
    string
  >;
}

function compareText(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left === undefined || right === undefined ? a.localeCompare(b) : compareVersions(left, right);
}

/** The version that most nodes have; of equally frequent ones the newest. */
function prevailing(versions: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const version of versions) counts.set(version, (counts.get(version) ?? 0) + 1);
  return [...counts].toSorted(([a, countA], [b, countB]) => countB - countA || compareText(b, a))[0]?.[0];
}

/** The cluster's version of each component; where nodes differ, the one that most have. @throws ConfigurationError for an unknown minor. */
export function selectVersions(cluster: Cluster): Versions {
  const defaults = defaultVersions(cluster);
  const pick = (name: ComponentName) => prevailing(cluster.nodes.map((node) => wantedVersion(node, name) ?? defaults[name]));
  return Object.fromEntries(componentNames.map((name) => [name, pick(name) ?? defaults[name]])) as Record<ComponentName, string>;
}

/** Whether a component's release works with a Kubernetes minor; undefined: the catalogue does not know that release line. */
export function servesKubernetes(name: ComponentName, version: string, kubernetesMinor: string): boolean | undefined {
  const parsed = parseVersion(version);
  if (parsed === undefined) return undefined;
  return catalogue.components[name].serves?.[minorOf(parsed)]?.includes(kubernetesMinor);
}
