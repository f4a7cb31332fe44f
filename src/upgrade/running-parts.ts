import { selectNodeVersions } from '../artifacts/select-versions.ts';
import type { ComponentName, JsonObject, Node, NodeName } from '../cluster/cluster.ts';
import type { Running, Skewed } from '../cluster/skew.ts';
import { parseVersion, type Version } from '../cluster/version.ts';
import type { Observations } from '../engine/observation.ts';
import type { RunningRelease, UpgradeInput } from './upgrade-input.ts';

const skewed: ReadonlySet<ComponentName> = new Set<Skewed>([
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
]);

const isSkewed = (release: RunningRelease): release is RunningRelease & Running => skewed.has(release.component);

/** Node objects as the first API server that answered tells them. */
export function liveNodes(observations: ReadonlyMap<NodeName, Observations>): ReadonlyMap<NodeName, JsonObject> | undefined {
  return [...observations.values()].find(({ kubeNodes }) => kubeNodes !== undefined)?.kubeNodes;
}

/** Kubelets of nodes that were not looked at: those declared down, and those of others. */
function reportedKubelets({ running, observations }: UpgradeInput): readonly Running[] {
  const known = new Set(running.filter(({ component }) => component === 'kubelet').map(({ node }) => node));
  return [...(liveNodes(observations) ?? [])].flatMap(([node, object]): readonly Running[] => {
    const { status } = object as { readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } } };
    const version = parseVersion(status?.nodeInfo?.kubeletVersion ?? '');
    return known.has(node) || version === undefined ? [] : [{ node, component: 'kubelet', version }];
  });
}

/** What runs and must not be far from the API servers. */
export function skewedParts(input: UpgradeInput): readonly Running[] {
  return [...input.running.filter(isSkewed), ...reportedKubelets(input)];
}

/** What the hop makes of a release: its own node's choice; what was not looked at stays. */
export function releaseAfter(
  { desired: { cluster }, observations }: UpgradeInput,
  component: ComponentName,
  node: Node,
): Version | undefined {
  if (!observations.has(node.name)) return undefined;
  return parseVersion(selectNodeVersions(cluster, node)[component]);
}
