import { isReleasedWithKubernetes } from '../artifacts/catalogue.ts';
import { requiredComponents } from '../artifacts/required-artifacts.ts';
import { selectNodeVersions, selectVersions } from '../artifacts/select-versions.ts';
import { type Cluster, type ComponentName, componentNames, type Node, type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import type { ReleaseChange } from '../cluster/upgrade-report.ts';
import { formatVersion, minorOf } from '../cluster/version.ts';
import type { Observations } from '../engine/observation.ts';
import type { RunningRelease } from './upgrade-input.ts';

/** What runs in the cluster or in pods, and what backups alone are encrypted with. */
const elsewhere: ReadonlySet<ComponentName> = new Set(['coredns', 'pause', 'age']);

/** Control planes without a member have the tools of etcd only. */
function nodesOf(cluster: Cluster, component: ComponentName): readonly Node[] {
  const nodes = component === 'etcd' ? nodesWithRole(cluster, 'etcd') : cluster.nodes;
  const having = nodes.filter((node) => requiredComponents(cluster, node).includes(component));
  return having.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Why a component becomes what it becomes. @param cluster of the last hop */
function reasonOf(cluster: Cluster, component: ComponentName, node: Node | undefined): string {
  if (node?.components[component].version !== undefined) return 'the inventory names it';
  const kubernetes = minorOf(cluster.kubernetesVersion);
  return isReleasedWithKubernetes(component) ? 'released with Kubernetes' : `belongs to Kubernetes ${kubernetes}`;
}

/** The image of cluster DNS, as the API tells it. */
function corednsNow(observations: ReadonlyMap<NodeName, Observations>): string | undefined {
  for (const { kubeObjects } of observations.values()) {
    for (const object of kubeObjects?.values() ?? []) {
      const { kind, metadata, spec } = object as {
        readonly kind?: string;
        readonly metadata?: { readonly name?: string; readonly namespace?: string };
        readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } } };
      };
      if (kind !== 'Deployment' || metadata?.name !== 'coredns' || metadata.namespace !== 'kube-system') continue;
      return spec?.template?.spec?.containers?.[0]?.image?.match(/:v?(\d+\.[\w.+-]*)(?:@|$)/)?.[1];
    }
  }
  return undefined;
}

interface CompareInput {
  /** The inventory's cluster at the end of the way. */
  readonly cluster: Cluster;
  readonly running: readonly RunningRelease[];
  readonly observations: ReadonlyMap<NodeName, Observations>;
}

/** Component by component what runs where and what it becomes; nodes that are alike stand together. Pure. */
export function compareReleases({ cluster, running, observations }: CompareInput): readonly ReleaseChange[] {
  const now = new Map(running.map(({ node, component, version }) => [`${component} ${node}`, formatVersion(version)]));
  const programs = componentNames.filter((name) => !elsewhere.has(name));
  const rows = programs.flatMap((component): readonly ReleaseChange[] => {
    const nodes = nodesOf(cluster, component).filter(({ name }) => observations.has(name));
    const changes = nodes.map((node) => ({
      node: node.name,
      currentVersion: now.get(`${component} ${node.name}`) ?? 'none',
      newVersion: selectNodeVersions(cluster, node)[component],
      reason: reasonOf(cluster, component, node),
    }));
    const alike = Map.groupBy(changes, ({ currentVersion, newVersion, reason }) => `${currentVersion} ${newVersion} ${reason}`);
    return [...alike.values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const { currentVersion, newVersion, reason } = first;
      return [{ component, nodes: group.map(({ node }) => node), currentVersion, newVersion, reason }];
    });
  });
  if (!cluster.addons.coredns) return rows;
  const newVersion = selectVersions(cluster).coredns;
  const named = cluster.nodes.find(
    ({
      components: {
        coredns: { version },
      },
    }) => version?.replace(/^v/, '') === newVersion,
  );
  const coredns: ReleaseChange = {
    component: 'coredns',
    nodes: [],
    currentVersion: corednsNow(observations) ?? 'none',
    newVersion,
    reason: reasonOf(cluster, 'coredns', named),
  };
  return [...rows, coredns];
}
