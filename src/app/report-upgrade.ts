import type { Artifact } from '../artifacts/artifact.ts';
import { clusterArtifacts } from '../artifacts/required-artifacts.ts';
import type { Node, NodeName } from '../cluster/cluster.ts';
import { hopsTo, reachableTargets } from '../cluster/upgrade-path.ts';
import type { UpgradeReport } from '../cluster/upgrade-report.ts';
import { formatVersion, type Version } from '../cluster/version.ts';
import type { Observations } from '../engine/observation.ts';
import { compareReleases } from '../upgrade/compare-releases.ts';
import { forecastStages } from '../upgrade/forecast-duration.ts';
import { architectureOf } from './artifact-shelf.ts';
import { newestOf, type Way } from './choose-way.ts';
import type { PlannedHop } from './plan-hop.ts';
import type { Session } from './session.ts';

const described = { patch: 'newest patch', nextMinor: 'next minor', furthest: 'furthest' } as const;

function targetsFrom(from: Version): UpgradeReport['availableUpgrades'] {
  const targets = reachableTargets(from, newestOf);
  return (['patch', 'nextMinor', 'furthest'] as const).flatMap((name) => {
    const target = targets[name];
    if (target === undefined) return [];
    const hops = hopsTo(from, target, newestOf).map(formatVersion);
    return [{ description: described[name], newK8sVersion: formatVersion(target), hops }];
  });
}

/** What an upgrade would be, from one look at the hosts. */
export function reportUpgrade({ cluster }: Session, way: Way, { plan, input }: PlannedHop): UpgradeReport {
  const { running, observations } = input;
  return {
    clusterVersion: formatVersion(way.from),
    newK8sVersion: formatVersion(way.to),
    hops: way.hops.map(formatVersion),
    availableUpgrades: targetsFrom(way.from),
    components: compareReleases({ cluster: { ...cluster, kubernetesVersion: way.to }, running, observations }),
    stages: forecastStages(cluster, plan.steps, observations),
  };
}

/** An artifact of the catalogue, as bundles are asked for it. */
export type ListedArtifact = Pick<Artifact, 'component' | 'version' | 'arch'>;

/** What every hop of the way asks the operator's cache for, each once, for machines that must be given it beforehand. */
export function artifactsOf(
  { cluster }: Session,
  { hops }: Way,
  observations: ReadonlyMap<NodeName, Observations>,
): readonly ListedArtifact[] {
  const architecture = (node: Node) => architectureOf(node, observations);
  const wanted = hops.flatMap((kubernetesVersion) => clusterArtifacts({ ...cluster, kubernetesVersion }, architecture));
  const unique = new Map(wanted.map(({ id, component, version, arch }) => [id, { component, version, arch }]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, artifact]) => artifact);
}
