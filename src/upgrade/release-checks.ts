import { catalogue } from '../artifacts/catalogue.ts';
import { servesKubernetes } from '../artifacts/select-versions.ts';
import type { ComponentName, Node, NodeName } from '../cluster/cluster.ts';
import { listNames } from '../cluster/list-names.ts';
import { compareVersions, formatVersion, minorOf, parseVersion, type Version } from '../cluster/version.ts';
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

/** From this minor of Kubernetes on, what is older than the floor does not do: kubeadm's map of etcd releases, RELEASES.md of containerd. */
const hardFloors: Readonly<Partial<Record<ComponentName, { readonly since: Version; readonly floor: Version }>>> = {
  etcd: { since: { major: 1, minor: 36, patch: 0, prerelease: '' }, floor: { major: 3, minor: 6, patch: 0, prerelease: '' } },
  containerd: { since: { major: 1, minor: 36, patch: 0, prerelease: '' }, floor: { major: 2, minor: 0, patch: 0, prerelease: '' } },
};

function isBelowFloor({ component, version }: Pick<Wanted, 'component' | 'version'>, kubernetes: Version): boolean {
  const hard = hardFloors[component];
  return hard !== undefined && compareVersions(kubernetes, hard.since) >= 0 && compareVersions(version, hard.floor) < 0;
}

function judgePair(wanted: Wanted, kubernetes: Version): readonly Found[] {
  if (catalogue.components[wanted.component].serves === undefined) return [];
  const minor = minorOf(kubernetes);
  const remedy = `take components.${wanted.component}.version out of the inventory: the catalogue has one that does`;
  if (isBelowFloor(wanted, kubernetes)) return [{ message: `${nameOf(wanted)} does not go with Kubernetes ${minor}`, remedy }];
  if (servesKubernetes(wanted.component, formatVersion(wanted.version), minor) === true) return [];
  const message = `${nameOf(wanted)} is not among the releases that are known to go with Kubernetes ${minor}`;
  return [{ severity: 'warning', message, remedy: `see its release notes; or ${remedy}` }];
}

/** An etcd that others run, by what its members say. */
function judgeGiven({ desired, observations }: UpgradeInput): readonly Found[] {
  const kubernetes = desired.cluster.kubernetesVersion;
  const told = [...observations.values()].flatMap(({ givenEtcd }) =>
    [...givenEtcd].map(([url, { version }]) => [url, version ?? ''] as const),
  );
  return [...new Map(told)].flatMap(([url, text]): readonly Found[] => {
    const version = parseVersion(text);
    if (version === undefined || !isBelowFloor({ component: 'etcd', version }, kubernetes)) return [];
    const message = `${url} runs etcd ${formatVersion(version)}, which does not go with Kubernetes ${minorOf(kubernetes)}`;
    return [{ message, remedy: 'let whoever runs this etcd bring it to 3.6 first' }];
  });
}

export const matrixCheck: UpgradeCheck = {
  id: 'ComponentMatrix',
  title: 'etcd and containerd go with the Kubernetes release',
  severity: 'error',
  judge: (input) => [
    ...judgeGiven(input),
    ...wantedReleases(input).flatMap((wanted) => judgePair(wanted, input.desired.cluster.kubernetesVersion)),
  ],
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
