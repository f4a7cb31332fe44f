import { catalogue } from '../artifacts/catalogue.ts';
import { servesKubernetes } from '../artifacts/select-versions.ts';
import type { ComponentName, Node, NodeName } from '../cluster/cluster.ts';
import { compareVersions, formatVersion, minorOf, parseVersion, type Version } from '../cluster/version.ts';
import { listNames } from './names.ts';
import { releaseLines } from './release-floors.ts';
import { releaseAfter } from './running-parts.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';

const onNodes: readonly ComponentName[] = ['containerd', 'runc'];

function componentsOn({ roles }: Node): readonly ComponentName[] {
  return [
    ...(roles.includes('etcd') ? (['etcd'] as const) : []),
    ...(roles.includes('control-plane') ? (['kube-apiserver'] as const) : []),
    ...(roles.some((role) => role !== 'etcd') ? onNodes : []),
  ];
}

interface Wanted {
  readonly component: ComponentName;
  readonly version: Version;
  readonly nodes: readonly NodeName[];
}

/** Releases that the hop leaves behind, each once. */
function wantedReleases(input: UpgradeInput): readonly Wanted[] {
  const wanted = new Map<string, Wanted & { readonly nodes: NodeName[] }>();
  for (const node of input.desired.cluster.nodes)
    for (const component of componentsOn(node)) {
      const version = releaseAfter(input, component, node);
      if (version === undefined) continue;
      const key = `${component} ${formatVersion(version)}`;
      const known = wanted.get(key) ?? { component, version, nodes: [] };
      known.nodes.push(node.name);
      wanted.set(key, known);
    }
  return [...wanted.values()];
}

const nameOf = ({ component, version, nodes }: Wanted): string => `${component} ${formatVersion(version)} (${listNames(nodes)})`;

export const matrixCheck: UpgradeCheck = {
  id: 'ComponentMatrix',
  title: 'etcd and containerd go with the Kubernetes release',
  severity: 'error',
  judge: (input) => {
    const kubernetes = minorOf(input.desired.cluster.kubernetesVersion);
    return wantedReleases(input).flatMap((wanted): readonly Found[] => {
      if (catalogue.components[wanted.component].serves === undefined) return [];
      const serves = servesKubernetes(wanted.component, formatVersion(wanted.version), kubernetes);
      if (serves === true) return [];
      const remedy = `take components.${wanted.component}.version out of the inventory: the catalogue has one that does`;
      if (serves === undefined)
        return [{ severity: 'warning', message: `it is not known whether ${nameOf(wanted)} goes with Kubernetes ${kubernetes}`, remedy }];
      return [{ message: `${nameOf(wanted)} does not go with Kubernetes ${kubernetes}`, remedy }];
    });
  },
};

function judgeLine(wanted: Wanted, now: Date): readonly Found[] {
  const { component, version } = wanted;
  const line = releaseLines[component]?.[minorOf(version)];
  if (line === undefined) return [];
  const remedy =
    component === 'kube-apiserver'
      ? 'go on to a newer minor soon'
      : `set components.${component}.version to a newer release, or leave it out`;
  const floor = line.floor === undefined ? undefined : parseVersion(line.floor);
  const endsAt = line.ends === undefined ? undefined : new Date(`${line.ends}T23:59:59Z`);
  return [
    ...(floor !== undefined && compareVersions(version, floor) < 0
      ? [{ message: `${nameOf(wanted)} has a known fault that ${line.floor} mends: ${line.mends}`, remedy }]
      : []),
    ...(endsAt !== undefined && endsAt < now
      ? [{ message: `${nameOf(wanted)} is of a line that got its last fixes on ${line.ends}`, remedy }]
      : []),
  ];
}

export const floorCheck: UpgradeCheck = {
  id: 'ReleaseFloor',
  title: 'no release with known faults, nor of a line that ended, is wanted',
  severity: 'warning',
  judge: (input) => wantedReleases(input).flatMap((wanted) => judgeLine(wanted, input.now)),
};

export const catalogueCheck: UpgradeCheck = {
  id: 'ReleaseUnknown',
  title: 'the catalogue knows every release on the way',
  severity: 'error',
  mandatory: true,
  judge: ({ hops }) =>
    hops.flatMap((hop): readonly Found[] => {
      const known = catalogue.kubernetes[minorOf(hop)];
      const remedy = `name a release of ${Object.keys(catalogue.kubernetes).join(', ')}, or use a newer kcluster`;
      if (known === undefined) return [{ message: `the catalogue does not know Kubernetes ${minorOf(hop)}`, remedy }];
      const newest = parseVersion(known.newest);
      if (newest === undefined || compareVersions(hop, newest) <= 0) return [];
      const message = `Kubernetes ${formatVersion(hop)} is newer than ${known.newest}, the newest that the catalogue knows: nobody tried it with this kcluster`;
      return [{ severity: 'warning', message, remedy: 'go on if the release notes say nothing against it' }];
    }),
};
