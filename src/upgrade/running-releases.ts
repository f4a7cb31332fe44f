import type { ComponentName, NodeName } from '../cluster/cluster.ts';
import { parseVersion } from '../cluster/version.ts';
import { linkDirectory, releaseOfLink } from '../components/parts.ts';
import type { Observations } from '../engine/observation.ts';
import type { Probe } from '../engine/probe.ts';
import type { RunningRelease } from './upgrade-input.ts';

/** What serves, and is of the release of Kubernetes. */
export const kubernetesParts: ReadonlySet<ComponentName> = new Set([
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
]);

/** The link of each component by which its release in use is known. */
const links: Readonly<Partial<Record<ComponentName, string>>> = {
  etcd: `${linkDirectory}/etcd`,
  'kube-apiserver': `${linkDirectory}/kube-apiserver`,
  'kube-controller-manager': `${linkDirectory}/kube-controller-manager`,
  'kube-scheduler': `${linkDirectory}/kube-scheduler`,
  containerd: `${linkDirectory}/containerd`,
  runc: `${linkDirectory}/runc`,
  'cni-plugins': '/opt/cni/bin/loopback',
  crictl: `${linkDirectory}/crictl`,
  kubelet: `${linkDirectory}/kubelet`,
  'kube-proxy': `${linkDirectory}/kube-proxy`,
  kubectl: `${linkDirectory}/kubectl`,
};

export const releaseProbes: readonly Probe[] = Object.values(links).map((path) => ({ kind: 'file', path }));

/** What every host that was looked at has in use, in the order of names and components. */
export function runningReleases(observations: ReadonlyMap<NodeName, Observations>): readonly RunningRelease[] {
  const entries = Object.entries(links) as readonly (readonly [ComponentName, string])[];
  const sorted = [...observations].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([node, { files }]) =>
    entries.flatMap(([component, path]): readonly RunningRelease[] => {
      const version = parseVersion(releaseOfLink(files.get(path)?.target) ?? '');
      return version === undefined ? [] : [{ node, component, version }];
    }),
  );
}
