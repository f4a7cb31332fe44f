import { selectNodeVersions } from '../artifacts/select-versions.ts';
import { type Cluster, type ComponentName, componentNames, type Node } from '../cluster/cluster.ts';
import { formatVersion, type Version } from '../cluster/version.ts';
import type { RunningRelease } from './upgrade-input.ts';

type Choose = (component: ComponentName, node: Node) => string | undefined;

/** The inventory with releases of components said by name; where nothing is chosen it stays as it is. */
function withReleases(cluster: Cluster, choose: Choose): Cluster {
  const nodes = cluster.nodes.map((node): Node => {
    const components = { ...node.components };
    for (const name of componentNames) {
      const version = choose(name, node);
      if (version !== undefined) components[name] = { ...components[name], version };
    }
    return { ...node, components };
  });
  return { ...cluster, nodes };
}

function releasesByNode(running: readonly RunningRelease[]): (component: ComponentName, node: Node) => string | undefined {
  const all = new Map(running.map(({ node, component, version }) => [`${component} ${node}`, formatVersion(version)]));
  return (component, { name }) => all.get(`${component} ${name}`);
}

/** These components stay as they run. */
export function stayingAt(cluster: Cluster, running: readonly RunningRelease[], stays: ReadonlySet<ComponentName>): Cluster {
  const runs = releasesByNode(running);
  return withReleases(cluster, (component, node) => (stays.has(component) ? runs(component, node) : undefined));
}

/**
 * Only these components become what belongs to another release of Kubernetes; everything else stays as it runs.
 * @param from the release of Kubernetes that runs
 */
export function onlyThese(
  cluster: Cluster,
  running: readonly RunningRelease[],
  { only, from, to }: { readonly only: ReadonlySet<ComponentName>; readonly from: Version; readonly to: Version },
): Cluster {
  const runs = releasesByNode(running);
  const target = { ...cluster, kubernetesVersion: to };
  const choose: Choose = (component, node) => (only.has(component) ? selectNodeVersions(target, node)[component] : runs(component, node));
  return withReleases({ ...cluster, kubernetesVersion: from }, choose);
}
