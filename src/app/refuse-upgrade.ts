import { selectNodeVersions } from '../artifacts/select-versions.ts';
import { type Cluster, type ComponentName, type Node, type NodeName, nodesWithRole, type Role } from '../cluster/cluster.ts';
import { formatVersion, minorOf, parseVersion } from '../cluster/version.ts';
import { linkDirectory, releaseOfLink } from '../components/parts.ts';
import { unitStampPath } from '../engine/host-paths.ts';
import type { Observations } from '../engine/observation.ts';
import { RefusedError } from '../errors.ts';

interface Guarded {
  readonly component: Extract<ComponentName, 'kube-apiserver' | 'etcd'>;
  readonly role: Role;
  /** Until it was started, a mistake in the inventory may be corrected. */
  readonly wasStarted: (seen: Observations) => boolean;
}

/** The two that hold the cluster's data, or write it: what a newer minor has written, an older one does not read. */
const guarded: readonly Guarded[] = [
  {
    component: 'kube-apiserver',
    role: 'control-plane',
    wasStarted: ({ contents }) => contents.has(unitStampPath('kube-apiserver.service')),
  },
  { component: 'etcd', role: 'etcd', wasStarted: ({ etcd }) => etcd !== undefined },
];

function judge({ component, wasStarted }: Guarded, cluster: Cluster, node: Node, seen: Observations): readonly RefusedError[] {
  const runs = releaseOfLink(seen.files.get(`${linkDirectory}/${component}`)?.target);
  const wanted = selectNodeVersions(cluster, node)[component];
  const [from, to] = [runs === undefined ? undefined : parseVersion(runs), parseVersion(wanted)];
  if (!wasStarted(seen) || from === undefined || to === undefined || minorOf(from) === minorOf(to)) return [];
  return [
    new RefusedError(`${component} is ${runs}, and the inventory wants ${wanted}: another minor is no setting that can be rolled out`, {
      node: node.name,
      remedy: `kcluster upgrade plan shows the way there, kcluster upgrade apply --to ${formatVersion(cluster.kubernetesVersion)} goes it; or put the release of ${minorOf(from)} back into the inventory`,
    }),
  ];
}

/**
 * Stops a run that would bring a living cluster to another minor by the way: without a backup, drains, and the order that it takes.
 * Another patch is rolled out as any setting.
 *
 * @throws RefusedError that lists every host
 */
export function refuseUpgrade(cluster: Cluster, observations: ReadonlyMap<NodeName, Observations>): void {
  const failures = guarded.flatMap((one) =>
    nodesWithRole(cluster, one.role).flatMap((node) => {
      const seen = observations.get(node.name);
      return seen === undefined ? [] : judge(one, cluster, node, seen);
    }),
  );
  const [only] = failures;
  if (only === undefined) return;
  if (failures.length === 1) throw only;
  throw new RefusedError('the inventory wants another minor than runs; nothing was changed', {
    failures,
    remedy: `kcluster upgrade plan shows the way there, kcluster upgrade apply --to ${formatVersion(cluster.kubernetesVersion)} goes it; or put the release that runs back into the inventory`,
  });
}
