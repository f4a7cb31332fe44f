import { selectNodeVersions } from '../artifacts/select-versions.ts';
import { hopsTo, reachableTargets } from '../cluster/upgrade-path.ts';
import type { UpgradeReport } from '../cluster/upgrade-report.ts';
import { formatVersion, type Version } from '../cluster/version.ts';
import { compareReleases } from '../upgrade/compare-releases.ts';
import { forecastStages } from '../upgrade/forecast-duration.ts';
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
    stages: forecastStages(plan.steps, observations),
  };
}

/** What the whole way needs of the catalogue, for machines that must be given it. */
export function artifactsOf({ cluster }: Session, { hops }: Way): readonly { readonly component: string; readonly version: string }[] {
  const wanted = hops.flatMap((hop) =>
    cluster.nodes.flatMap((node) => Object.entries(selectNodeVersions({ ...cluster, kubernetesVersion: hop }, node))),
  );
  const unique = new Map(wanted.map(([component, version]) => [`${component} ${version}`, { component, version }]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, artifact]) => artifact);
}
