import { selectNodeVersions } from '../artifacts/select-versions.ts';
import type { ComponentName, Node, NodeName } from '../cluster/cluster.ts';
import { liveNodes } from '../cluster/live-nodes.ts';
import type { Running, Skewed } from '../cluster/skew.ts';
import { minorOf, parseVersion, type Version } from '../cluster/version.ts';
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

export interface KubeletChange {
  readonly now: Version;
  readonly after: Version;
}

/** Pods must leave before such a kubelet is swapped. */
export const isOtherMinor = ({ now, after }: KubeletChange): boolean => minorOf(now) !== minorOf(after);

/** Kubelets that run now, with what the hop makes of each; not those of nodes that were not looked at. */
export function kubeletChanges(input: UpgradeInput): ReadonlyMap<NodeName, KubeletChange> {
  const nodes = new Map(input.desired.cluster.nodes.map((node) => [node.name, node]));
  return new Map(
    input.running.flatMap(({ node: name, component, version: now }) => {
      const node = component === 'kubelet' ? nodes.get(name) : undefined;
      const after = node === undefined ? undefined : releaseAfter(input, 'kubelet', node);
      return after === undefined ? [] : [[name, { now, after }] as const];
    }),
  );
}
